//! A server that misbehaves: what passes is tried again, and nothing bad is ever stored.

use std::time::Duration;

use crate::answer::{Fault, date_in};
use crate::corpus;
use crate::rig::Rig;

/// Every fault that may pass, and a word of how it is reported if it does not.
fn passing() -> Vec<(Fault, &'static str)> {
    vec![
        (Fault::Status(500), "http status 500"),
        (Fault::Status(503), "http status 503"),
        (Fault::Status(429), "http status 429"),
        (Fault::RetryAfter(503, "0".into()), "http status 503"),
        (Fault::Close, "disconnected"),
        (Fault::CutLength, "body cut short"),
        (Fault::CutChunks, "body cut short"),
        (Fault::CutGzip, "no whole gzip"),
        (Fault::CutLines, "lines are missing before line"),
        (Fault::Unframed, "neither a content-length nor chunks"),
        (Fault::Page, "a web page"),
        (Fault::Empty, "empty"),
        (Fault::OtherRange("0003F"), "that of range 0003F"),
        (Fault::Swapped, "line 5 is not above"),
        (Fault::Padded, "padding"),
        (Fault::Encoding("br"), "content-encoding `br`"),
        (Fault::Huge, "larger than request limit"),
    ]
}

#[test]
fn what_passes_is_tried_again_until_it_has_passed() {
    let rig = Rig::new();
    let mut faults = passing();
    // Only meaningful to a request that names no ETag.
    faults.push((Fault::Unchanged, ""));
    // The one that is repeated must be there before.
    rig.fetch(&["--prefixes", "0003F"]).expect(0, &[("new", 1)]);
    for (number, (fault, _)) in faults.iter().enumerate() {
        rig.server.fault(&format!("{:05X}", 0x40 + number), [fault.clone(), fault.clone()]);
    }
    let retries = 2 * faults.len() as u64;
    let ended = rig.fetch(&["--prefixes", "0003F-0005F", "--parallel", "1"]);
    ended.expect(0, &[("new", 32), ("unchanged", 1), ("failed", 0), ("retries", retries)]);
    assert_eq!(rig.count_whole(), 33);
}

#[test]
fn a_body_of_another_range_is_found_out_when_that_one_comes() {
    let rig = Rig::new();
    rig.server.fault("00001", [Fault::OtherRange("00003")]);
    let ended = rig.fetch(&["--prefixes", "00000-0000F", "--parallel", "1"]);
    ended.expect(0, &[("new", 16), ("failed", 0)]);
    assert_eq!(rig.count_whole(), 16);
}

#[test]
fn a_server_that_ignores_the_path_is_found_out() {
    let rig = Rig::new();
    for number in 0..16 {
        rig.server.fault_for_good(&format!("{number:05X}"), Fault::OtherRange("00003"));
    }
    let ended = rig.fetch(&["--prefixes", "00000-0000F", "--tries", "2"]);
    ended.expect(1, &[("new", 1), ("failed", 15)]);
}

#[test]
fn what_does_not_pass_never_replaces_a_good_file() {
    let rig = Rig::new();
    let span = ["--prefixes", "0003F-0005F", "--tries", "2", "--parallel", "1"];
    rig.fetch(&span).expect(0, &[("new", 33)]);
    let faults = passing();
    for (number, (fault, _)) in faults.iter().enumerate() {
        let prefix = format!("{:05X}", 0x40 + number);
        rig.server.change(&prefix);
        rig.server.fault_for_good(&prefix, fault.clone());
    }
    let failed = faults.len() as u64;
    let ended = rig.fetch(&span);
    ended.expect(1, &[("failed", failed), ("unchanged", 33 - failed), ("retries", failed)]);
    for (number, (_, word)) in faults.iter().enumerate() {
        let prefix = format!("{:05X}", 0x40 + number);
        let error = ended.error(&prefix);
        assert!(error.contains(word) && error.ends_with(", 2 times"), "{prefix}: {error}");
    }
    assert_eq!(rig.count_whole(), 33);

    // Healed, the next run asks for what failed, and for nothing else.
    rig.server.heal();
    rig.server.take_seen();
    let ended = rig.fetch(&span);
    ended.expect(0, &[("changed", failed), ("resumed", 33 - failed)]);
    assert_eq!(rig.server.take_seen().len(), faults.len());
    assert_eq!(rig.text("00040").unwrap(), corpus::text("00040", 1));
}

#[test]
fn a_server_that_does_not_answer_is_asked_again() {
    let rig = Rig::new();
    rig.server.fault("00001", [Fault::Silence]);
    let ended = rig.fetch(&["--prefixes", "00000-00003", "--timeout", "1"]);
    ended.expect(0, &[("new", 4), ("retries", 1)]);
}

#[test]
fn what_will_not_pass_is_not_tried_again() {
    let rig = Rig::new();
    rig.server.fault_for_good("00001", Fault::Status(404));
    let ended = rig.fetch(&["--prefixes", "00000-00003"]);
    ended.expect(1, &[("new", 3), ("failed", 1), ("retries", 0)]);
    assert_eq!(ended.error("00001"), "http status 404");
    assert!(rig.text("00001").is_none());
}

#[test]
fn retry_after_holds_every_worker_in_seconds_and_as_a_date() {
    // A date has whole seconds: in two is after one.
    for when in [|| "1".to_owned(), || date_in(2)] {
        let rig = Rig::new();
        let when = when();
        rig.server.fault("00000", [Fault::RetryAfter(429, when.clone())]);
        let ended = rig.fetch(&["--prefixes", "00000-0003F", "--parallel", "2"]);
        ended.expect(0, &[("new", 64), ("retries", 1)]);
        let seen = rig.server.take_seen();
        // What was in flight when the word came is answered; after it, a second of silence.
        let pauses = seen.windows(2).map(|pair| pair[1].at - pair[0].at);
        let longest = pauses.max().unwrap();
        assert!(longest > Duration::from_millis(900), "{when}: {longest:?} at most");
        let again = seen.iter().rev().find(|seen| seen.prefix == "00000").unwrap();
        assert!(again.at - seen[0].at > Duration::from_millis(900), "{when}");
    }
}

#[test]
fn a_server_that_has_closed_for_today_ends_the_run() {
    let rig = Rig::new();
    rig.server.fault("00002", [Fault::RetryAfter(429, "7200".into())]);
    let ended = rig.fetch(&["--prefixes", "00000-0003F", "--parallel", "1"]);
    ended.expect(1, &[("new", 2), ("failed", 0), ("not_tried", 62)]);
    assert!(ended.said.contains("the server asks to come back in 2 hours"), "{}", ended.said);
}
