//! `make demo` and `make run`: Unstuff before a small login application, to look at.
//!
//! Both run the operator's own example, `envoy/standalone/envoy.yaml`, on the rig of the
//! end-to-end tests; only ports differ. The demo tells a story as a table and exits with 0
//! only if each step went as promised. With `--stay` it keeps everything up to try by hand.
//! Clients come from different addresses of loopback, so Envoy sees them as they are.

mod login_app;
mod steps;
mod table;

use std::net::{Ipv4Addr, TcpListener};
use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};
use unstuff_tests::envoy::version;
use unstuff_tests::{PolicyBuilder, Sandbox, config};

/// Where `make run` listens if nobody else does: the port of the operator's example.
const USUAL_PORT: u16 = 10_000;

#[tokio::main]
async fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "--stay") { stay().await } else { demo().await }
}

async fn demo() -> ExitCode {
    let sandbox = start(0).await;
    let told =
        steps::run(&sandbox, &format!("Unstuff before a login, on Envoy {}", version())).await;
    if told {
        return ExitCode::SUCCESS;
    }
    eprintln!("the last of Envoy's log:\n{}", sandbox.envoy.tail());
    ExitCode::FAILURE
}

async fn stay() -> ExitCode {
    let is_free = TcpListener::bind((Ipv4Addr::LOCALHOST, USUAL_PORT)).is_ok();
    let sandbox = start(if is_free { USUAL_PORT } else { 0 }).await;
    login_app::print_how_to_try(&format!("http://{}/login", sandbox.address()));
    let end = |kind| signal(kind).ok();
    let (Some(mut interrupt), Some(mut terminate)) =
        (end(SignalKind::interrupt()), end(SignalKind::terminate()))
    else {
        eprintln!("no signals on this machine, so nothing could end this; not staying");
        return ExitCode::FAILURE;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    println!("\nstopped");
    ExitCode::SUCCESS
}

async fn start(port: u16) -> Sandbox {
    let policy = PolicyBuilder::verbatim(&config::standalone_policy());
    Sandbox::builder(policy).workers(2).port(port).behaviour(login_app::behaviour()).start().await
}
