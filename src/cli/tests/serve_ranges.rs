//! Tests of `unstuff serve-ranges` as a process.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests say what they expect by panicking")]

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;
use ureq::http::Response;
use ureq::{Agent, Body};

const RANGE: &str = "5BAA6";
const LINES: &str =
    "1E4C9B93F3F0682250B6CF8331B7EE68FD8:3\r\n1E4D0C8E0FAE2E0F5C0B2A1B6F3A7D6E5C4:1";

fn tool(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_unstuff"));
    command.arg("serve-ranges").args(arguments);
    command
}

/// A mirror of one range, on a free port of loopback.
struct Mirror {
    process: Child,
    stdout: BufReader<ChildStdout>,
    root: TempDir,
    /// The served folder below it.
    folder: PathBuf,
    address: String,
    agent: Agent,
}

impl Mirror {
    fn start() -> Self {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("ranges");
        store(&folder, LINES);
        let mut command = tool(&["--listen", "127.0.0.1:0"]);
        command.arg(&folder).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let mut said = String::new();
        stdout.read_line(&mut said).unwrap();
        let (_, address) = said.trim_end().split_once(" at ").unwrap();
        let agent = Agent::config_builder().http_status_as_error(false).build().into();
        Self { process, stdout, root, folder, address: address.to_owned(), agent }
    }

    fn get(&self, range: &str, header: (&str, &str)) -> Response<Body> {
        let url = format!("{}{range}", self.address);
        self.agent.get(url).header(header.0, header.1).call().unwrap()
    }

    fn etag(&self) -> String {
        let answer = self.get(RANGE, ("accept", "*/*"));
        answer.headers()["etag"].to_str().unwrap().to_owned()
    }

    /// Ends it by a signal. Returns its exit code, and all that it said after its first line.
    fn end(mut self, signal: &str) -> (Option<i32>, String) {
        let kill = format!("kill -{signal} {}", self.process.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        let mut said = String::new();
        self.stdout.read_to_string(&mut said).unwrap();
        self.process.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (self.process.wait().unwrap().code(), said)
    }
}

impl Drop for Mirror {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Stores the range as `unstuff fetch` does.
fn store(folder: &Path, lines: &str) {
    fs::create_dir_all(folder.join("5B")).unwrap();
    let file = File::create(folder.join("5B").join(format!("{RANGE}.gz"))).unwrap();
    let mut gzip = GzEncoder::new(file, Compression::fast());
    gzip.write_all(lines.as_bytes()).unwrap();
    gzip.finish().unwrap();
}

#[test]
fn a_range_is_served_as_it_was_downloaded_in_any_letter_case() {
    let mirror = Mirror::start();
    for range in [RANGE, "5baa6"] {
        let mut answer = mirror.get(range, ("accept", "*/*"));
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/plain");
        assert_eq!(answer.body_mut().read_to_string().unwrap(), LINES);
    }
}

#[test]
fn a_range_that_is_known_is_not_sent_again_until_it_changes() {
    let mirror = Mirror::start();
    let etag = mirror.etag();
    for known in [etag.clone(), format!("W/\"other\", {etag}")] {
        let mut answer = mirror.get(RANGE, ("if-none-match", &known));
        assert_eq!(answer.status(), 304, "{known}");
        assert_eq!(answer.body_mut().read_to_string().unwrap(), "");
    }
    store(&mirror.folder, &format!("{LINES}\r\n{:035X}:9", 1));
    assert_eq!(mirror.get(RANGE, ("if-none-match", &etag)).status(), 200);
    assert_ne!(mirror.etag(), etag);
}

#[test]
fn padding_is_added_where_it_is_asked_for() {
    let mirror = Mirror::start();
    let mut answer = mirror.get(RANGE, ("add-padding", "true"));
    let text = answer.body_mut().read_to_string().unwrap();
    assert!(text.starts_with(LINES), "{text:.200}");
    assert_eq!(text.lines().count(), 1_000);
    assert_eq!(text.lines().filter(|line| line.ends_with(":0")).count(), 998);
}

#[test]
fn head_has_the_headers_alone() {
    let mirror = Mirror::start();
    let mut answer = mirror.agent.head(format!("{}{RANGE}", mirror.address)).call().unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["etag"], mirror.etag().as_str());
    assert_eq!(answer.headers()["content-length"], LINES.len().to_string().as_str());
    assert_eq!(answer.body_mut().read_to_string().unwrap(), "");
}

#[test]
fn what_is_no_range_is_refused_and_read_from_no_file() {
    let mirror = Mirror::start();
    fs::write(mirror.root.path().join("secret"), "secret").unwrap();
    for (range, status) in [
        ("00000", 404),
        ("5BAA", 400),
        ("5BAA66", 400),
        ("5BAAX", 400),
        ("..%2Fsecret", 400),
        ("%2e%2e/secret", 400),
        ("../secret", 400),
        ("", 400),
    ] {
        let mut answer = mirror.get(range, ("accept", "*/*"));
        let text = answer.body_mut().read_to_string().unwrap();
        assert_eq!(answer.status(), status, "{range}: {text}");
        assert!(!text.contains("secret"), "{range}: {text}");
    }
    let posted = mirror.agent.post(format!("{}{RANGE}", mirror.address)).send("x").unwrap();
    assert_eq!(
        (posted.status().as_u16(), &posted.headers()["allow"]),
        (405, &"GET, HEAD".parse().unwrap())
    );
}

#[test]
fn a_damaged_range_is_an_error_and_the_others_are_served() {
    let mirror = Mirror::start();
    let damaged = mirror.folder.join("5B/5BAA7.gz");
    fs::write(damaged, b"\x1f\x8b\x08 no gzip at all, but long enough").unwrap();
    assert_eq!(mirror.get("5BAA7", ("accept", "*/*")).status(), 500);
    assert_eq!(mirror.get(RANGE, ("accept", "*/*")).status(), 200);
}

#[test]
fn it_ends_by_a_signal_in_order_and_has_logged_no_request() {
    for signal in ["INT", "TERM"] {
        let mirror = Mirror::start();
        assert_eq!(mirror.get(RANGE, ("accept", "*/*")).status(), 200);
        assert_eq!(mirror.get("00000", ("accept", "*/*")).status(), 404);
        assert_eq!(mirror.end(signal), (Some(0), String::new()), "{signal}");
    }
}

#[test]
fn a_folder_or_an_address_that_cannot_be_used_is_named() {
    let mirror = Mirror::start();
    let taken = mirror.address.trim_start_matches("http://").trim_end_matches("/range/");
    let folder = mirror.folder.to_str().unwrap();
    let nothing = tempfile::tempdir().unwrap();
    let empty = nothing.path().to_str().unwrap();
    for (arguments, named) in [
        (&["no/such/folder"][..], "no/such/folder is not a folder; `unstuff fetch no/such/folder`"),
        (&[empty], "holds no ranges; `unstuff fetch "),
        (&[folder, "--listen", taken], "cannot listen on 127.0.0.1:"),
        (&[folder, "--listen", "localhost"], "invalid value 'localhost' for '--listen"),
        (&[folder, "--listen", ":8080"], "not an IP address and a port, such as 127.0.0.1:8080"),
    ] {
        let output = tool(arguments).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(named), "{said}");
    }
}
