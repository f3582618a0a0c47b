//! CPU and memory of gateways, from what `make bench` measured.

use std::fmt::Write as _;

use serde_json::Value;
use unstuff_tests::bench::root;

use crate::grouped;

/// Logins per second.
const RATES: [u32; 3] = [10, 1_000, 100_000];

/// The workers of a gateway, each of which is busy half of the time.
const WORKERS: f64 = 4.0;

/// The result in the repository, or the last part of one.
const RESULTS: [&str; 2] = ["tests/bench/results/proxy.json", "target/bench/proxy.json"];

/// The tables of CPU and memory.
pub(crate) fn markdown() -> String {
    let path = RESULTS.iter().map(|path| root().join(path)).find(|path| path.exists());
    let path = path.expect("a result of `make bench`");
    let text = std::fs::read_to_string(&path).expect("a file");
    let report: Value = serde_json::from_str(&text).expect("JSON");
    let cpu = |row| median(&report, row, "envoy_cpu_us");
    let (all, alone) = (cpu("default"), cpu("alone"));
    let mut text =
        "| logins a second | cores of Envoy | of these Unstuff's | gateways of four workers, \
                    half busy |\n|---|---|---|---|\n"
            .to_owned();
    for rate in RATES {
        let cores = |us: f64| f64::from(rate) * us / 1e6;
        let gateways = (cores(all) / (WORKERS / 2.0)).ceil();
        let shown = |cores: f64| match cores {
            0.0..1.0 => format!("{cores:.4}"),
            _ => format!("{cores:.1}"),
        };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {gateways:.0} |",
            grouped(u64::from(rate)),
            shown(cores(all)),
            shown(cores(all - alone)),
        );
    }
    let memory = |row| median(&report, row, "resident_mib");
    text += "\n| Envoy's resident memory | MiB |\n|---|---|\n";
    for (about, mib) in [
        ("alone, one worker", memory("alone")),
        ("with Unstuff, one worker, the state as full as the run leaves it", memory("default")),
        ("the same with two workers", memory("workers")),
        ("with Unstuff, one worker, its 64 MiB full", memory("full")),
        ("with Unstuff, one worker, and a filter of 100 MiB", memory("filter")),
    ] {
        let _ = writeln!(text, "| {about} | {mib:.0} |");
    }
    let said = |name: &str| report[name].as_str().unwrap_or_default().to_owned();
    let _ = writeln!(
        text,
        "\n{:.0} µs of CPU a login with Unstuff and {alone:.0} µs without, measured {} on {}, Envoy {}.",
        all,
        said("date"),
        said("machine"),
        said("envoy"),
    );
    text
}

/// The median over the rounds of a row with logins.
fn median(report: &Value, row: &str, figure: &str) -> f64 {
    let rows = report["rows"].as_array().expect("rows");
    let is_meant = |it: &&Value| it["row"] == row && it["traffic"] == "login";
    let found = rows.iter().find(is_meant).unwrap_or_else(|| panic!("no row {row}"));
    let rounds = found["rounds"].as_array().expect("rounds");
    let mut figures: Vec<f64> = rounds.iter().filter_map(|it| it[figure].as_f64()).collect();
    figures.sort_unstable_by(f64::total_cmp);
    figures[figures.len() / 2]
}
