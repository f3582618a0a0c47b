//! The build of a filter from sorted text, compared with one large Bloom filter from the same text.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::measure::{self, ProcessCost};
use crate::{ListSizes, folder, lists, peers, tool};
use unstuff_tests::bench::BarChecks;

/// The bar for memory, in MiB.
const MEMORY: f64 = 64.0;
/// The number of runs. The best run counts, because other load can only add to the cost.
const RUNS: usize = 2;

/// Runs the benchmark.
pub(crate) fn run(sizes: &ListSizes, checks: &mut BarChecks) {
    let list = lists::sorted(sizes.sorted);
    let len = std::fs::metadata(&list).expect("a list").len();
    println!("\nbuilding from {} sorted keys ({} MiB of text)", sizes.sorted, len >> 20);
    println!("  {:<16} {:>8} {:>8} {:>14} {:>12}", "", "CPU s", "wall s", "keys/CPU s", "peak MiB");
    let filter = folder().join("sorted.unstuff");
    let ours = best("unstuff build", sizes.sorted, || {
        measure::run(Command::new(tool()).arg("build").arg(&list).arg("-o").arg(&filter))
    });
    for peer in peers::PEERS {
        let cost = best(peer, sizes.sorted, || peer_cost(peer, &list, sizes.sorted));
        let bar = if peer == "bloomfilter" { 2.0 } else { 1.0 };
        let ratio = format!("keys per CPU second, unstuff / {peer}");
        checks.at_least(&ratio, cost.cpu / ours.cpu, bar);
    }
    checks.at_most("memory of unstuff build, MiB", ours.peak as f64 / 2_f64.powi(20), MEMORY);
}

/// Builds a filter with the tool.
pub(crate) fn build(list: &Path, flags: &[&str], name: &str) -> PathBuf {
    let filter = folder().join(name);
    measure::run(Command::new(tool()).arg("build").arg(list).args(flags).arg("-o").arg(&filter));
    filter
}

fn peer_cost(peer: &str, list: &Path, keys: u64) -> ProcessCost {
    let this = std::env::current_exe().expect("this program");
    measure::run(Command::new(this).arg(peer).arg(list).arg(keys.to_string()))
}

fn best(name: &str, keys: u64, run: impl Fn() -> ProcessCost) -> ProcessCost {
    let runs = (0..RUNS).map(|_| run());
    let cost = runs.min_by(|a, b| a.cpu.total_cmp(&b.cpu)).expect("a run");
    println!(
        "  {name:<16} {:>8.1} {:>8.1} {:>14.0} {:>12.1}",
        cost.cpu,
        cost.wall,
        keys as f64 / cost.cpu,
        cost.peak as f64 / 2_f64.powi(20)
    );
    cost
}
