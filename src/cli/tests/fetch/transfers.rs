//! What is transferred, and what is not.

use std::collections::HashSet;
use std::fs;

use crate::corpus;
use crate::rig::Rig;

const SPAN: [&str; 2] = ["--prefixes", "00FE0-0101F"];

#[test]
fn a_first_fetch_stores_every_range_and_the_next_transfers_none() {
    let rig = Rig::new();
    let first = rig.fetch(&SPAN);
    first.expect(0, &[("ranges", 64), ("new", 64), ("failed", 0), ("not_tried", 0)]);
    assert_eq!(rig.count_whole(), 64);
    assert!(rig.server.take_seen().iter().all(|seen| seen.if_none_match.is_none()));

    let second = rig.fetch(&SPAN);
    second.expect(0, &[("unchanged", 64), ("new", 0), ("received_bytes", 0), ("resumed", 0)]);
    for seen in rig.server.take_seen() {
        assert_eq!(seen.if_none_match, Some(corpus::etag(&seen.prefix, 0)));
    }
}

#[test]
fn only_what_changed_is_transferred() {
    let rig = Rig::new();
    rig.fetch(&SPAN).expect(0, &[("new", 64)]);
    rig.server.change("00FFF");
    rig.server.change("01000");
    rig.fetch(&SPAN).expect(0, &[("changed", 2), ("unchanged", 62)]);
    assert_eq!(rig.text("00FFF").unwrap(), corpus::text("00FFF", 1));
    rig.fetch(&SPAN).expect(0, &[("changed", 0), ("unchanged", 64), ("received_bytes", 0)]);
}

#[test]
fn connections_are_kept_alive() {
    let rig = Rig::new();
    rig.fetch(&["--prefixes", "00000-000FF", "--parallel", "4"]).expect(0, &[("new", 256)]);
    let connections: HashSet<usize> =
        rig.server.take_seen().iter().map(|seen| seen.connection).collect();
    assert!(connections.len() <= 4, "{} connections for 256 ranges", connections.len());
}

#[test]
fn a_server_without_etags_is_asked_in_full_and_no_change_is_no_change() {
    let rig = Rig::new();
    rig.server.send_no_etags();
    rig.fetch(&SPAN).expect(0, &[("new", 64)]);
    rig.server.change("01000");
    rig.fetch(&SPAN).expect(0, &[("changed", 1), ("unchanged", 63)]);
}

#[test]
fn an_etag_is_only_shown_to_the_server_that_gave_it() {
    let rig = Rig::new();
    rig.fetch(&SPAN).expect(0, &[("new", 64)]);
    rig.server.take_seen();
    let other = rig.server.base_url().replace("/range/", "/mirror");
    rig.fetch(&["--base-url", &other, SPAN[0], SPAN[1]]).expect(0, &[("unchanged", 64)]);
    assert!(rig.server.take_seen().iter().all(|seen| seen.if_none_match.is_none()));
}

#[test]
fn full_fetches_everything_anew() {
    let rig = Rig::new();
    rig.fetch(&SPAN).expect(0, &[("new", 64)]);
    rig.server.take_seen();
    rig.fetch(&["--full", SPAN[0], SPAN[1]]).expect(0, &[("unchanged", 64)]);
    assert!(rig.server.take_seen().iter().all(|seen| seen.if_none_match.is_none()));
}

#[test]
fn a_damaged_file_is_fetched_again() {
    let rig = Rig::new();
    rig.fetch(&SPAN).expect(0, &[("new", 64)]);
    let cut = fs::read(rig.path("01000")).unwrap();
    fs::write(rig.path("01000"), &cut[..cut.len() - 1]).unwrap();
    fs::write(rig.path("01001"), "").unwrap();
    fs::remove_file(rig.path("01002")).unwrap();
    rig.fetch(&SPAN).expect(0, &[("new", 3), ("unchanged", 61)]);
    assert_eq!(rig.count_whole(), 64);
}
