//! A running application: its preparation, its process group, its log and its end.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use unstuff_tests::{Request, client, envoy};

use crate::manifest::{AppManifest, AttemptLog, home};

/// The password of alice. It is in no list of breached passwords.
pub(crate) const RIGHT: &str = "tulip-harbour-9-rain";

/// How long `prepare` may take.
const PREPARE_BOUND_S: &str = "180";

/// How long an application serves if nobody ends it.
const SERVE_BOUND_S: &str = "1800";

/// How long an application may take to answer for the first time.
const START_BOUND: Duration = Duration::from_secs(90);

/// How long an application may take to end.
const END_BOUND: Duration = Duration::from_secs(10);

/// How often it is looked at meanwhile.
const POLL: Duration = Duration::from_millis(200);

/// An application that serves on loopback. Dropping it ends its process group.
pub(crate) struct AppServer {
    process: Child,
    state: TempDir,
    attempt_log: AttemptLog,
    /// Where it serves.
    pub address: SocketAddr,
    /// The version that it says it has.
    pub version: String,
}

impl AppServer {
    /// Prepares the application in a folder of its own, starts it and waits until it answers.
    pub(crate) async fn start(manifest: &AppManifest) -> Self {
        let state = tempfile::tempdir().expect("a folder");
        let ports = free_ports();
        let folder = home().join(&manifest.folder);
        let run = |program: &str| {
            let mut command = Command::new(program);
            surroundings(&mut command, &folder, &state, ports);
            command
        };
        let prepare = folder.join("prepare");
        if prepare.exists() {
            let output = run("timeout").arg(PREPARE_BOUND_S).arg(&prepare).output();
            let output = output.expect("prepare runs");
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{}: prepare: {said}", manifest.folder);
        }
        let output = run("bash").args(["-c", &manifest.version]).output().expect("bash runs");
        let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();

        let log = File::create(state.path().join("log")).expect("a log");
        let process = run("timeout")
            .arg(SERVE_BOUND_S)
            .arg(folder.join("serve"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("the log"))
            .stderr(log)
            // A database and its web server are one group, and end together.
            .process_group(0)
            .spawn()
            .expect("serve runs");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, ports[0]));
        let attempt_log = manifest.log.clone();
        let server = Self { process, state, attempt_log, address, version };
        server.wait_until_ready(manifest).await;
        server
    }

    async fn wait_until_ready(&self, manifest: &AppManifest) {
        let asking = async {
            loop {
                let answer = client::send_alone(self.address, Request::get(&manifest.ready)).await;
                if answer.is_some_and(|answer| answer.status < 400) {
                    return;
                }
                tokio::time::sleep(POLL).await;
            }
        };
        let answered = tokio::time::timeout(START_BOUND, asking).await.is_ok();
        assert!(answered, "{} does not answer:\n{}", manifest.folder, self.tail());
    }

    /// Everything that it has logged.
    pub(crate) fn log(&self) -> String {
        let bytes = fs::read(self.state.path().join("log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// How many attempts its own log tells of, and how many of them got in.
    pub(crate) fn attempts(&self) -> (usize, usize) {
        let log = self.log();
        let count = |text: &str| log.matches(text).count();
        let succeeded = count(&self.attempt_log.succeeded);
        (count(&self.attempt_log.failed) + succeeded, succeeded)
    }

    /// Where its files are.
    pub(crate) fn state(&self) -> PathBuf {
        self.state.path().to_owned()
    }

    fn tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }
}

impl Drop for AppServer {
    #[expect(clippy::disallowed_methods, reason = "a wait with a bound; `drop` cannot await")]
    fn drop(&mut self) {
        // JupyterHub has a proxy outside of its group, and ends it if it is asked to end itself.
        self.signal("-TERM");
        let asked = Instant::now();
        while asked.elapsed() < END_BOUND && matches!(self.process.try_wait(), Ok(None)) {
            thread::sleep(POLL);
        }
        self.signal("-KILL");
        let _ = self.process.wait();
    }
}

impl AppServer {
    /// Sends a signal to the process group. It fails only if the group has ended already.
    fn signal(&self, name: &str) {
        let group = format!("-{}", self.process.id());
        let _ = Command::new("kill").args([name, "--", &group]).stderr(Stdio::null()).status();
    }
}

/// Three ports that nothing listens on.
fn free_ports() -> [u16; 3] {
    let hold = [(); 3].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port"));
    hold.map(|listener| listener.local_addr().expect("an address").port())
}

/// What `prepare` and `serve` find in their environment.
fn surroundings(command: &mut Command, folder: &PathBuf, state: &TempDir, ports: [u16; 3]) {
    let target = fs::canonicalize(envoy::target()).expect("target").join("applications");
    command
        .env("DEBIAN", target.join("debian"))
        .env("PACKAGES", target.join("npm"))
        .env("STRAPI", target.join("strapi"))
        .env("PYTHONPATH", target.join("python"))
        // No caches of Python beside the sources.
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PASSWORD", RIGHT)
        .env("STATE", state.path())
        .env("HERE", folder);
    for (name, port) in ["PORT", "PORT_2", "PORT_3"].iter().zip(ports) {
        command.env(name, port.to_string());
    }
}
