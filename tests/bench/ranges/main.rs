//! `make bench-ranges`: what a range of the whole corpus costs at a mirror, beside one of a thousand.
//!
//! It prints the table of docs/live-lookups.md, and writes it there. The exit code is 1 if a bar is
//! missed.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a benchmark fails by panicking"
)]

mod corpus;
mod mirror_client;

use std::process::ExitCode;
use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;
use unstuff_tests::RangeMirror;
use unstuff_tests::bench::{BarChecks, write_part};

use corpus::Corpus;
use mirror_client::MirrorClient;

/// How many ranges the mirrors have.
const RANGES: [u32; 2] = [1_000, 1 << 20];

/// Requests of a case to one mirror before the other one's turn, and how often each has a turn: what
/// else the machine does meets both alike.
const TURN: usize = 250;
const TURNS: usize = 40;

/// The most that a range may take if its file is in memory, in milliseconds.
const MEDIAN_MS: f64 = 1.0;

/// How much slower the whole corpus may be: what two runs differ by.
const RATIO: f64 = 1.2;

/// What is asked for.
struct RangeCase {
    name: &'static str,
    padded: bool,
    /// Whether the file is put out of memory before it is asked for.
    cold: bool,
}

const CASES: [RangeCase; 3] = [
    RangeCase { name: "as it is", padded: false, cold: false },
    RangeCase { name: "with `Add-Padding`", padded: true, cold: false },
    RangeCase { name: "with `Add-Padding`, from the disk", padded: true, cold: true },
];

fn main() -> ExitCode {
    let corpora = RANGES.map(Corpus::of);
    let mirrors = corpora.each_ref().map(|corpus| RangeMirror::serve(corpus.folder()));
    let mut clients = mirrors.each_ref().map(|mirror| MirrorClient::connect(mirror.port));
    corpus::warm_up();
    let mut checks = BarChecks::default();
    let mut table = String::from(
        "| a range | 1,000 ranges: p50 | p99 | 1,048,576 ranges: p50 | p99 | ratio of p50 |\n\
         |---|---|---|---|---|---|\n",
    );
    for case in CASES {
        let [few, all] = measure(&case, &corpora, &mut clients);
        let ratio = all.at(50) / few.at(50);
        let row = [few.at(50), few.at(99), all.at(50), all.at(99)].map(|it| format!("{it:.2} ms"));
        table += &format!("| {} | {} | {ratio:.2} |\n", case.name, row.join(" | "));
        checks.at_most(&format!("{}, ratio", case.name), ratio, RATIO);
        if !case.cold {
            checks.at_most(&format!("{}, milliseconds", case.name), all.at(50), MEDIAN_MS);
        }
    }
    println!("{table}");
    write_part("docs/live-lookups.md", "make bench-ranges", &table);
    checks.end()
}

/// How long the answers of a mirror took, in ascending order.
#[derive(Default)]
struct Latencies(Vec<Duration>);

impl Latencies {
    /// A percentile, in milliseconds.
    fn at(&self, percent: usize) -> f64 {
        self.0[(self.0.len() - 1) * percent / 100].as_secs_f64() * 1e3
    }
}

fn measure(
    case: &RangeCase,
    corpora: &[Corpus; 2],
    clients: &mut [MirrorClient; 2],
) -> [Latencies; 2] {
    let mut chance = Pcg64Mcg::seed_from_u64(7);
    let mut latencies = [Latencies::default(), Latencies::default()];
    for turn in 0..2 * TURNS {
        let which = turn % 2;
        for _ in 0..TURN {
            let range = corpora[which].range(chance.random());
            if case.cold {
                corpora[which].forget(range);
            }
            latencies[which].0.push(clients[which].ask(range, case.padded));
        }
    }
    latencies.map(|Latencies(mut all)| {
        all.sort_unstable();
        Latencies(all)
    })
}
