//! Runs that end early: an output file is complete or absent.

use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{POLICY, TRACE, unstuff};

/// The names and contents of all files in a folder.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let paths = folder.read_dir().unwrap().map(|file| file.unwrap().path());
    paths.map(|path| (path.display().to_string(), std::fs::read(path).unwrap())).collect()
}

/// Starts the tool, waits until its temporary file is beside `file`, and interrupts it. Returns
/// standard error.
fn interrupted(arguments: &[&str], file: &Path, signal: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_unstuff"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).arg(file);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Standard input stays open, so that a command that reads it waits for more.
    let mut input = child.stdin.take().unwrap();
    let lines = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(TRACE)).unwrap();
    // A command that does not read it leaves it in the pipe.
    input.write_all(&lines).unwrap();
    wait_for_two_files(file.parent().unwrap(), &mut child);
    let kill = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
    assert!(kill.unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn wait_for_two_files(folder: &Path, child: &mut Child) {
    let started = Instant::now();
    while folder.read_dir().unwrap().count() < 2 {
        assert!(child.try_wait().unwrap().is_none(), "it has ended");
        assert!(started.elapsed() < Duration::from_secs(30), "no temporary file");
        std::thread::yield_now();
    }
}

#[test]
fn signal_leaves_the_old_file_and_no_temporary_file() {
    let year = ["simulate", "vast-people", "--people", "1000000", "--hours", "8784", "-o"];
    let decided = ["replay", "--policy", POLICY, "-", "--decisions"];
    for (arguments, signal) in [(year.as_slice(), "INT"), (&year, "TERM"), (&decided, "INT")] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file.jsonl");
        std::fs::write(&file, "old").unwrap();
        let before = files(folder.path());
        let stderr = interrupted(arguments, &file, signal);
        assert!(stderr.contains("interrupted; nothing was written"), "{stderr}");
        assert_eq!(files(folder.path()), before, "{arguments:?}");
    }
}

#[test]
fn full_disk_leaves_no_temporary_file() {
    for arguments in ["simulate calm -o", "replay - --decisions"] {
        let folder = tempfile::tempdir().unwrap();
        let trace = folder.path().join("trace");
        let few = ["simulate", "calm", "--people", "500", "-o", trace.to_str().unwrap()];
        assert!(unstuff(&few).status.success());
        let before = files(folder.path());
        // A limit on file sizes, with its signal ignored, stands for a full disk.
        let limited = format!(r#"trap "" XFSZ; ulimit -f 16; exec "$0" {arguments} other"#);
        let mut command = Command::new("sh");
        command.args(["-c", &limited, env!("CARGO_BIN_EXE_unstuff")]).current_dir(&folder);
        let output = command.stdin(std::fs::File::open(&trace).unwrap()).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains("other") && stderr.contains("File too large"), "{stderr}");
        assert!(files(folder.path()) == before, "{arguments}");
    }
}

#[test]
fn decisions_never_replace_a_trace() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace.jsonl");
    std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join(TRACE), &trace).unwrap();
    let before = files(folder.path());
    let dotted = folder.path().join(".").join("trace.jsonl");
    let paths = [trace.to_str().unwrap(), "--decisions", dotted.to_str().unwrap()];
    let output = unstuff(&[&["replay"], &paths[..]].concat());
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("that is a trace; give another file"), "{stderr}");
    assert_eq!(files(folder.path()), before);
}

#[test]
fn strict_replay_that_fails_leaves_no_decisions() {
    let folder = tempfile::tempdir().unwrap();
    let decisions = folder.path().join("decisions.jsonl");
    let output =
        unstuff(&["replay", "--strict", TRACE, "--decisions", decisions.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(files(folder.path()), []);
}

#[test]
fn closed_pipe_is_no_error_and_full_disk_is_one() {
    let run = |tail: &str| {
        let script = format!(r#""$0" replay {TRACE} {tail}"#);
        let mut command = Command::new("bash");
        command.current_dir(env!("CARGO_MANIFEST_DIR"));
        command.args(["-c", &script, env!("CARGO_BIN_EXE_unstuff")]).output().unwrap()
    };
    assert_eq!(run("--format html | head -1; exit ${PIPESTATUS[0]}").status.code(), Some(0));
    assert_eq!(run("> /dev/full").status.code(), Some(2));
}
