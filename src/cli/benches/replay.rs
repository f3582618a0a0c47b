//! How many attempts `unstuff replay` gets through in a second, and in a second of one core's
//! time, all its threads together and parsing included: the aim is a million a core, 200,000
//! the least.
//!
//! `cargo bench -p unstuff --bench replay`. A million lines as a gateway would log them:
//! people on homes and shared addresses, an attack from many addresses, answers that take
//! their time. Made by a few multiplications and not by `simulate`, so that what is measured
//! stays the same while scenarios change.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a bench may panic")]

use std::io::{BufWriter, Write as _};
use std::process::Command;

use nix::sys::resource::{UsageWho, getrusage};

const ROUNDS: u32 = 5;
const LINES: u64 = 1_000_000;
const LEAST: f64 = 200_000.0;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let trace = folder.path().join("million.jsonl");
    let mut file = BufWriter::new(std::fs::File::create(&trace).expect("a trace"));
    for number in 0..LINES {
        writeln!(file, "{}", line(number)).expect("a disk with room");
    }
    file.flush().expect("a disk with room");
    let (mut best, mut best_of_a_core) = (0.0_f64, 0.0_f64);
    for _ in 0..ROUNDS {
        let before = core_seconds();
        let output = Command::new(env!("CARGO_BIN_EXE_unstuff"))
            .args(["replay", "--format", "json"])
            .arg(&trace)
            .output()
            .expect("the tool runs");
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a report");
        best = best.max(report["attempts_per_second"].as_f64().expect("a number"));
        best_of_a_core = best_of_a_core.max(LINES as f64 / (core_seconds() - before));
    }
    println!("the best of {ROUNDS} rounds of {LINES} attempts:");
    println!("{best:9.0} attempts a second");
    println!("{best_of_a_core:9.0} attempts a second of one core's time");
    assert!(best_of_a_core >= LEAST, "slower than {LEAST:.0} a second and core");
}

/// The time that cores have spent on processes that this one waited for.
fn core_seconds() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the system counts it");
    [usage.user_time(), usage.system_time()]
        .map(|time| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6)
        .iter()
        .sum()
}

/// Line `number`; spread by the golden ratio, so neighbours have nothing in common.
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
