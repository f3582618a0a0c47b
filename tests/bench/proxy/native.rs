//! The engine as a native filter: its build, its place in the chain, and the proof that it works.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use unstuff_tests::application::{Application, Behaviour, RIGHT};
use unstuff_tests::bench::root;
use unstuff_tests::{client, form};

use crate::chain::{self, BenchParts, typed};
use crate::rows::BenchChain;

const ATTACKER: &str = "198.51.100.7";

/// Builds the filter with the starter list that the module has.
pub(crate) fn library() -> PathBuf {
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--release", "--package", "unstuff-bench-native"]);
    build.args(["--features", "passwords"]).current_dir(root());
    build.env("UNSTUFF_BENCH_FILTER", root().join("target/starter.unstuff"));
    assert!(build.status().expect("cargo").success(), "{build:?}");
    root().join("target/release/libunstuff_bench_native.so")
}

/// The filter for Envoy's chain.
pub(crate) fn filter(library: &Path, policy: &Value) -> Value {
    json!({
        "@type": typed("dynamic_modules.v3.DynamicModuleFilter"),
        // Envoy must not unload what its threads still keep engines of.
        "dynamic_module_config": { "module": { "local": { "filename": library } }, "do_not_close": true },
        "filter_name": "unstuff",
        "filter_config": policy
    })
}

/// Shows that it stops an address after ten failures, over two workers, and that what is let through
/// reaches the application whole, with a verdict that no client wrote.
///
/// # Panics
/// If it does not. Envoy's log is printed.
pub(crate) async fn prove(parts: &BenchParts) {
    let application = Application::start(Behaviour::default()).await;
    let parts = BenchParts { app_port: application.port, ..parts.clone() };
    let envoy = chain::start(BenchChain::Native, 2, &parts).await;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, envoy.port));
    let send =
        |request| async move { client::send_alone(address, request).await.expect("answered") };

    for guess in 1..=10 {
        let answer =
            send(form(&format!("user-{guess}"), &format!("guess-{guess}")).from(ATTACKER)).await;
        assert_eq!(answer.status, 401, "guess {guess}");
    }
    let eleventh = send(form("user-11", "guess-11").from(ATTACKER)).await;
    assert_eq!((eleventh.status, eleventh.unstuff_reply()), (429, Some("block")));
    assert_eq!(application.request_count(), 10);

    let login = form("bert", RIGHT).from("203.0.113.9").header("x-unstuff-verdict", "mine");
    assert_eq!(send(login).await.status, 200);
    let breached = form("carla", "password").from("203.0.113.10").in_chunks_of(1);
    assert_eq!(send(breached).await.status, 401);
    let received = application.received();
    let seen: Vec<_> = received[10..].iter().map(|it| it.header("x-unstuff-verdict")).collect();
    assert_eq!(seen, [Some("allow"), Some("annotate")]);
    assert!(received.iter().all(|it| it.is_complete && it.body_has("password=")));
}
