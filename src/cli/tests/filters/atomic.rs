//! Whatever ends a build, the old file stays and nothing else does.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::lists::hibp;
use crate::tool::{Desk, end, piped};

#[test]
fn a_signal_leaves_the_old_filter_and_no_litter() {
    for signal in ["INT", "TERM"] {
        let desk = Desk::new();
        desk.put("filter", "old");
        let mut child = piped(&mut desk.command("build - -o filter"));
        let mut input = child.stdin.take().unwrap();
        input.write_all(hibp(0..100).as_bytes()).unwrap();
        // It waits for more lines now, its temporary file being there.
        let started = Instant::now();
        while desk.names().len() < 2 {
            assert!(started.elapsed() < Duration::from_secs(30), "no temporary file");
            std::thread::yield_now();
        }
        let kill = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
        assert!(kill.unwrap().success());
        let said = end(child);
        assert_eq!(said.code, 130, "{said:?}");
        assert!(said.err.contains("interrupted"), "{said:?}");
        assert_eq!(
            (desk.names(), desk.get("filter")),
            (vec!["filter".to_owned()], b"old".to_vec())
        );
    }
}

#[test]
fn a_full_disk_leaves_the_old_filter_and_no_litter() {
    let desk = Desk::new();
    desk.put("filter", "old");
    desk.put("list", hibp(0..20_000));
    // A limit on the size of files, its signal ignored, is a disk that fills up.
    let said = Command::new("sh")
        .args(["-c", r#"trap "" XFSZ; ulimit -f 16; exec "$0" build list -o filter"#])
        .arg(env!("CARGO_BIN_EXE_unstuff"))
        .current_dir(desk.path("."))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(said.status.code(), Some(2), "{said:?}");
    assert_eq!((desk.names().len(), desk.get("filter")), (2, b"old".to_vec()));
}

#[test]
fn the_new_filter_is_readable_as_the_umask_says() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::new();
    desk.put("list", hibp(0..10));
    desk.run("build list -o filter").quiet();
    let mode = |name: &str| desk.path(name).metadata().unwrap().permissions().mode();
    assert_eq!(mode("filter"), mode("list"));
}
