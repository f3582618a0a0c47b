//! The examples of the documentation. The tests run them as an operator copies them.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::client::{self, ClientResponse};
use crate::envoy;
use crate::request::Request;
use crate::wait::eventually;

/// The pages with examples. A heading that both have is the first one's.
const PAGES: [&str; 2] =
    [include_str!("../../docs/handover.md"), include_str!("../../docs/challenge.md")];

const INVISIBLE: &str = include_str!("../../docs/invisible.md");

const FLEET: &str = include_str!("../../docs/fleet.md");
const LIVE_LOOKUPS: &str = include_str!("../../docs/live-lookups.md");

/// The cluster that the documentation of the fleet (`limiter`) or of live lookups (`ranges`) has, as
/// YAML.
///
/// # Panics
/// If there is none.
pub fn cluster(name: &str) -> &'static str {
    let page = if name == "limiter" { FLEET } else { LIVE_LOOKUPS };
    let (_, block) = page.split_once("\n## The cluster\n\n```yaml\n").expect("a cluster");
    block.split_once("```").expect("its end").0
}

/// The first code block in this language below this heading of `docs/handover.md` or
/// `docs/challenge.md`.
///
/// # Panics
/// If there is no such block.
pub fn code(heading: &str, language: &str) -> &'static str {
    let (_, block) =
        section(heading).split_once(&format!("```{language}\n")).expect("a block of code");
    block.split_once("```").expect("its end").0
}

/// All JSON blocks below this heading, with `key` in place of the ellipsis. A block that is only
/// a member of an object gets braces.
///
/// # Panics
/// If a block is not JSON.
pub fn json(heading: &str, key: &str) -> Vec<Value> {
    let blocks =
        section(heading).split("```json\n").skip(1).filter_map(|it| it.split("```").next());
    let parse = |block: &str| {
        let block = block.replace('…', key);
        let whole = if block.starts_with('{') { block } else { format!("{{{block}}}") };
        serde_json::from_str(&whole).unwrap_or_else(|error| panic!("{error}: {whole}"))
    };
    blocks.map(parse).collect()
}

/// The block of HTML of this number in `docs/invisible.md`, from 0.
///
/// # Panics
/// If there is no such block.
pub fn invisible_html(number: usize) -> &'static str {
    let block = INVISIBLE.split("```html\n").nth(number + 1).expect("a block of HTML");
    block.split_once("```").expect("its end").0
}

fn section(heading: &str) -> &'static str {
    let heading = format!("\n## {heading}\n");
    let (_, section) =
        PAGES.iter().find_map(|page| page.split_once(&heading)).expect("the section");
    section.split("\n## ").next().unwrap_or_default()
}

/// A Python program that serves on loopback. Dropping the value ends its process.
pub struct PythonServer {
    process: Child,
    /// Holds the files of its address and its log.
    folder: TempDir,
    /// The port that it listens on.
    pub port: u16,
}

impl PythonServer {
    /// Runs the text of a program and waits for its address. The program takes a port as its
    /// argument and prints its address.
    ///
    /// # Panics
    /// If the program ends, or prints no address in time.
    pub async fn start(program: &str, environment: &[(&str, &str)]) -> Self {
        Self::run(&["-c", program], environment).await
    }

    /// Runs a file below `envoy/`, as [`start`](Self::start) does a text.
    ///
    /// # Panics
    /// If the program ends, or prints no address in time.
    pub async fn start_file(file: &str, environment: &[(&str, &str)]) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../envoy").join(file);
        Self::run(&[path.to_str().expect("text")], environment).await
    }

    async fn run(program: &[&str], environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = |name| File::create(folder.path().join(name)).expect("a file");
        let process = python()
            .args(program)
            .arg("0")
            .envs(environment.iter().copied())
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(file("address"))
            .stderr(file("log"))
            .spawn()
            .expect("python3 runs");
        let mut server = Self { process, folder, port: 0 };
        eventually("the program prints its address", || {
            let ended = server.process.try_wait().expect("its state");
            assert!(ended.is_none(), "the program ended at once: {ended:?}");
            let address = fs::read_to_string(server.folder.path().join("address"));
            let port = address
                .ok()
                .and_then(|it| it.trim().trim_end_matches('/').rsplit(':').next()?.parse().ok());
            server.port = port.unwrap_or(0);
            std::future::ready(server.port != 0)
        })
        .await;
        server
    }

    /// What the program has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Sends the program a request directly, not through Envoy.
    pub async fn send(&self, request: Request) -> ClientResponse {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        client::connect(address).await.expect("it listens").send(request).await
    }
}

/// Python with the packages of `setup/handover`, which leaves no caches beside the sources.
pub fn python() -> Command {
    let mut python = Command::new("python3");
    let packages = fs::canonicalize(envoy::target()).expect("target").join("handover/python");
    python.env("PYTHONPATH", packages).env("PYTHONDONTWRITEBYTECODE", "1");
    python
}

impl Drop for PythonServer {
    fn drop(&mut self) {
        // Both fail only if the program has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
        if std::thread::panicking() {
            eprintln!("the log of the Python program:\n{}", self.log());
        }
    }
}
