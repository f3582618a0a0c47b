//! Tests of what is transferred.

use std::collections::HashSet;
use std::fs;

use crate::corpus;
use crate::workspace::FetchWorkspace;

const SPAN: [&str; 2] = ["--prefixes", "00FE0-0101F"];

#[test]
fn first_fetch_stores_every_range_and_the_next_transfers_none() {
    let workspace = FetchWorkspace::new();
    let first = workspace.fetch(&SPAN);
    first.expect(0, &[("ranges", 64), ("new", 64), ("failed", 0), ("not_tried", 0)]);
    assert_eq!(workspace.count_whole(), 64);
    assert!(workspace.server.take_seen().iter().all(|seen| seen.if_none_match.is_none()));

    let second = workspace.fetch(&SPAN);
    second.expect(0, &[("unchanged", 64), ("new", 0), ("received_bytes", 0), ("resumed", 0)]);
    for seen in workspace.server.take_seen() {
        assert_eq!(seen.if_none_match, Some(corpus::etag(&seen.prefix, 0)));
    }
}

#[test]
fn only_what_changed_is_transferred() {
    let workspace = FetchWorkspace::new();
    workspace.fetch(&SPAN).expect(0, &[("new", 64)]);
    workspace.server.change("00FFF");
    workspace.server.change("01000");
    workspace.fetch(&SPAN).expect(0, &[("changed", 2), ("unchanged", 62)]);
    assert_eq!(workspace.text("00FFF").unwrap(), corpus::text("00FFF", 1));
    workspace.fetch(&SPAN).expect(0, &[("changed", 0), ("unchanged", 64), ("received_bytes", 0)]);
}

#[test]
fn connections_are_kept_alive() {
    let workspace = FetchWorkspace::new();
    workspace.fetch(&["--prefixes", "00000-000FF", "--parallel", "4"]).expect(0, &[("new", 256)]);
    let connections: HashSet<usize> =
        workspace.server.take_seen().iter().map(|seen| seen.connection).collect();
    assert!(connections.len() <= 4, "{} connections for 256 ranges", connections.len());
}

#[test]
fn server_without_etags_sends_everything_and_changes_are_counted_by_content() {
    let workspace = FetchWorkspace::new();
    workspace.server.send_no_etags();
    workspace.fetch(&SPAN).expect(0, &[("new", 64)]);
    workspace.server.change("01000");
    workspace.fetch(&SPAN).expect(0, &[("changed", 1), ("unchanged", 63)]);
}

#[test]
fn etag_is_only_sent_to_the_server_that_gave_it() {
    let workspace = FetchWorkspace::new();
    workspace.fetch(&SPAN).expect(0, &[("new", 64)]);
    workspace.server.take_seen();
    let other = workspace.server.base_url().replace("/range/", "/mirror");
    workspace.fetch(&["--base-url", &other, SPAN[0], SPAN[1]]).expect(0, &[("unchanged", 64)]);
    assert!(workspace.server.take_seen().iter().all(|seen| seen.if_none_match.is_none()));
}

#[test]
fn full_fetches_everything_again() {
    let workspace = FetchWorkspace::new();
    workspace.fetch(&SPAN).expect(0, &[("new", 64)]);
    workspace.server.take_seen();
    workspace.fetch(&["--full", SPAN[0], SPAN[1]]).expect(0, &[("unchanged", 64)]);
    assert!(workspace.server.take_seen().iter().all(|seen| seen.if_none_match.is_none()));
}

#[test]
fn damaged_file_is_fetched_again() {
    let workspace = FetchWorkspace::new();
    workspace.fetch(&SPAN).expect(0, &[("new", 64)]);
    let cut = fs::read(workspace.path("01000")).unwrap();
    fs::write(workspace.path("01000"), &cut[..cut.len() - 1]).unwrap();
    fs::write(workspace.path("01001"), "").unwrap();
    fs::remove_file(workspace.path("01002")).unwrap();
    workspace.fetch(&SPAN).expect(0, &[("new", 3), ("unchanged", 61)]);
    assert_eq!(workspace.count_whole(), 64);
}

#[test]
fn bytes_are_counted_as_they_were_sent_compressed_or_not() {
    let workspace = FetchWorkspace::new();
    // The server sends these without compression: with a length, and in chunks.
    for prefix in ["00000", "00002"] {
        let sent = corpus::text(prefix, 0).len().try_into().unwrap();
        let fetched = workspace.fetch(&["--prefixes", prefix]);
        fetched.expect(0, &[("new", 1), ("received_bytes", sent)]);
    }
}
