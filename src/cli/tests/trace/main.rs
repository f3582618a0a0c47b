//! `unstuff trace import`: real lines of each kind of log become a trace that can be replayed.
//!
//! The lines of Envoy, nginx and Apache were written by these servers. Each got a login of a browser,
//! one with a quoted user agent, one behind a proxy, another request, and junk.

#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// Runs the tool in the folder of this test's files.
fn unstuff(arguments: &[&str], stdin: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_unstuff"))
        .current_dir(files())
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(stdin).unwrap();
    child.wait_with_output().unwrap()
}

fn files() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/trace")
}

/// What was imported, line by line, and what was said.
fn import(arguments: &[&str]) -> (Vec<Value>, String) {
    let output = unstuff(&[&["trace", "import", "-o", "-"], arguments].concat(), b"");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {said}");
    let text = String::from_utf8(output.stdout).unwrap();
    (text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), said)
}

const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:146.0) Gecko/20100101 Firefox/146.0";

#[test]
fn envoy_log_in_json_is_imported() {
    let (lines, said) = import(&["--from", "envoy", "envoy.json"]);
    assert_eq!(lines.len(), 2, "{said}");
    let first = &lines[0];
    assert_eq!(first["time"], 1_795_949_043.86);
    assert_eq!(first["ip"], "203.0.113.7");
    assert_eq!(first["path"], "/login?next=/");
    assert_eq!((&first["status"], &first["response_ms"]), (&401.into(), &19.into()));
    assert_eq!(first["headers"]["user-agent"], BROWSER);
    assert_eq!(first["headers"]["accept-language"], "de,en;q=0.5");
    assert_eq!(first["host"], "www.example.com");
    assert!(first["outcome"].is_null(), "upstream's own answer");
    assert!(said.contains("left out: 3 at no endpoint of the policy default"), "{said}");
    assert!(said.contains("no line has a username, a password, a client;"), "{said}");
    let (all, _) = import(&["--from", "envoy", "--all", "envoy.json"]);
    assert_eq!(all.len(), 5);
    assert_eq!(all[1]["ip"], "2001:db8::7");
    assert_eq!(all[1]["response_headers"]["location"], "http://www.example.com:18081/home");
    assert_eq!(all[4]["outcome"], "unknown", "Envoy answered, not upstream");
}

#[test]
fn summary_names_the_headers_that_the_policys_fingerprint_lacks() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("unstuff.json");
    let text = r#"{"client": {"fingerprint": ["user-agent", "x-ja4"]}}"#;
    std::fs::write(&policy, text).unwrap();
    let policy = policy.to_str().unwrap();
    let (_, said) = import(&["--from", "nginx", "--policy", policy, "nginx.log"]);
    assert!(said.contains("a client, the header x-ja4;"), "{said}");
}

#[test]
fn nginx_and_apache_logs_are_imported() {
    for (from, log, hosts) in [("nginx", "nginx.log", false), ("apache", "apache.log", true)] {
        let (lines, said) = import(&["--from", from, log]);
        assert_eq!(lines.len(), 3, "{said}");
        assert_eq!(lines[0]["time"], 1_795_948_489.0);
        assert_eq!(lines[0]["headers"]["user-agent"], BROWSER);
        assert_eq!(lines[1]["headers"]["user-agent"], "a \"quoted\" \\ agent é");
        assert_eq!(lines[2]["ip"], "127.0.0.1");
        assert_eq!(lines[0]["host"] == "www.example.com:80", hosts);
        let left_out =
            "left out: 1 at no endpoint of the policy default, 1 no request, or not answered";
        assert!(said.contains(left_out), "{said}");
        assert!(said.contains("a password, a client, the header accept-language;"), "{said}");
    }
}

#[test]
fn address_behind_a_proxy_is_taken_from_the_list() {
    let hops = ["--from", "nginx", "--trusted-hops", "1", "nginx-main.log"];
    let (lines, said) = import(&hops);
    assert_eq!(lines.len(), 1, "{said}");
    assert_eq!(lines[0]["ip"], "203.0.113.9");
    assert!(said.contains("nginx-main.log:1: the list of addresses is shorter"), "{said}");
    let envoy = ["--from", "envoy", "--field", "ip=x_forwarded_for", "--trusted-hops", "0"];
    let (lines, _) = import(&[&envoy[..], &["envoy.json"]].concat());
    assert_eq!(lines[0]["ip"], "192.0.2.2");
}

const TABLE: [&str; 11] = [
    "--from",
    "csv",
    "--field",
    "time=created_at",
    "--field",
    "user=email",
    "--field",
    "outcome=result",
    "--field",
    "known_device=device",
    "logins.csv",
];

#[test]
fn table_is_imported_sorted_and_without_passwords() {
    let (lines, said) = import(&TABLE);
    let users: Vec<_> = lines.iter().map(|line| line["user"].as_str().unwrap()).collect();
    assert_eq!(users, ["bob@example.com", "carol@example.com", "ann@example.com"]);
    assert_eq!(lines[1]["ip"], "2001:db8::7");
    assert_eq!(lines[2]["outcome"], "success");
    assert_eq!(lines[2]["known_device"], true);
    assert_eq!(lines[0]["password_sha1"], "7c4a8d09ca3762af61e59520943dc26494f8941b");
    assert!(lines.iter().all(|line| line["password"].is_null()));
    assert!(said.contains("columns that are not read: note"), "{said}");
    assert!(said.contains("logins.csv:5: `ip`: \"nowhere\" is not an address"), "{said}");
    assert!(said.contains("logins.csv:6: 2 columns, and the first line has 9"), "{said}");
    assert!(!said.contains("letmein"), "{said}");
    assert!(said.contains("2 bad lines"), "{said}");
}

#[test]
fn column_that_is_not_there_is_an_error_that_names_the_columns() {
    let output = unstuff(
        &["trace", "import", "--from", "csv", "--field", "user=mail", "logins.csv", "-o", "-"],
        b"",
    );
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("there is no column mail; its columns are created_at, email"), "{said}");
}

#[test]
fn trace_appears_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("logins.jsonl.gz");
    let target = target.to_str().unwrap();
    let strict = [&["trace", "import", "--strict"], &TABLE[..], &["-o", target]].concat();
    let output = unstuff(&strict, b"");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("unstuff: logins.csv:5: `ip`"), "{said}");
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    let output = unstuff(&[&["trace", "import"], &TABLE[..], &["-o", target]].concat(), b"");
    assert_eq!(output.status.code(), Some(0));
    let replayed = unstuff(&["replay", "--strict", "--format", "json", target], b"");
    let report: Value = serde_json::from_slice(&replayed.stdout).unwrap();
    assert_eq!(report["attempts"], 3);
}

#[test]
fn imported_log_is_replayed_and_the_report_says_what_it_cannot_show() {
    let log = std::fs::read(files().join("nginx.log")).unwrap();
    let imported = unstuff(&["trace", "import", "--from", "nginx", "-", "-o", "-"], &log);
    let replayed = unstuff(&["replay", "-"], &imported.stdout);
    let report = String::from_utf8(replayed.stdout).unwrap();
    let (_, gaps) = report.split_once("\nwhat this trace cannot show:\n").unwrap();
    assert!(gaps.contains("no line has a password (`password_sha1`, `password`)"), "{gaps}");
    assert!(gaps.contains("can never match: ip-stuffing, ip-guessing"), "{gaps}");
    assert!(gaps.contains("no line has accept-language of the fingerprint"), "{gaps}");
}

#[test]
fn log_without_a_login_exits_with_1_and_says_what_to_try() {
    let log = br#"192.0.2.1 - - [29/Nov/2026:10:34:49 +0000] "GET / HTTP/1.1" 200 5 "-" "-""#;
    let output = unstuff(&["trace", "import", "--from", "nginx", "-", "-o", "none.jsonl"], log);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("no line is a login, of 1"), "{said}");
    assert!(said.contains("give --policy with the endpoints of your logins, or --all"), "{said}");
    assert!(!files().join("none.jsonl").exists());
}
