//! Tests of `inspect`, `query` and `verify`.

use crate::lists::{hibp, plain};
use crate::workspace::ToolWorkspace;

fn workspace_with_filter() -> ToolWorkspace {
    let workspace = ToolWorkspace::new();
    workspace.put("list", hibp(0..10_000));
    workspace.run("build list -o filter --source test --date 2026-11-21").quiet();
    workspace
}

#[test]
fn inspect_prints_the_header() {
    let workspace = workspace_with_filter();
    let output = workspace.run("inspect filter").quiet();
    for expected in [
        "passwords",
        "10,000",
        "at least once",
        "test",
        "2026-11-21",
        "(14.8 bits a key)",
        "5 of 3,640 B",
        "1.00e-3 aimed at",
    ] {
        assert!(output.out.contains(expected), "{expected} in {}", output.out);
    }
}

#[test]
fn measured_rate_matches_the_expected_rate() {
    let workspace = workspace_with_filter();
    let json = |sample: &str| -> serde_json::Value {
        let output = workspace.run(&format!("inspect filter --json {sample}")).quiet();
        serde_json::from_str(&output.out).unwrap()
    };
    let measured = json("--sample 1000000");
    let rates = &measured["filters"][0]["fp_rate"];
    let (measured_rate, expected) =
        (rates["measured"].as_f64().unwrap(), rates["expected"].as_f64().unwrap());
    // 1,000 of a million are expected, so 10 % are three standard deviations.
    assert!((measured_rate / expected - 1.0).abs() < 0.1, "{rates}");
    assert_eq!(measured, json("--sample 1000000"), "the same strangers every time");
    assert_eq!(json("")["filters"][0]["fp_rate"]["measured"], serde_json::Value::Null);
}

#[test]
fn query_prints_results_in_order_and_sets_the_exit_code() {
    let workspace = workspace_with_filter();
    let output =
        workspace.run_with("query filter", b"password7\nnever seen\n password8 \r\n\npassword9");
    assert_eq!(output.out, "breached\nnot known\nbreached\nnot known\nbreached\n");
    assert_eq!(output.code, 1);
    let output = workspace.run_with("query filter", b"never seen\n").quiet();
    assert_eq!(output.out, "not known\n");
    workspace.run_with("query list", b"x").error("not a breached-password filter");
    workspace.run_with("query nothing", b"x").error("cannot read nothing");
    workspace.run_with("query filter --pairs", b"x").error("no filter of pairs");
}

#[test]
fn query_finds_every_member() {
    let workspace = workspace_with_filter();
    let output = workspace.run_with("query filter", plain(0..10_000).as_bytes());
    assert!(output.out.lines().all(|line| line == "breached"));
    assert!(!output.out.contains("password") && output.err.is_empty());
}

#[test]
fn verify_detects_damage_that_opening_does_not() {
    let workspace = workspace_with_filter();
    let output = workspace.run("verify filter").quiet();
    assert!(output.out.contains("whole, 10,000 passwords in 5 shards"), "{output:?}");
    let good = workspace.get("filter");
    let mut flipped = good.clone();
    flipped[10_000] ^= 1;
    workspace.put("flipped", flipped);
    workspace.put("cut", &good[..good.len() - 1]);
    workspace.put("longer", [good.as_slice(), b"!"].concat());
    for (name, reason) in [
        ("flipped", "the checksum of its shards is wrong"),
        ("cut", "the filter is truncated"),
        ("longer", "the filter is too long"),
        ("list", "not a breached-password filter"),
    ] {
        let output = workspace.run(&format!("verify {name}"));
        assert!(output.code == 1 && output.err.contains(reason), "{output:?}");
    }
    workspace.run("inspect flipped").quiet();
    workspace.run("inspect cut").error("truncated");
}

#[test]
fn filter_of_a_newer_format_is_refused_as_such() {
    let workspace = workspace_with_filter();
    let mut newer = workspace.get("filter");
    newer[8] = 2;
    workspace.put("newer", newer);
    workspace.run("inspect newer").error("format version 2, and this unstuff reads up to 1");
}

#[test]
fn byte_order_mark_before_the_first_password_is_dropped() {
    let workspace = workspace_with_filter();
    let lines = format!("\u{feff}{}", plain(0..2));
    assert_eq!(workspace.run_with("query filter", lines.as_bytes()).out, "breached\nbreached\n");
}
