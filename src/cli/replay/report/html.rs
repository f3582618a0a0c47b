//! The report as one page that needs nothing else: no script, no font, no network.
//!
//! Time lines share one axis, so that what happened at once stands one below the other.
//! Each has its own height, said beside it: an attack of a million would flatten a school.

use std::fmt::Write as _;

use super::super::tally::Label;
use super::super::timeline::{Fate, Touch};
use super::axis::Axis;
use super::{Report, chart, percent, utc};
use crate::format;

const STYLE: &str = include_str!("page.css");

/// Class and name of each [`Fate`], in its order.
const FATES: [(&str, &str); Fate::COUNT] = [
    ("allow", "allowed"),
    ("annotate", "annotated"),
    ("solved", "challenged, solved"),
    ("unsolved", "challenged, stopped"),
    ("block", "blocked"),
];

/// Class and name of each [`Touch`], in its order.
const TOUCHES: [(&str, &str); Touch::COUNT] =
    [("decided", "decided the verdict"), ("matched", "held, another rule decided or in shadow")];

/// The report for a browser.
pub fn html(report: &Report) -> String {
    let mut page = String::from(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Unstuff: replay</title>\n",
    );
    let _ = write!(page, "<style>\n{STYLE}</style>\n<body>\n<main>\n");
    page += &head(report);
    match Axis::of(&report.charts.labels) {
        Some(axis) => {
            page += &labels(report);
            page += &label_charts(report, &axis);
            page += &rule_charts(report, &axis);
        }
        None => {
            page += "<p>No line is an attempt at an endpoint of the policy.</p>\n";
        }
    }
    page += "</main>\n</body>\n</html>\n";
    page
}

fn head(report: &Report) -> String {
    let about = &report.charts.about;
    let span = report.charts.span.map_or_else(String::new, |(first, last)| {
        format!("{} to {} UTC · ", utc(first), utc(last))
    });
    let line = format!(
        "<h1>Replay</h1>\n<p>{span}policy {} · filter {}</p>\n",
        escaped(&about.policy),
        escaped(&about.filter)
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

fn labels(report: &Report) -> String {
    let heads = [
        "label",
        "attempts",
        "stopped",
        "blocked",
        "challenged",
        "annotated",
        "allowed",
        "successes",
        "of these stopped",
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

/// A share with a bar.
fn stopped(label: &Label) -> String {
    let share = label.stopped as f64 * 100.0 / label.attempts.max(1) as f64;
    format!(
        "{} %<span class=\"share\"><i style=\"width:{share:.2}%\"></i></span>",
        escaped(&percent(label.stopped, label.attempts))
    )
}

fn label_charts(report: &Report, axis: &Axis) -> String {
    let timeline = &report.charts.labels;
    let classes = FATES.map(|(class, _)| class);
    let bucket = axis.bucket();
    let mut page = format!(
        "<h2>Verdicts over time</h2>\n<p>Attempts per {bucket}, in UTC. Each chart has a height of \
         its own: its peak stands beside it.</p>\n{}",
        legend(&FATES)
    );
    let all = count(report.attempts);
    page += &row("chart all", "everything", &all, &timeline.total(), axis, classes);
    for (series, (name, label)) in report.labels.iter().enumerate() {
        page += &row("chart", name, &count(label.attempts), timeline.of(series), axis, classes);
    }
    page + &axis.html()
}

fn rule_charts(report: &Report, axis: &Axis) -> String {
    let timeline = &report.charts.rules;
    let classes = TOUCHES.map(|(class, _)| class);
    let mut page = format!("<h2>Rules over time</h2>\n{}", legend(&TOUCHES));
    for (series, (name, rule)) in report.rules.iter().enumerate().filter(|(_, it)| it.1.held()) {
        let decided = format!("{} of {} decided", count(rule.decided), count(rule.matched));
        page += &row("chart", name, &decided, timeline.of(series), axis, classes);
    }
    page += &axis.html();
    if let Some(never) = report.never_held() {
        let _ = writeln!(page, "<p>Never held: {}.</p>", escaped(&never));
    }
    page
}

fn row<const N: usize>(
    class: &str,
    name: &str,
    about: &str,
    buckets: &[[u32; N]],
    axis: &Axis,
    classes: [&str; N],
) -> String {
    let peak = chart::peak(buckets);
    let name = escaped(name);
    let about = format!("{about}, peak {}", count(peak));
    let svg = chart::stacked(buckets, axis, peak, classes, &format!("{name}: {about}"));
    format!(
        "<div class=\"{class}\"><div class=\"name\">{name}<span>{about}</span></div>{svg}</div>\n"
    )
}

fn legend(kinds: &[(&str, &str)]) -> String {
    let one =
        |(class, name): &(&str, &str)| format!("<span><i class=\"{class}\"></i>{name}</span>");
    let all: String = kinds.iter().map(one).collect();
    format!("<div class=\"legend\">{all}</div>\n")
}

fn count(count: u64) -> String {
    format::count(count).to_string()
}

/// Labels and file names come from outside.
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
    fn a_label_cannot_write_into_the_page() {
        assert_eq!(escaped("<b a=\"&\">"), "&lt;b a=&quot;&amp;&quot;&gt;");
    }
}
