//! Breached passwords: the filter in the module.

use std::fs;
use std::path::Path;

use unstuff_engine::breached::{Filter, Sha1Digest};
use unstuff_tests::envoy::target;
use unstuff_tests::{PackedModule, Sandbox, form, policy};

use crate::load::{Load, flood};

/// The passwords of the starter filter.
fn starter() -> Vec<String> {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("../filters/starter.txt");
    let text = fs::read_to_string(list).expect("the starter list");
    text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[tokio::test]
async fn the_shipped_module_recognises_the_starter_passwords() {
    assert!(starter().len() >= 1_000);
    let sandbox = Sandbox::start(policy().annotate_breached()).await;
    sandbox.send(form("alice", "password")).await;
    assert_eq!(sandbox.app.only_request().header("exposed-credential-check"), Some("4"));
    assert!(sandbox.envoy.log().contains("breached passwords: "), "the log describes the filter");
}

#[tokio::test]
async fn a_breached_password_alone_never_blocks() {
    let sandbox = Sandbox::start(policy().ban_after(10).annotate_breached()).await;
    for _ in 0..20 {
        let response = sandbox.send(form("alice", "123456").from("198.51.100.7")).await;
        assert_eq!(response.status, 401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lookups_in_wasm_and_native_lookups_agree() {
    let bytes = fs::read(target().join("starter.unstuff")).expect("`make build` makes it");
    let length = bytes.len() as u64;
    let native = Filter::open(bytes.as_slice(), length).expect("a filter");
    let strangers = (0..2_000).map(|number| format!("nobody-uses-this-{number}"));
    let passwords: Vec<String> = starter().into_iter().chain(strangers).collect();
    let known = |password: &String| {
        native.contains(&Sha1Digest::of(password.as_bytes())).expect("a readable filter")
    };
    let expected = passwords.iter().filter(|password| known(password)).count();

    let sandbox = Sandbox::start(policy().annotate_breached()).await;
    let load = Load { requests: passwords.len(), connections: 8 };
    flood(&sandbox, load, |number| {
        form("alice", &passwords[number]).header("x-number", number.to_string())
    })
    .await;
    let mut found = 0;
    for received in sandbox.app.received() {
        let number: usize =
            received.header("x-number").expect("a number").parse().expect("a number");
        let in_wasm = received.header("exposed-credential-check").is_some();
        assert_eq!(in_wasm, known(&passwords[number]), "{number}");
        found += usize::from(in_wasm);
    }
    assert_eq!(found, expected);
}

#[tokio::test]
async fn lookups_in_the_golden_filter_agree_through_envoy_and_natively() {
    // The engine's tests rebuild this file byte for byte. It has `golden0` to `golden15`.
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/golden.unstuff");
    let bytes = fs::read(&golden).expect("a fixture");
    let native = Filter::open(bytes.as_slice(), bytes.len() as u64).expect("a filter");
    let packed = PackedModule::with_filter(&golden);
    let sandbox =
        Sandbox::builder(policy().annotate_breached()).module(packed.module()).start().await;
    let members = (0..16).map(|number| (format!("golden{number}"), true));
    let strangers = (0..100).map(|number| format!("stranger{number}"));
    let natively = |password: String| {
        let digest = Sha1Digest::of(password.as_bytes());
        let known = native.contains(&digest).expect("a readable filter");
        (password, known)
    };
    for (password, known) in members.chain(strangers.map(natively)) {
        sandbox.app.clear();
        sandbox.send(form("alice", &password)).await;
        let reasons = sandbox.app.only_request().header("x-unstuff-reasons").map(str::to_owned);
        assert_eq!(reasons.as_deref(), known.then_some("breached"), "{password}");
    }
    // The packed filter replaces the starter filter.
    sandbox.app.clear();
    sandbox.send(form("alice", "123456")).await;
    assert_eq!(sandbox.app.only_request().header("exposed-credential-check"), None);
}
