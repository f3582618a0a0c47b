//! `make demo` and `make run`: Unstuff in front of a small login application.
//!
//! Both run the operators' example, `envoy/standalone/envoy.yaml`, on the rig of the end-to-end
//! tests; only ports differ. The demo prints a table of steps and exits with 0 if each step went
//! as expected. With `--stay` everything keeps running, to try by hand. Each client has its own
//! loopback address, which Envoy sees. The demo leaves its decision record below target/.

mod login_app;
mod recording;
mod steps;
mod table;

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};
use unstuff_tests::envoy::version;
use unstuff_tests::{PolicyBuilder, Sandbox, config};

/// The port of the operators' example. `make run` listens on it if it is free.
const USUAL_PORT: u16 = 10_000;

#[tokio::main]
async fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "--stay") { stay().await } else { demo().await }
}

async fn demo() -> ExitCode {
    let policy = recording::policy();
    let sandbox = start(policy.clone(), 0).await;
    let passed =
        steps::run(&sandbox, &format!("Unstuff before a login, on Envoy {}", version())).await;
    if passed {
        recording::keep(&sandbox, &policy).await;
        return ExitCode::SUCCESS;
    }
    eprintln!("the end of Envoy's log:\n{}", sandbox.envoy.tail());
    ExitCode::FAILURE
}

async fn stay() -> ExitCode {
    let is_free = TcpListener::bind((Ipv4Addr::LOCALHOST, USUAL_PORT)).is_ok();
    let policy = PolicyBuilder::verbatim(&config::standalone_policy());
    let sandbox = start(policy, if is_free { USUAL_PORT } else { 0 }).await;
    let admin = sandbox.envoy.admin.address();
    let login = format!("http://{}/login", sandbox.address());
    login_app::print_how_to_try(&login, &format!("http://{admin}"));
    let end = |kind| signal(kind).ok();
    let (Some(mut interrupt), Some(mut terminate)) =
        (end(SignalKind::interrupt()), end(SignalKind::terminate()))
    else {
        eprintln!("this machine has no signals, so nothing could end the demo");
        return ExitCode::FAILURE;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    // The reader of the output may be gone by now.
    let _ = writeln!(io::stdout(), "\nstopped");
    ExitCode::SUCCESS
}

async fn start(policy: PolicyBuilder, port: u16) -> Sandbox {
    Sandbox::builder(policy).workers(2).port(port).behaviour(login_app::behaviour()).start().await
}
