//! The tool under test, run as a process, with a server and a folder.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::corpus;
use crate::server::RangeServer;

/// A server, and the folder that the tool fills.
pub(crate) struct FetchWorkspace {
    pub server: RangeServer,
    pub folder: TempDir,
}

/// The result of a run: exit status, summary and standard error.
#[derive(Debug)]
pub(crate) struct FetchResult {
    pub status: Option<i32>,
    pub summary: Value,
    pub stderr: String,
}

impl FetchResult {
    /// Asserts status and counts; shows everything if they differ.
    #[track_caller]
    pub(crate) fn expect(&self, status: i32, counts: &[(&str, u64)]) -> &Self {
        assert_eq!(self.status, Some(status), "{self:#?}");
        for (name, count) in counts {
            assert_eq!(self.summary[name], *count, "{name} in {self:#?}");
        }
        self
    }

    /// The error of one failed range.
    #[track_caller]
    pub(crate) fn error(&self, prefix: &str) -> &str {
        let failures = self.summary["failures"].as_array().unwrap();
        let failure = failures.iter().find(|failure| failure["prefix"] == prefix);
        failure.unwrap_or_else(|| panic!("{prefix} did not fail in {self:#?}"))["error"]
            .as_str()
            .unwrap()
    }
}

impl FetchWorkspace {
    pub(crate) fn new() -> Self {
        Self { server: RangeServer::start(), folder: tempfile::tempdir().unwrap() }
    }

    /// Runs `unstuff fetch --json` to the end, with retries within milliseconds.
    pub(crate) fn fetch(&self, arguments: &[&str]) -> FetchResult {
        wait(self.start(arguments))
    }

    /// Starts a run.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_unstuff"));
        for proxy in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
            command.env_remove(proxy);
        }
        command.arg("fetch").arg(self.folder.path()).args(["--json", "--first-wait-ms", "2"]);
        if !arguments.contains(&"--base-url") {
            command.args(["--base-url", &self.server.base_url()]);
        }
        command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// The text of a range file; none if there is no file.
    pub(crate) fn text(&self, prefix: &str) -> Option<String> {
        text(&self.path(prefix))
    }

    pub(crate) fn path(&self, prefix: &str) -> PathBuf {
        self.folder.path().join(prefix.split_at(2).0).join(format!("{prefix}.gz"))
    }

    /// Asserts that every range file is whole and right, and counts them.
    #[track_caller]
    pub(crate) fn count_whole(&self) -> usize {
        let folders = fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let visible =
            |path: &PathBuf| !path.file_name().unwrap().to_str().unwrap().starts_with('.');
        let files = folders.filter(visible).flat_map(|folder| fs::read_dir(folder).unwrap());
        files
            .map(|entry| {
                let path = entry.unwrap().path();
                let prefix = path.file_stem().unwrap().to_str().unwrap();
                assert_eq!(text(&path).unwrap(), corpus::text(prefix, 0), "{}", path.display());
            })
            .count()
    }

    /// The temporary files that are left.
    pub(crate) fn litter(&self) -> Vec<PathBuf> {
        let own = fs::read_dir(self.folder.path().join(".fetch")).unwrap();
        let paths = own.map(|entry| entry.unwrap().path());
        paths.filter(|path| path.extension().is_some_and(|extension| extension == "part")).collect()
    }
}

/// Sends a signal with the shell's `kill`, because not every machine has it as a program.
pub(crate) fn signal(id: u32, name: &str) {
    let done = Command::new("sh").arg("-c").arg(format!("kill -{name} {id}")).status().unwrap();
    assert!(done.success());
}

/// Waits for a run to end, at most a minute.
pub(crate) fn wait(child: Child) -> FetchResult {
    let id = child.id();
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(child.wait_with_output().unwrap()));
    receiver.recv_timeout(Duration::from_secs(60)).map_or_else(
        |_| {
            signal(id, "KILL");
            panic!("still running after a minute");
        },
        |output| result_of(&output),
    )
}

fn result_of(output: &Output) -> FetchResult {
    FetchResult {
        status: output.status.code(),
        summary: serde_json::from_slice(&output.stdout).unwrap_or_default(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn text(path: &Path) -> Option<String> {
    let mut text = String::new();
    let file = fs::File::open(path).ok()?;
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    Some(text)
}
