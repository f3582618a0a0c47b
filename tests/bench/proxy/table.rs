//! The result on a terminal, and as Markdown for the README.

use std::fmt::Write as _;

use crate::figures::{RoundFigures, RowFigures};
use crate::report::BenchReport;
use crate::traffic::Traffic;

/// The result for a terminal.
pub(crate) fn text(report: &BenchReport) -> String {
    let mut text = format!(
        "\n{}\nEnvoy {}, {}; {} rounds of {} s\n\n{:<46} {:<16} {:>8} {:>13} {:>8} {:>7} {:>7} {:>7} {:>6}\n",
        report.machine,
        report.envoy,
        report.module,
        report.rounds,
        report.seconds,
        "",
        "",
        "CPU µs",
        "(range)",
        "a second",
        "p50 µs",
        "p99 µs",
        "p99.9",
        "MiB"
    );
    for row in &report.rows {
        let (least, most) = row.cpu_range_us();
        let server = row.median(|figures| figures.server_cpu_us);
        let envoy = row.median(|figures| figures.envoy_cpu_us);
        let cpu =
            if server > 0.0 { format!("{envoy:.0}+{server:.0}") } else { format!("{envoy:.1}") };
        let _ = writeln!(
            text,
            "{:<46} {:<16} {cpu:>8} {:>13} {:>8.0} {:>7.0} {:>7.0} {:>7.0} {:>6.0}",
            row.about,
            row.traffic,
            format!("({least:.1}–{most:.1})"),
            row.median(|figures| figures.per_second),
            row.latency.p50_us,
            row.latency.p99_us,
            row.latency.p999_us,
            row.median(|figures| figures.resident_mib),
        );
    }
    text += "\n";
    for bar in &report.bars {
        let mark = if bar.is_kept() { "ok" } else { "MISSED" };
        let (what, measured, at_most) = (bar.what, bar.measured, bar.at_most);
        let _ = writeln!(text, "{what:<72} {measured:>6.2}   at most {at_most:.2}   {mark}");
    }
    if report.is_disturbed() {
        let _ = writeln!(
            text,
            "\nthe machine was busy: Envoy waited for its core up to {:.0} % of the time; measure again \
             on an idle one",
            report.waited * 100.0
        );
    }
    text
}

/// The part of the README.
pub(crate) fn markdown(report: &BenchReport) -> String {
    let mut text =
        "| | login: CPU | p50, p99, p99.9 | other requests: CPU |\n|---|---|---|---|\n".to_owned();
    for row in report.rows.iter().filter(|row| row.traffic != Traffic::Other.name()) {
        let other = report.row(row.row, Traffic::Other).map_or_else(String::new, cpu);
        let latency = &row.latency;
        let milliseconds = [latency.p50_us, latency.p99_us, latency.p999_us]
            .map(|us| format!("{:.2}", us / 1000.0))
            .join(", ");
        let is_ours = row.row == "default";
        let about = if is_ours { format!("**{}**", row.about) } else { row.about.to_owned() };
        let _ = writeln!(text, "| {about} | {} | {milliseconds} ms | {other} |", cpu(row));
    }
    text += "\n| | measured | at most |\n|---|---|---|\n";
    for bar in &report.bars {
        let _ = writeln!(text, "| {} | {:.2} | {:.2} |", bar.what, bar.measured, bar.at_most);
    }
    let _ = writeln!(
        text,
        "\nMeasured {} on {}, with Envoy {} and {}: medians of {} rounds of {} seconds. Latencies are \
         those of a thousand requests a second. [A page](tests/bench/results/proxy.html) has charts \
         and all figures.",
        report.date, report.machine, report.envoy, report.module, report.rounds, report.seconds
    );
    text
}

fn cpu(row: &RowFigures) -> String {
    let server = row.median(|figures: &RoundFigures| figures.server_cpu_us);
    let envoy = row.median(|figures| figures.envoy_cpu_us);
    match server > 0.0 {
        true => format!("{envoy:.0} + {server:.0} µs"),
        false => format!("{envoy:.0} µs"),
    }
}
