//! A wire between a gateway and a service that a test can make slow, or cut.
//!
//! Packets are not dropped, which needs a firewall or namespaces, and so rights. Bytes are held back:
//! a connection stays open, takes what is written, and nothing comes out at its other end.

use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch::{self, Receiver, Sender};
use tokio::task::JoinHandle;

/// What a wire does with bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireState {
    /// Carries them at once.
    Whole,
    /// Carries them after this time.
    Slow(Duration),
    /// Carries none. They are carried later.
    Cut,
}

/// A wire to a port of loopback.
pub struct Wire {
    /// Where it begins.
    pub port: u16,
    state: Sender<WireState>,
    task: JoinHandle<()>,
}

impl Wire {
    /// A wire to this port.
    pub async fn to(port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let begin = listener.local_addr().expect("an address").port();
        let (state, receiver) = watch::channel(WireState::Whole);
        let task = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(join(near, port, receiver.clone()));
            }
        });
        Self { port: begin, state, task }
    }

    /// Changes what it does, also with bytes that are under way.
    pub fn set(&self, state: WireState) {
        self.state.send_replace(state);
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn join(near: TcpStream, port: u16, state: Receiver<WireState>) {
    // What does not listen refuses, as it would without the wire.
    let Ok(far) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await else { return };
    let (near_in, near_out) = near.into_split();
    let (far_in, far_out) = far.into_split();
    tokio::join!(carry(near_in, far_out, state.clone()), carry(far_in, near_out, state));
}

/// Carries bytes in one direction until one end closes, or the wire is gone.
async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut state: Receiver<WireState>) {
    let mut bytes = [0; 16 << 10];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        let Ok(state) = state.wait_for(|state| *state != WireState::Cut).await.map(|it| *it) else {
            return;
        };
        if let WireState::Slow(delay) = state {
            tokio::time::sleep(delay).await;
        }
        if to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}
