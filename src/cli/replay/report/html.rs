//! The report as one HTML page, without scripts, fonts or anything from the network.
//!
//! Timelines share one axis, so that events at the same time are aligned. Each has a scale of its
//! own, with the peak beside it: an attack of a million attempts would flatten a school.

use std::fmt::Write as _;

use super::super::counts::LabelCounts;
use super::super::coverage::CoverageGap;
use super::super::timeline::{AttemptResult, RuleRole};
use super::axis::TimeAxis;
use super::{ReplayReport, chart, percent, utc};
use crate::format;

const STYLE: &str = include_str!("page.css");

/// Style class and name of each [`AttemptResult`], in its order.
const RESULTS: [(&str, &str); AttemptResult::COUNT] = [
    ("allow", "allowed"),
    ("annotate", "annotated"),
    ("solved", "challenged, solved"),
    ("unsolved", "challenged, stopped"),
    ("block", "blocked"),
];

/// Style class and name of each [`RuleRole`], in its order.
const ROLES: [(&str, &str); RuleRole::COUNT] = [
    ("decided", "decided the verdict"),
    ("matched", "matched; another rule decided or shadow mode"),
];

/// The report as a page.
pub(crate) fn html(report: &ReplayReport) -> String {
    let mut page = String::from(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Unstuff: replay</title>\n",
    );
    let _ = write!(page, "<style>\n{STYLE}</style>\n<body>\n<main>\n");
    page += &head(report);
    match TimeAxis::of(&report.charts.labels) {
        Some(axis) => {
            page += &labels(report);
            page += &label_charts(report, &axis);
            page += &rule_charts(report, &axis);
            page += &gaps(report);
        }
        None => {
            page += "<p>No line is an attempt at an endpoint of the policy.</p>\n";
        }
    }
    page += "</main>\n</body>\n</html>\n";
    page
}

fn head(report: &ReplayReport) -> String {
    let inputs = &report.charts.inputs;
    let span = report.charts.span.map_or_else(String::new, |(first, last)| {
        format!("{} to {} UTC · ", utc(first), utc(last))
    });
    let line = format!(
        "<h1>Replay</h1>\n<p>{span}policy {} · filter {}</p>\n",
        escaped(&inputs.policy),
        escaped(&inputs.filter)
    );
    let stopped: u64 = report.labels.values().map(|label| label.stopped).sum();
    let state =
        format!("{} of {}", format::bytes(report.state.bytes), format::bytes(report.state.ceiling));
    let figures = [
        (count(report.attempts), "attempts"),
        (count(stopped), "stopped"),
        (count(report.unmatched), "at no endpoint"),
        (count(report.bad_lines), "bad lines"),
        (state, "state"),
        (count(report.state.evictions), "evictions"),
    ];
    let figure =
        |(value, name): &(String, &str)| format!("<div><b>{value}</b><span>{name}</span></div>");
    let figures: String = figures.iter().map(figure).collect();
    format!("{line}<div class=\"figures\">{figures}</div>\n")
}

fn labels(report: &ReplayReport) -> String {
    let heads = [
        "label",
        "attempts",
        "stopped",
        "blocked",
        "challenged",
        "annotated",
        "allowed",
        "successes",
        "successes stopped",
        "first stop after",
    ];
    let heads: String = heads.iter().map(|head| format!("<th scope=\"col\">{head}</th>")).collect();
    let mut rows = String::new();
    for (name, label) in &report.labels {
        let cells = [
            escaped(name),
            count(label.attempts),
            stopped(label),
            count(label.block),
            count(label.challenge),
            count(label.annotate),
            count(label.allow),
            count(label.successes),
            count(label.successes_stopped),
            label.before_first_stop.map_or_else(|| "never".to_owned(), count),
        ];
        let cells: String = cells.iter().map(|cell| format!("<td>{cell}</td>")).collect();
        let _ = writeln!(rows, "<tr>{cells}</tr>");
    }
    format!(
        "<h2>Labels</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Labels\">\
         <table>\n<tr>{heads}</tr>\n{rows}</table></div>\n"
    )
}

/// The share of attempts that were stopped, with a bar.
fn stopped(label: &LabelCounts) -> String {
    let share = label.stopped as f64 * 100.0 / label.attempts.max(1) as f64;
    format!(
        "{} %<span class=\"share\"><i style=\"width:{share:.2}%\"></i></span>",
        escaped(&percent(label.stopped, label.attempts))
    )
}

fn label_charts(report: &ReplayReport, axis: &TimeAxis) -> String {
    let timeline = &report.charts.labels;
    let classes = RESULTS.map(|(class, _)| class);
    let bucket = axis.bucket();
    let mut page = format!(
        "<h2>Verdicts over time</h2>\n<p>Attempts per {bucket}, in UTC. Each chart has a scale of \
         its own; its peak is given beside it.</p>\n{}",
        legend(&RESULTS)
    );
    let all = count(report.attempts);
    page += &chart_row("chart all", "all labels", &all, &timeline.total(), axis, classes);
    for (series, (name, label)) in report.labels.iter().enumerate() {
        page +=
            &chart_row("chart", name, &count(label.attempts), timeline.of(series), axis, classes);
    }
    page + &axis.html()
}

fn rule_charts(report: &ReplayReport, axis: &TimeAxis) -> String {
    let timeline = &report.charts.rules;
    let classes = ROLES.map(|(class, _)| class);
    let mut page = format!("<h2>Rules over time</h2>\n{}", legend(&ROLES));
    for (series, (name, rule)) in
        report.rules.iter().enumerate().filter(|(_, it)| it.1.has_matched())
    {
        let decided = format!("{} of {} decided", count(rule.decided), count(rule.matched));
        page += &chart_row("chart", name, &decided, timeline.of(series), axis, classes);
    }
    page += &axis.html();
    if let Some(never) = report.never_matched() {
        let _ = writeln!(page, "<p>Never matched: {}.</p>", escaped(&never));
    }
    page
}

/// What the trace does not show; nothing if it has all that the policy asks for.
fn gaps(report: &ReplayReport) -> String {
    let gap = |gap: &CoverageGap| {
        let never = match gap.never_matching.join(", ") {
            none if none.is_empty() => String::new(),
            rules => format!("<br>Can never match: {}.", escaped(&rules)),
        };
        format!("<li>{}{never}</li>\n", escaped(&gap.about))
    };
    let all: String = report.gaps.iter().map(gap).collect();
    if all.is_empty() {
        return all;
    }
    format!("<h2>What this trace cannot show</h2>\n<ul>\n{all}</ul>\n")
}

fn chart_row<const N: usize>(
    class: &str,
    name: &str,
    details: &str,
    buckets: &[[u32; N]],
    axis: &TimeAxis,
    classes: [&str; N],
) -> String {
    let peak = chart::peak(buckets);
    let name = escaped(name);
    let details = format!("{details}, peak {}", count(peak));
    let svg = chart::stacked(buckets, axis, peak, classes, &format!("{name}: {details}"));
    format!(
        "<div class=\"{class}\"><div class=\"name\">{name}<span>{details}</span></div>{svg}</div>\n"
    )
}

fn legend(entries: &[(&str, &str)]) -> String {
    let one =
        |(class, name): &(&str, &str)| format!("<span><i class=\"{class}\"></i>{name}</span>");
    let all: String = entries.iter().map(one).collect();
    format!("<div class=\"legend\">{all}</div>\n")
}

fn count(count: u64) -> String {
    format::count(count).to_string()
}

/// Labels and file names are untrusted text.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '"' => safe.push_str("&quot;"),
            _ => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped() {
        assert_eq!(escaped("<b a=\"&\">"), "&lt;b a=&quot;&amp;&quot;&gt;");
    }
}
