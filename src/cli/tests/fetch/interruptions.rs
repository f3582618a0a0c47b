//! Tests of runs that end early, and of the runs that continue them.

use std::fs;
use std::process::Child;

use crate::response::ServerFault;
use crate::workspace::{self, FetchWorkspace};

const ALL: [&str; 4] = ["--prefixes", "00000-000FF", "--parallel", "8"];

/// Starts a run of 256 ranges whose server falls silent after 100.
fn stuck(workspace: &FetchWorkspace) -> Child {
    workspace.server.fall_silent_after(100);
    let child = workspace.start(&ALL);
    // All eight workers hang.
    workspace.server.await_seen(108);
    child
}

/// Asserts that the next run continues, and requests nothing twice.
#[track_caller]
fn assert_continued(workspace: &FetchWorkspace) {
    assert_eq!(workspace.count_whole(), 100);
    workspace.server.heal();
    workspace.server.take_seen();
    let result = workspace.fetch(&ALL);
    result.expect(0, &[("resumed", 100), ("new", 156), ("failed", 0)]);
    assert!(result.stderr.contains("continuing the unfinished fetch"), "{}", result.stderr);
    assert_eq!(workspace.server.take_seen().len(), 156);
    assert_eq!(workspace.count_whole(), 256);
    // A finished run leaves nothing to continue.
    workspace.fetch(&ALL).expect(0, &[("unchanged", 256), ("resumed", 0)]);
}

#[test]
fn killed_run_is_continued() {
    let workspace = FetchWorkspace::new();
    let mut child = stuck(&workspace);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_continued(&workspace);
}

#[test]
fn run_killed_at_any_moment_leaves_no_half_file() {
    let workspace = FetchWorkspace::new();
    // Killed after the start, after the first request, and later.
    for requests in [0, 1, 2, 5, 10, 20, 40, 60] {
        workspace.server.take_seen();
        let mut child = workspace.start(&ALL);
        workspace.server.await_seen(requests);
        child.kill().unwrap();
        child.wait().unwrap();
        workspace.count_whole();
    }
    workspace.fetch(&ALL).expect(0, &[("failed", 0), ("not_tried", 0), ("changed", 0)]);
    assert_eq!(workspace.count_whole(), 256);
    assert!(workspace.litter().is_empty());
}

#[test]
fn ctrl_c_ends_a_run_at_once_with_a_summary_and_no_litter() {
    for name in ["INT", "TERM"] {
        let workspace = FetchWorkspace::new();
        let child = stuck(&workspace);
        workspace::signal(child.id(), name);
        let result = workspace::wait(child);
        result.expect(130, &[("new", 100), ("not_tried", 156), ("failed", 0)]);
        assert_eq!(result.summary["stopped"], "interrupted");
        assert!(
            result.stderr.contains("the same command continues from here"),
            "{}",
            result.stderr
        );
        assert!(result.summary["seconds"].as_f64().unwrap() < 30.0, "{result:?}");
        assert!(workspace.litter().is_empty());
        assert_continued(&workspace);
    }
}

#[test]
fn server_that_is_down_ends_the_run() {
    let workspace = FetchWorkspace::new();
    for number in 0..256 {
        workspace.server.fault_permanently(&format!("{number:05X}"), ServerFault::Status(502));
    }
    let result = workspace.fetch(&[&ALL[..], &["--tries", "2"]].concat());
    assert_eq!(result.status, Some(1), "{result:#?}");
    let failed = result.summary["failed"].as_u64().unwrap();
    assert!((32..64).contains(&failed), "{result:#?}");
    assert!(result.stderr.contains("ranges in a row failed"), "{}", result.stderr);
    assert_eq!(result.summary["failures"].as_array().unwrap().len(), 20);
}

#[test]
fn error_names_the_file_that_cannot_be_written() {
    let workspace = FetchWorkspace::new();
    fs::write(workspace.folder.path().join("00"), "in the way").unwrap();
    let result = workspace.fetch(&["--prefixes", "00000-0000F"]);
    assert_eq!(result.status, Some(2), "{result:#?}");
    assert!(result.stderr.contains("00/0000"), "{}", result.stderr);
}

#[test]
fn second_fetch_in_a_folder_is_refused() {
    let workspace = FetchWorkspace::new();
    let mut child = stuck(&workspace);
    let result = workspace.fetch(&ALL);
    assert_eq!(result.status, Some(2));
    assert!(result.stderr.contains("another `unstuff fetch` is running"), "{}", result.stderr);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn wrong_command_line_is_explained() {
    let workspace = FetchWorkspace::new();
    for (arguments, word) in [
        (["--prefixes", "000FF-00000"], "ends before it begins"),
        (["--prefixes", "xyz"], "five hex digits"),
        (["--parallel", "0"], "1..=256"),
        (["--base-url", "http://me:secret@mirror.example/"], "must not hold a user or password"),
    ] {
        let result = workspace.fetch(&arguments);
        assert_eq!(result.status, Some(2));
        assert!(result.stderr.contains(word), "{}", result.stderr);
    }
}
