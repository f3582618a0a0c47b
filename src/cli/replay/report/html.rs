//! The report as one page that needs nothing else: no script, no font, no network.
//!
//! Time lines share one axis, so that what happened at once stands one below the other.
//! Each has its own height, said beside it: an attack of a million would flatten a school.

use std::fmt::Write as _;

use unstuff_engine::time::Millis;

use super::super::tally::Label;
use super::super::timeline::{Fate, Timeline, Touch};
use super::{Report, chart, percent, utc};
use crate::human;

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
    let _ = write!(page, "<style>\n{STYLE}</style>\n<body>\n");
    page += &head(report);
    page += &labels(report);
    page += &label_charts(report);
    page += &rule_charts(report);
    page += "</body>\n</html>\n";
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
        format!("{} of {}", human::bytes(report.state.bytes), human::bytes(report.state.ceiling));
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
    let heads: String = heads.iter().map(|head| format!("<th>{head}</th>")).collect();
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
        "<h2>Labels</h2>\n<div class=\"scroll\"><table>\n<tr>{heads}</tr>\n{rows}</table></div>\n"
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

fn label_charts(report: &Report) -> String {
    let timeline = &report.charts.labels;
    let total = timeline.total();
    let classes = FATES.map(|(class, _)| class);
    let mut page = format!("<h2>Verdicts over time</h2>\n{}", legend(&FATES));
    page += &row("all", "everything", &total, total.len(), classes, &per(timeline));
    for (series, (name, _)) in report.labels.iter().enumerate() {
        page += &row("", name, timeline.of(series), total.len(), classes, &per(timeline));
    }
    page + &axis(timeline, total.len())
}

fn rule_charts(report: &Report) -> String {
    // On the axis of the labels: rules may have begun to hold hours later.
    let all = report.charts.labels.total();
    let timeline = &report.charts.rules;
    let classes = TOUCHES.map(|(class, _)| class);
    let mut page = format!("<h2>Rules over time</h2>\n{}", legend(&TOUCHES));
    let mut never = Vec::new();
    for (series, (name, counts)) in report.rules.iter().enumerate() {
        if counts.matched == 0 {
            never.push(name.as_str());
            continue;
        }
        let decided = format!("{name} ({} decided)", human::count(counts.decided));
        page += &row("", &decided, timeline.of(series), all.len(), classes, &per(timeline));
    }
    page += &axis(&report.charts.labels, all.len());
    if !never.is_empty() {
        let _ = writeln!(page, "<p>Never held: {}.</p>", escaped(&never.join(", ")));
    }
    page
}

fn row<const N: usize>(
    class: &str,
    name: &str,
    buckets: &[[u32; N]],
    width: usize,
    classes: [&str; N],
    per: &str,
) -> String {
    let peak = chart::peak(buckets);
    let name = escaped(name);
    let most = format!("at most {} {per}", human::count(peak));
    let svg = chart::stacked(buckets, width, peak, classes, &format!("{name}: {most}"));
    format!(
        "<div class=\"chart {class}\"><div class=\"name\">{name}<span>{most}</span></div>{svg}</div>\n"
    )
}

fn legend(kinds: &[(&str, &str)]) -> String {
    let one =
        |(class, name): &(&str, &str)| format!("<span><i class=\"{class}\"></i>{name}</span>");
    let all: String = kinds.iter().map(one).collect();
    format!("<div class=\"legend\">{all}</div>\n")
}

/// Five times, evenly spread over the width.
fn axis<const N: usize>(timeline: &Timeline<N>, buckets: usize) -> String {
    let (start, width) = timeline.scale();
    let at = |quarter: u64| {
        let since = (buckets as u64).saturating_mul(width) / 4 * quarter;
        format!("<span>{}</span>", utc(Millis(start.0.saturating_add(since))))
    };
    let times: String = (0..=4).map(at).collect();
    format!("<div class=\"axis\"><div>{times}</div></div>\n")
}

/// What a bucket is: `in 512 s`.
fn per<const N: usize>(timeline: &Timeline<N>) -> String {
    let (_, width) = timeline.scale();
    match width / 1000 {
        1 => "a second".to_owned(),
        seconds if seconds < 120 => format!("in {seconds} s"),
        seconds => format!("in {} min", (seconds + 30) / 60),
    }
}

fn count(count: u64) -> String {
    human::count(count).to_string()
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

    #[test]
    fn the_page_needs_nothing_from_elsewhere() {
        for reference in ["http", "url(", "@import", "src="] {
            assert!(!STYLE.contains(reference), "{reference}");
        }
    }
}
