//! A server of the tests that ends and begins again, or stands still.

use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tokio::net::TcpStream;

use crate::wait::eventually;

/// A process that listens on a port of loopback. Dropping the value ends it.
pub struct ServerProcess {
    command: Command,
    process: Child,
    /// The port.
    pub port: u16,
}

impl ServerProcess {
    /// Starts a command that listens on this port, and waits until it does.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start(mut command: Command, port: u16) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let process = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let server = Self { command, process, port };
        server.wait_until_listening().await;
        server
    }

    /// Ends it at once, as a crash does.
    pub fn kill(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Starts it again, with nothing in its memory.
    pub async fn restart(&mut self) {
        self.kill();
        self.process = self.command.spawn().expect("what has started before");
        self.wait_until_listening().await;
    }

    /// Lets it stand still: connections stay, and nothing is answered.
    pub fn pause(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on.
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.process), signal).expect("a process of ours");
    }

    async fn wait_until_listening(&self) {
        let port = self.port;
        eventually("the server listens", || async move {
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_ok()
        })
        .await;
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port that is free now, for a server that cannot be told to choose one.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}
