//! `inspect`, `query` and `verify`.

use crate::lists::{hibp, plain};
use crate::tool::Desk;

fn desk_with_filter() -> Desk {
    let desk = Desk::new();
    desk.put("list", hibp(0..10_000));
    desk.run("build list -o filter --source test --date 2026-11-21").quiet();
    desk
}

#[test]
fn inspect_says_what_the_header_says() {
    let desk = desk_with_filter();
    let said = desk.run("inspect filter").quiet();
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
        assert!(said.out.contains(expected), "{expected} in {}", said.out);
    }
}

#[test]
fn inspect_measures_the_rate_it_promises() {
    let desk = desk_with_filter();
    let json = |sample: &str| -> serde_json::Value {
        let said = desk.run(&format!("inspect filter --json {sample}")).quiet();
        serde_json::from_str(&said.out).unwrap()
    };
    let measured = json("--sample 1000000");
    let rates = &measured["filters"][0]["fp_rate"];
    let (measured_rate, expected) =
        (rates["measured"].as_f64().unwrap(), rates["expected"].as_f64().unwrap());
    // 1,000 of a million: 10 % are three standard deviations.
    assert!((measured_rate / expected - 1.0).abs() < 0.1, "{rates}");
    assert_eq!(measured, json("--sample 1000000"), "the same strangers every time");
    assert_eq!(json("")["filters"][0]["fp_rate"]["measured"], serde_json::Value::Null);
}

#[test]
fn query_answers_in_order_and_by_its_exit_code() {
    let desk = desk_with_filter();
    let said = desk.run_with("query filter", b"password7\nnever seen\n password8 \r\n\npassword9");
    assert_eq!(said.out, "breached\nnot known\nbreached\nnot known\nbreached\n");
    assert_eq!(said.code, 1);
    let said = desk.run_with("query filter", b"never seen\n").quiet();
    assert_eq!(said.out, "not known\n");
    desk.run_with("query list", b"x").error("not a breached-password filter");
    desk.run_with("query nothing", b"x").error("cannot read nothing");
    desk.run_with("query filter --pairs", b"x").error("no filter of pairs");
}

#[test]
fn query_finds_every_member() {
    let desk = desk_with_filter();
    let said = desk.run_with("query filter", plain(0..10_000).as_bytes());
    assert!(said.out.lines().all(|line| line == "breached"));
    assert!(!said.out.contains("password") && said.err.is_empty());
}

#[test]
fn verify_notices_what_opening_does_not() {
    let desk = desk_with_filter();
    let said = desk.run("verify filter").quiet();
    assert!(said.out.contains("whole, 10,000 passwords in 5 shards"), "{said:?}");
    let good = desk.get("filter");
    let mut flipped = good.clone();
    flipped[10_000] ^= 1;
    desk.put("flipped", flipped);
    desk.put("cut", &good[..good.len() - 1]);
    desk.put("longer", [good.as_slice(), b"!"].concat());
    for (name, reason) in [
        ("flipped", "the checksum of its shards is wrong"),
        ("cut", "the filter is truncated"),
        ("longer", "the filter is too long"),
        ("list", "not a breached-password filter"),
    ] {
        let said = desk.run(&format!("verify {name}"));
        assert!(said.code == 1 && said.err.contains(reason), "{said:?}");
    }
    desk.run("inspect flipped").quiet();
    desk.run("inspect cut").error("truncated");
}

#[test]
fn a_newer_filter_is_named_as_such() {
    let desk = desk_with_filter();
    let mut newer = desk.get("filter");
    newer[8] = 2;
    desk.put("newer", newer);
    desk.run("inspect newer").error("format version 2, and this unstuff reads up to 1");
}
