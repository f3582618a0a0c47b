//! Tests with faults of the server: temporary ones are retried, and nothing invalid is stored.

use std::time::Duration;

use crate::corpus;
use crate::response::{ServerFault, date_in};
use crate::workspace::FetchWorkspace;

/// Every temporary fault, with a word of its error.
fn temporary_faults() -> Vec<(ServerFault, &'static str)> {
    vec![
        (ServerFault::Status(500), "http status 500"),
        (ServerFault::Status(503), "http status 503"),
        (ServerFault::Status(429), "http status 429"),
        (ServerFault::RetryAfter(503, "0".into()), "http status 503"),
        (ServerFault::Close, "disconnected"),
        (ServerFault::CutLength, "body cut short"),
        (ServerFault::CutChunks, "body cut short"),
        (ServerFault::CutGzip, "not a whole gzip"),
        (ServerFault::CutLines, "lines are missing before line"),
        (ServerFault::Unframed, "neither a content-length nor chunks"),
        (ServerFault::Page, "a web page"),
        (ServerFault::Empty, "empty"),
        (ServerFault::OtherRange("0003F"), "that of range 0003F"),
        (ServerFault::Swapped, "line 5 is not above"),
        (ServerFault::Padded, "padding"),
        (ServerFault::Encoding("br"), "content-encoding `br`"),
        (ServerFault::Huge, "larger than request limit"),
    ]
}

#[test]
fn temporary_faults_are_retried_until_they_are_over() {
    let workspace = FetchWorkspace::new();
    let mut faults = temporary_faults();
    // A fault only for a request without an ETag.
    faults.push((ServerFault::Unchanged, ""));
    // The range whose body is repeated must be stored before.
    workspace.fetch(&["--prefixes", "0003F"]).expect(0, &[("new", 1)]);
    for (number, (fault, _)) in faults.iter().enumerate() {
        workspace.server.fault(&format!("{:05X}", 0x40 + number), [fault.clone(), fault.clone()]);
    }
    let retries = 2 * faults.len() as u64;
    let result = workspace.fetch(&["--prefixes", "0003F-0005F", "--parallel", "1"]);
    result.expect(0, &[("new", 32), ("unchanged", 1), ("failed", 0), ("retries", retries)]);
    assert_eq!(workspace.count_whole(), 33);
}

#[test]
fn body_of_another_range_is_detected_when_that_range_comes() {
    let workspace = FetchWorkspace::new();
    workspace.server.fault("00001", [ServerFault::OtherRange("00003")]);
    let result = workspace.fetch(&["--prefixes", "00000-0000F", "--parallel", "1"]);
    result.expect(0, &[("new", 16), ("failed", 0)]);
    assert_eq!(workspace.count_whole(), 16);
}

#[test]
fn server_that_ignores_the_path_is_detected() {
    let workspace = FetchWorkspace::new();
    for number in 0..16 {
        workspace
            .server
            .fault_permanently(&format!("{number:05X}"), ServerFault::OtherRange("00003"));
    }
    let result = workspace.fetch(&["--prefixes", "00000-0000F", "--tries", "2"]);
    result.expect(1, &[("new", 1), ("failed", 15)]);
}

#[test]
fn permanent_faults_never_replace_a_good_file() {
    let workspace = FetchWorkspace::new();
    let span = ["--prefixes", "0003F-0005F", "--tries", "2", "--parallel", "1"];
    workspace.fetch(&span).expect(0, &[("new", 33)]);
    let faults = temporary_faults();
    for (number, (fault, _)) in faults.iter().enumerate() {
        let prefix = format!("{:05X}", 0x40 + number);
        workspace.server.change(&prefix);
        workspace.server.fault_permanently(&prefix, fault.clone());
    }
    let failed = faults.len() as u64;
    let result = workspace.fetch(&span);
    result.expect(1, &[("failed", failed), ("unchanged", 33 - failed), ("retries", failed)]);
    for (number, (_, word)) in faults.iter().enumerate() {
        let prefix = format!("{:05X}", 0x40 + number);
        let error = result.error(&prefix);
        assert!(error.contains(word) && error.ends_with(", 2 times"), "{prefix}: {error}");
    }
    assert_eq!(workspace.count_whole(), 33);

    // Without faults, the next run requests only the ranges that failed.
    workspace.server.heal();
    workspace.server.take_seen();
    let result = workspace.fetch(&span);
    result.expect(0, &[("changed", failed), ("resumed", 33 - failed)]);
    assert_eq!(workspace.server.take_seen().len(), faults.len());
    assert_eq!(workspace.text("00040").unwrap(), corpus::text("00040", 1));
}

#[test]
fn request_without_a_response_is_retried() {
    let workspace = FetchWorkspace::new();
    workspace.server.fault("00001", [ServerFault::Silence]);
    let result = workspace.fetch(&["--prefixes", "00000-00003", "--timeout", "1"]);
    result.expect(0, &[("new", 4), ("retries", 1)]);
}

#[test]
fn permanent_status_is_not_retried() {
    let workspace = FetchWorkspace::new();
    workspace.server.fault_permanently("00001", ServerFault::Status(404));
    let result = workspace.fetch(&["--prefixes", "00000-00003"]);
    result.expect(1, &[("new", 3), ("failed", 1), ("retries", 0)]);
    assert_eq!(result.error("00001"), "http status 404");
    assert!(workspace.text("00001").is_none());
}

#[test]
fn retry_after_holds_every_worker_in_seconds_and_as_a_date() {
    // A date has whole seconds, so a date in two seconds is at least one second away.
    for when in [|| "1".to_owned(), || date_in(2)] {
        let workspace = FetchWorkspace::new();
        let when = when();
        workspace.server.fault("00000", [ServerFault::RetryAfter(429, when.clone())]);
        let result = workspace.fetch(&["--prefixes", "00000-0003F", "--parallel", "2"]);
        result.expect(0, &[("new", 64), ("retries", 1)]);
        let seen = workspace.server.take_seen();
        // Requests in flight are answered; then there is a second without requests.
        let pauses = seen.windows(2).map(|pair| pair[1].at - pair[0].at);
        let longest = pauses.max().unwrap();
        assert!(longest > Duration::from_millis(900), "{when}: {longest:?} at most");
        let again = seen.iter().rev().find(|seen| seen.prefix == "00000").unwrap();
        assert!(again.at - seen[0].at > Duration::from_millis(900), "{when}");
    }
}

#[test]
fn long_retry_after_ends_the_run() {
    let workspace = FetchWorkspace::new();
    workspace.server.fault("00002", [ServerFault::RetryAfter(429, "7200".into())]);
    let result = workspace.fetch(&["--prefixes", "00000-0003F", "--parallel", "1"]);
    result.expect(1, &[("new", 2), ("failed", 0), ("not_tried", 62)]);
    assert!(result.stderr.contains("the server asks to come back in 2 hours"), "{}", result.stderr);
}
