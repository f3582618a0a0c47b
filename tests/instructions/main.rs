//! `unstuff replay` and `unstuff build` take no more instructions than they did.
//!
//! callgrind counts them, so a busy machine changes nothing: two counts differ by a few in ten
//! thousand. Another compiler makes other code of the same sources, so the counts hold for the one
//! that they were made with; with another they are printed alone. After a change that is worth
//! it, or for a new compiler, `UNSTUFF_BLESS=1 cargo test -p unstuff-tests --test instructions`
//! writes them anew.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail by panicking"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};
use unstuff_tests::envoy::target;

/// A count may be above the recorded one by this part, and not more.
const TOLERATED: f64 = 0.05;

/// Attempts of the trace.
const ATTEMPTS: u64 = 10_000;

/// Hashes of the sorted list.
const HASHES: u64 = 100_000;

/// The recorded counts.
#[derive(Serialize, Deserialize)]
struct InstructionCounts {
    /// What `rustc --version` says.
    compiler: String,
    /// Instructions by what was done.
    counts: BTreeMap<String, u64>,
}

fn recorded() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("instructions/counts.json")
}

/// Instructions of the tool with these arguments, all threads.
fn instructions(arguments: &[&str]) -> u64 {
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(target().join("release/unstuff"))
        .args(arguments)
        .output()
        .expect("valgrind; setup/valgrind installs it");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{arguments:?}: {said}");
    let collected = said.lines().find_map(|line| line.split_once("Collected : "));
    collected.and_then(|(_, count)| count.trim().parse().ok()).unwrap_or_else(|| panic!("{said}"))
}

/// Attempt `number` of a trace: people, and a pool of addresses that fails at their accounts.
/// Multiplying by the golden ratio spreads numbers, so neighbours share nothing.
fn attempt(number: u64) -> String {
    let mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
    let (who, what) = (mixed % 6_000, mixed >> 20);
    let is_attack = what % 3 == 0;
    let (net, label) = if is_attack { (203, "attack/pool") } else { (198, "benign/home") };
    let ip = if is_attack { what % 2_500 } else { who };
    let status = if is_attack || what % 5 == 0 { 401 } else { 200 };
    let (time, high, low) = (1_760_000_000 + number / 4, ip >> 8, ip & 0xFF);
    format!(
        "{{\"time\":{time},\"ip\":\"{net}.51.{high}.{low}\",\"user\":\"user-{who}\",\
         \"password\":\"pass-{what}\",\"headers\":{{\"user-agent\":\"Mozilla/5.0 (X11; Linux x86_64) \
         Firefox/146.0\",\"accept-language\":\"en\"}},\"status\":{status},\"response_ms\":120,\
         \"label\":\"{label}\"}}\n"
    )
}

/// A list in the format of Have I Been Pwned, in order.
fn hash_list() -> String {
    let step = u64::MAX / HASHES;
    let mut list = String::new();
    for number in 0..HASHES {
        let leading = number * step;
        let middle = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let (low, count) = (middle >> 32, number % 7 + 1);
        let _ = write!(list, "{leading:016X}{middle:016X}{low:08X}:{count}\r\n");
    }
    list
}

fn count_all() -> BTreeMap<String, u64> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let (trace, list, filter) = (path("trace.jsonl"), path("list.txt"), path("list.unstuff"));
    std::fs::write(&trace, (0..ATTEMPTS).map(attempt).collect::<String>()).expect("a file");
    std::fs::write(&list, hash_list()).expect("a file");
    let starter = Path::new(env!("CARGO_MANIFEST_DIR")).join("../filters/starter.txt");
    let starter = starter.to_str().expect("UTF-8");
    let build = ["build", "--date", "2026-01-01", "-o", &filter];
    let replay = ["replay", "--format", "json", &trace];
    [
        (format!("replay of {ATTEMPTS} attempts"), instructions(&replay)),
        (format!("build of {HASHES} hashes"), instructions(&[&build[..], &[&list]].concat())),
        (
            "build of the starter list".to_owned(),
            instructions(&[&build[..], &["--passwords", starter]].concat()),
        ),
    ]
    .into()
}

#[test]
fn replay_and_build_take_no_more_instructions_than_they_did() {
    let version = Command::new("rustc").arg("--version").output().expect("rustc").stdout;
    let compiler = String::from_utf8_lossy(&version).trim().to_owned();
    let counts = count_all();
    if std::env::var_os("UNSTUFF_BLESS").is_some() {
        let text = serde_json::to_string_pretty(&InstructionCounts { compiler, counts });
        std::fs::write(recorded(), text.expect("JSON") + "\n").expect("a file");
        return;
    }
    let text = std::fs::read_to_string(recorded()).expect("instructions/counts.json");
    let known: InstructionCounts = serde_json::from_str(&text).expect("counts");
    let mut above = Vec::new();
    for (what, count) in &counts {
        let before = known.counts[what];
        let ratio = *count as f64 / before as f64;
        println!("{what}: {count} instructions, {ratio:.3} times the recorded {before}");
        if ratio > 1.0 + TOLERATED {
            above.push(format!("{what}: {count}, recorded are {before}"));
        }
    }
    let is_comparable = known.compiler == compiler;
    assert!(above.is_empty() || !is_comparable, "more instructions:\n{}", above.join("\n"));
    if !is_comparable {
        println!("not held: recorded with {}, this is {compiler}", known.compiler);
    }
}
