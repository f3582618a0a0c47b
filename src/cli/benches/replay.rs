//! The rate of `unstuff replay` in attempts per second, with parsing, on one core and on all.
//! The goal is a million per second and core; below 160,000 the benchmark fails: four fifths of
//! what a replay reached that kept its entries inside the engine, given up for a seam that others can read.
//!
//! `make bench-replay`, or `cargo bench -p unstuff --bench replay`. A million lines, as a gateway
//! would log them: people at homes and at shared addresses, an attack from many addresses, and
//! responses that take their time. There are more passwords than the state has room for, so
//! entries are evicted all the time. The lines come from a few multiplications and not from
//! `simulate`, so that the measurement does not change with the scenarios.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a bench may panic")]

use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::Command;

/// The best round counts, because the machine may be busy with other things.
const ROUNDS: u32 = 10;
const LINES: u64 = 1_000_000;
const LEAST: f64 = 160_000.0;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let trace = folder.path().join("million.jsonl");
    let mut file = BufWriter::new(std::fs::File::create(&trace).expect("a trace"));
    for number in 0..LINES {
        writeln!(file, "{}", line(number)).expect("a disk with room");
    }
    file.flush().expect("a disk with room");
    let tool = env!("CARGO_BIN_EXE_unstuff");
    let (mut one, mut all) = (0.0_f64, 0.0_f64);
    for _ in 0..ROUNDS {
        one = one.max(replay(Command::new("taskset").args(["--cpu-list", "0", tool]), &trace));
        all = all.max(replay(&mut Command::new(tool), &trace));
    }
    println!("{LINES} attempts, the best of {ROUNDS} rounds:");
    println!("{one:9.0} attempts per second on one core");
    println!("{all:9.0} attempts per second on all cores");
    // Without its allocator the tool is measured for comparison only.
    assert!(
        one >= LEAST || cfg!(not(feature = "mimalloc")),
        "slower than {LEAST:.0} per second and core"
    );
}

fn replay(tool: &mut Command, trace: &Path) -> f64 {
    let output = tool.args(["replay", "--format", "json"]).arg(trace).output();
    let output = output.expect("the tool runs, and taskset is there (util-linux)");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a report");
    report["attempts_per_second"].as_f64().expect("a number")
}

/// Line `number`. Multiplying by the golden ratio spreads numbers, so neighbours share nothing.
fn line(number: u64) -> String {
    let mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
    let (who, what) = (mixed % 60_000, mixed >> 20);
    let attack = what % 3 == 0;
    let ip = if attack { what % 25_000 } else { who % 40_000 };
    let (high, low) = (ip >> 8, ip & 0xFF);
    let status = if attack || what % 5 == 0 { 401 } else { 200 };
    let (net, label) = if attack { (203, "attack/pool") } else { (198, "benign/home") };
    format!(
        "{{\"time\":{:.3},\"ip\":\"{net}.{}.{}.{low}\",\"user\":\"person{who}@example.com\",\
         \"password_sha1\":\"{:040x}\",\"breached\":{},\"headers\":{{\"user-agent\":\"Mozilla/5.0 \
         (X11; Linux x86_64; rv:{}.0) Gecko/20100101 Firefox/128.0\",\"accept-language\":\
         \"en-GB,en;q=0.5\"}},\"status\":{status},\"response_ms\":{},\"label\":\"{label}\"}}",
        1_766_000_000.0 + number as f64 * 0.02,
        18 + (high >> 8),
        high & 0xFF,
        u128::from(mixed) * u128::from(u64::MAX),
        what % 2 == 0,
        120 + what % 9,
        100 + what % 400,
    )
}
