//! The result as one HTML page, without scripts, fonts or anything from the network.

use std::fmt::Write as _;

use crate::chart::{self, ChartBar};
use crate::figures::RowFigures;
use crate::report::BenchReport;
use crate::traffic::Traffic;

const STYLE: &str = include_str!("page.css");

/// The result as a page.
pub(crate) fn html(report: &BenchReport) -> String {
    let mut page = String::from(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Unstuff: what it costs in Envoy</title>\n",
    );
    let _ = write!(
        page,
        "<style>\n{STYLE}</style>\n<body>\n<main>\n<h1>What Unstuff costs in Envoy</h1>\n\
         <p>{} · {} · Envoy {} · {} · {} rounds of {} s</p>\n",
        report.date, report.machine, report.envoy, report.module, report.rounds, report.seconds
    );
    page += &bars(report);
    page += &charts(report);
    page += &table(report);
    page + "</main>\n</body>\n</html>\n"
}

fn bars(report: &BenchReport) -> String {
    let mut rows = String::new();
    for bar in &report.bars {
        let (class, said) = if bar.is_kept() { ("kept", "kept") } else { ("missed", "missed") };
        let _ = writeln!(
            rows,
            "<tr><td>{}</td><td>{:.2}</td><td>{:.2}</td><td class=\"{class}\">{said}</td></tr>",
            bar.what, bar.measured, bar.at_most
        );
    }
    scrolled(
        "Bars",
        "<tr><th>ratio of CPU</th><th>measured</th><th>at most</th><th></th></tr>",
        &rows,
    )
}

fn charts(report: &BenchReport) -> String {
    let is_other = |row: &&RowFigures| row.traffic == Traffic::Other.name();
    let logins: Vec<&RowFigures> = report.rows.iter().filter(|row| !is_other(row)).collect();
    let others: Vec<&RowFigures> = report.rows.iter().filter(is_other).collect();
    let of = |rows: &[&RowFigures], bar: fn(&RowFigures) -> ChartBar| {
        chart::bars(&rows.iter().map(|row| bar(row)).collect::<Vec<_>>())
    };
    let mut page = String::new();
    let mut section = |title: &str, about: &str, svg: String| {
        let _ = write!(page, "<h2>{title}</h2>\n<p>{about}</p>\n{svg}\n");
    };
    section(
        "CPU of a login",
        "Microseconds of the Envoy process, and of nginx behind ext_authz, per request: the median of \
         the rounds, and a line from the lowest to the highest.",
        of(&logins, cpu),
    );
    section("CPU of another request", "The same for a GET that is no login.", of(&others, cpu));
    section(
        "Logins per second",
        "As many as one worker answers, with sixteen connections.",
        of(&logins, throughput),
    );
    section(
        "Latency of a login",
        "Milliseconds at a thousand requests a second: 99 % are answered within the bar, 99.9 % \
         within its line. Half are answered at the line's begin.",
        of(&logins, latency),
    );
    page
}

fn bar(row: &RowFigures) -> ChartBar {
    let is_ours = row.about.starts_with("Unstuff");
    ChartBar { name: row.about.to_owned(), is_ours, ..ChartBar::default() }
}

fn cpu(row: &RowFigures) -> ChartBar {
    let length = row.median(|figures| figures.envoy_cpu_us);
    let added = row.median(|figures| figures.server_cpu_us);
    let value = format!("{:.0} µs", length + added);
    ChartBar { length, added, range: row.cpu_range_us(), value, ..bar(row) }
}

fn throughput(row: &RowFigures) -> ChartBar {
    let of = |pick: fn(f64, f64) -> f64, from| {
        row.rounds.iter().map(|round| round.per_second).fold(from, pick)
    };
    let length = row.median(|figures| figures.per_second);
    let range = (of(f64::min, f64::INFINITY), of(f64::max, 0.0));
    ChartBar { length, range, value: format!("{length:.0}"), ..bar(row) }
}

fn latency(row: &RowFigures) -> ChartBar {
    let [p50, p99, p999] =
        [row.latency.p50_us, row.latency.p99_us, row.latency.p999_us].map(|us| us / 1000.0);
    let value = format!("{p50:.2}, {p99:.2}, {p999:.2} ms");
    ChartBar { length: p99, range: (p50, p999), value, ..bar(row) }
}

fn table(report: &BenchReport) -> String {
    let heads = [
        "row",
        "request",
        "CPU µs",
        "lowest",
        "highest",
        "nginx µs",
        "a second",
        "p50 µs",
        "p99 µs",
        "p99.9 µs",
        "connections",
        "MiB",
    ];
    let heads: String = heads.iter().map(|head| format!("<th>{head}</th>")).collect();
    let mut rows = String::new();
    for row in &report.rows {
        let (least, most) = row.cpu_range_us();
        let _ = writeln!(
            rows,
            "<tr><td>{}</td><td>{}</td><td>{:.1}</td><td>{least:.1}</td><td>{most:.1}</td><td>{:.1}</td>\
             <td>{:.0}</td><td>{:.0}</td><td>{:.0}</td><td>{:.0}</td><td>{:.2}</td><td>{:.0}</td></tr>",
            row.about,
            row.traffic,
            row.median(|figures| figures.envoy_cpu_us),
            row.median(|figures| figures.server_cpu_us),
            row.median(|figures| figures.per_second),
            row.latency.p50_us,
            row.latency.p99_us,
            row.latency.p999_us,
            row.median(|figures| figures.connections),
            row.median(|figures| figures.resident_mib),
        );
    }
    format!(
        "<h2>All figures</h2>\n{}",
        scrolled("All figures", &format!("<tr>{heads}</tr>"), &rows)
    )
}

fn scrolled(label: &str, heads: &str, rows: &str) -> String {
    format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{label}\">\
         <table>\n{heads}\n{rows}</table></div>\n"
    )
}
