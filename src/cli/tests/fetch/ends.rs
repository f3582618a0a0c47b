//! How a run ends before its time, and goes on.

use std::fs;
use std::process::Child;

use crate::answer::Fault;
use crate::rig::{self, Rig};

const ALL: [&str; 4] = ["--prefixes", "00000-000FF", "--parallel", "8"];

/// Starts a run of 256 ranges whose server falls silent after 100.
fn stuck(rig: &Rig) -> Child {
    rig.server.fall_silent_after(100);
    let child = rig.start(&ALL);
    // All eight workers hang.
    rig.server.await_seen(108);
    child
}

/// The rest of such a run, with nothing asked for twice.
#[track_caller]
fn goes_on(rig: &Rig) {
    assert_eq!(rig.count_whole(), 100);
    rig.server.heal();
    rig.server.take_seen();
    let ended = rig.fetch(&ALL);
    ended.expect(0, &[("resumed", 100), ("new", 156), ("failed", 0)]);
    assert!(ended.said.contains("going on with the unfinished fetch"), "{}", ended.said);
    assert_eq!(rig.server.take_seen().len(), 156);
    assert_eq!(rig.count_whole(), 256);
    // A finished run leaves nothing to go on with.
    rig.fetch(&ALL).expect(0, &[("unchanged", 256), ("resumed", 0)]);
}

#[test]
fn killed_in_the_middle_it_goes_on_where_it_was() {
    let rig = Rig::new();
    let mut child = stuck(&rig);
    child.kill().unwrap();
    child.wait().unwrap();
    goes_on(&rig);
}

#[test]
fn killed_at_any_moment_no_half_file_is_there() {
    let rig = Rig::new();
    // After the start, the first request, and more of them: the kill falls where it falls.
    for requests in [0, 1, 2, 5, 10, 20, 40, 60] {
        rig.server.take_seen();
        let mut child = rig.start(&ALL);
        rig.server.await_seen(requests);
        child.kill().unwrap();
        child.wait().unwrap();
        rig.count_whole();
    }
    rig.fetch(&ALL).expect(0, &[("failed", 0), ("not_tried", 0), ("changed", 0)]);
    assert_eq!(rig.count_whole(), 256);
    assert!(rig.litter().is_empty());
}

#[test]
fn ctrl_c_ends_it_at_once_with_a_sum_and_no_litter() {
    for name in ["INT", "TERM"] {
        let rig = Rig::new();
        let child = stuck(&rig);
        rig::signal(child.id(), name);
        let ended = rig::wait(child);
        ended.expect(130, &[("new", 100), ("not_tried", 156), ("failed", 0)]);
        assert_eq!(ended.summary["stopped"], "interrupted");
        assert!(ended.said.contains("the same command goes on from here"), "{}", ended.said);
        assert!(ended.summary["seconds"].as_f64().unwrap() < 30.0, "{ended:?}");
        assert!(rig.litter().is_empty());
        goes_on(&rig);
    }
}

#[test]
fn a_server_that_is_down_is_not_asked_a_million_times() {
    let rig = Rig::new();
    for number in 0..256 {
        rig.server.fault_for_good(&format!("{number:05X}"), Fault::Status(502));
    }
    let ended = rig.fetch(&[&ALL[..], &["--tries", "2"]].concat());
    assert_eq!(ended.status, Some(1), "{ended:#?}");
    let failed = ended.summary["failed"].as_u64().unwrap();
    assert!((32..64).contains(&failed), "{ended:#?}");
    assert!(ended.said.contains("ranges in a row failed"), "{}", ended.said);
    assert_eq!(ended.summary["failures"].as_array().unwrap().len(), 20);
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error_that_names_the_file() {
    let rig = Rig::new();
    fs::write(rig.folder.path().join("00"), "in the way").unwrap();
    let ended = rig.fetch(&["--prefixes", "00000-0000F"]);
    assert_eq!(ended.status, Some(2), "{ended:#?}");
    assert!(ended.said.contains("00/0000"), "{}", ended.said);
}

#[test]
fn one_fetch_at_a_time_in_a_folder() {
    let rig = Rig::new();
    let mut child = stuck(&rig);
    let ended = rig.fetch(&ALL);
    assert_eq!(ended.status, Some(2));
    assert!(ended.said.contains("another `unstuff fetch` is at work"), "{}", ended.said);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_mistake_on_the_command_line_is_explained() {
    let rig = Rig::new();
    for (arguments, word) in [
        (["--prefixes", "000FF-00000"], "ends before it begins"),
        (["--prefixes", "xyz"], "five hex digits"),
        (["--parallel", "0"], "1..=256"),
        (["--base-url", "http://me:secret@mirror.example/"], "must not hold a user or password"),
    ] {
        let ended = rig.fetch(&arguments);
        assert_eq!(ended.status, Some(2));
        assert!(ended.said.contains(word), "{}", ended.said);
    }
}
