//! The pages that an operator follows: their commands work in the order in which they stand there,
//! and print what the page says.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::os::unix::fs::symlink;
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use unstuff_tests::envoy;

use crate::{root, run_in, task_exists};

#[test]
fn the_quick_start_does_what_it_says() {
    let demo = Demo::start();
    follow("quick-start", |command| {
        let command = command.replace("http://127.0.0.1:10000/login", &demo.login);
        command.replace("$(cat setup/envoy.version)", &envoy::version())
    });
    // Nobody reads its output any more.
    assert!(demo.end().success(), "the demo ends when it is told to");
}

#[test]
fn the_guide_from_shadow_to_enforce_prints_what_it_says() {
    follow("tuning", str::to_owned);
}

/// The second of the README's two commands replays what the first has recorded.
#[test]
fn the_demos_own_traffic_is_replayed_against_another_policy() {
    let demo = Command::new(env!("CARGO_BIN_EXE_demo")).output().expect("the demo runs");
    let said = String::from_utf8_lossy(&demo.stderr).into_owned();
    assert!(demo.status.success(), "{said}");
    let readme = fs::read_to_string(root().join("README.md")).expect("the README");
    let commands: Vec<&str> =
        readme.lines().filter(|line| line.contains("target/demo/envoy.log")).collect();
    let [command] = commands[..] else { panic!("one command, not {commands:?}") };
    assert!(said.contains(command), "the demo tells the same command: {said}");
    let report = run_in(&root(), &format!("{command} --format json"));
    assert!(report.status.success(), "{report:#?}");
    // Its access log stands among the lines.
    assert!(!String::from_utf8_lossy(&report.stderr).contains("bad line"), "{report:#?}");
    let report: serde_json::Value = serde_json::from_slice(&report.stdout).expect("JSON");
    assert_eq!(report["attempts"], 206);
    let labels = report["labels"].as_object().expect("labels");
    let stopped = labels.values().filter_map(|label| label["stopped"].as_u64());
    assert_eq!(stopped.sum::<u64>(), 195, "all but five of the 200 stolen logins: {report:#}");
    let verified = "target/release/unstuff audit verify --policy target/demo/policy.json target/demo/envoy.log";
    let verified = run_in(&root(), verified);
    assert!(verified.status.success(), "{verified:#?}");
}

/// Writes a page's files and runs its commands, in a folder of their own.
fn follow(page: &str, adapt: impl Fn(&str) -> String) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for name in ["envoy", "setup", "target"] {
        symlink(root().join(name), folder.path().join(name)).expect("a link");
    }
    let text = fs::read_to_string(root().join("docs").join(format!("{page}.md"))).expect("a page");
    let mut printed = String::new();
    for Block { kind, text } in blocks(&text) {
        let file = kind.strip_prefix("json title=\"").and_then(|name| name.strip_suffix('"'));
        match (kind, file) {
            (_, Some(file)) => fs::write(folder.path().join(file), text).expect("a file"),
            ("", _) => printed = text.lines().map(|line| output(&folder, line, &adapt)).collect(),
            ("text", _) => prints(&printed, &text),
            _ => panic!("{page}: ```{kind}: nothing holds such a block; add a way to do it here"),
        }
    }
}

/// What a command of a page prints.
fn output(folder: &TempDir, command: &str, adapt: impl Fn(&str) -> String) -> String {
    if command.starts_with("make ") {
        task_exists(command);
        return String::new();
    }
    let output = run_in(folder.path(), &adapt(command));
    assert!(output.status.success(), "`{command}`: {output:#?}");
    String::from_utf8(output.stdout).expect("text")
}

/// The page shows lines of what was printed, `…` in place of those that it leaves out.
fn prints(printed: &str, shown: &str) {
    let mut rest = printed;
    for part in shown.split("…\n") {
        let found = rest.split_once(part.trim_end());
        rest = found.unwrap_or_else(|| panic!("not\n{part}\nbut\n{printed}")).1;
    }
}

/// A block of code of a page.
struct Block<'a> {
    /// What stands behind its fence: the language, and a title.
    kind: &'a str,
    /// Its lines, without the indentation of a list.
    text: String,
}

fn blocks(page: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(kind) = line.trim_start().strip_prefix("```") else { continue };
        let indent = line.len() - line.trim_start().len();
        let inside = lines.by_ref().take_while(|line| !line.trim_start().starts_with("```"));
        let text = inside.map(|line| line.get(indent..).unwrap_or_default().to_owned() + "\n");
        blocks.push(Block { kind, text: text.collect() });
    }
    blocks
}

/// What `make run` leaves running. It ends with the value.
struct Demo {
    process: Child,
    login: String,
}

impl Demo {
    fn start() -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_demo"))
            .arg("--stay")
            .stdout(Stdio::piped())
            .spawn()
            .expect("the demo runs");
        let mut line = String::new();
        let printed = process.stdout.take().expect("its output");
        BufReader::new(printed).read_line(&mut line).expect("its first line");
        let login = line.split_whitespace().find(|word| word.starts_with("http://"));
        Self { process, login: login.expect("its address").to_owned() }
    }
}

impl Demo {
    fn end(mut self) -> ExitStatus {
        self.terminate().expect("a demo that runs")
    }

    /// It ends Envoy before itself.
    fn terminate(&mut self) -> io::Result<ExitStatus> {
        // Fails only if it has ended already.
        let _ = kill_process(Pid::from_child(&self.process), Signal::TERM);
        self.process.wait()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.terminate();
    }
}
