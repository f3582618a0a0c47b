//! Tests that an interrupted build keeps the old file and leaves nothing else.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::lists::hibp;
use crate::workspace::{ToolWorkspace, end, piped};

#[test]
fn signal_keeps_the_old_filter_and_leaves_no_litter() {
    for signal in ["INT", "TERM"] {
        let workspace = ToolWorkspace::new();
        workspace.put("filter", "old");
        let mut child = piped(&mut workspace.command("build - -o filter"));
        let mut input = child.stdin.take().unwrap();
        input.write_all(hibp(0..100).as_bytes()).unwrap();
        // Once its temporary file exists, it waits for more lines.
        let started = Instant::now();
        while workspace.names().len() < 2 {
            assert!(started.elapsed() < Duration::from_secs(30), "no temporary file");
            std::thread::yield_now();
        }
        let kill = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
        assert!(kill.unwrap().success());
        let output = end(child);
        assert_eq!(output.code, 130, "{output:?}");
        assert!(output.err.contains("interrupted"), "{output:?}");
        assert_eq!(
            (workspace.names(), workspace.get("filter")),
            (vec!["filter".to_owned()], b"old".to_vec())
        );
    }
}

#[test]
fn full_disk_keeps_the_old_filter_and_leaves_no_litter() {
    let workspace = ToolWorkspace::new();
    workspace.put("filter", "old");
    workspace.put("list", hibp(0..20_000));
    // A limit on the size of files, with its signal ignored, acts like a full disk.
    let output = Command::new("sh")
        .args(["-c", r#"trap "" XFSZ; ulimit -f 16; exec "$0" build list -o filter"#])
        .arg(env!("CARGO_BIN_EXE_unstuff"))
        .current_dir(workspace.path("."))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("cannot write filter"), "{said}");
    assert_eq!((workspace.names().len(), workspace.get("filter")), (2, b"old".to_vec()));
}

#[test]
fn permissions_of_a_new_filter_follow_the_umask() {
    use std::os::unix::fs::PermissionsExt;
    let workspace = ToolWorkspace::new();
    workspace.put("list", hibp(0..10));
    workspace.run("build list -o filter").quiet();
    let mode = |name: &str| workspace.path(name).metadata().unwrap().permissions().mode();
    assert_eq!(mode("filter"), mode("list"));
}
