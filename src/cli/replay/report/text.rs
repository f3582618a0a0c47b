//! The report as tables for a terminal: verdicts by label, stopped successes, and the rules that
//! matched.

use super::super::burden::PeopleBurden;
use super::super::counts::{LabelCounts, RuleCounts};
use super::super::coverage::CoverageGap;
use super::{ReplayReport, utc};
use crate::format;

/// The report for a terminal.
pub(crate) fn text(report: &ReplayReport) -> String {
    let mut text = head(report);
    if !report.labels.is_empty() {
        for rows in [verdicts(report), successes(report), rules(report)] {
            text.push('\n');
            text += &aligned(&rows);
        }
        text += &burden(report);
    }
    if let Some(never) = report.never_matched() {
        text += &format!("\nnever matched: {never}\n");
    }
    text + &gaps(&report.gaps)
}

/// What the trace does not show, each with the rules that can never match.
fn gaps(gaps: &[CoverageGap]) -> String {
    let gap = |CoverageGap { about, never_matching, .. }: &CoverageGap| match never_matching {
        none if none.is_empty() => format!("  {about}\n"),
        rules => format!("  {about}\n    can never match: {}\n", rules.join(", ")),
    };
    let all: String = gaps.iter().map(gap).collect();
    if all.is_empty() { all } else { format!("\nwhat this trace cannot show:\n{all}") }
}

/// Sizes and inputs, in three lines.
fn head(report: &ReplayReport) -> String {
    let inputs = &report.charts.inputs;
    let span = report
        .charts
        .span
        .map_or_else(String::new, |(first, last)| format!(", {} to {} UTC", utc(first), utc(last)));
    let mut head = format!(
        "{} attempts{span}, in {:.1} s ({} a second)\n",
        format::count(report.attempts),
        report.seconds,
        format::count(format::whole(report.attempts_per_second)),
    );
    if report.unmatched + report.bad_lines > 0 {
        head += &format!(
            "left out: at no endpoint {}, bad lines {}\n",
            format::count(report.unmatched),
            format::count(report.bad_lines),
        );
    }
    head + &format!(
        "policy {}, filter {}, state {} of at most {}, {} evictions\n",
        inputs.policy,
        inputs.filter,
        format::bytes(report.state.bytes),
        format::bytes(report.state.ceiling),
        format::count(report.state.evictions),
    )
}

fn verdicts(report: &ReplayReport) -> Vec<Vec<String>> {
    let head = [
        "LABEL",
        "ATTEMPTS",
        "STOPPED",
        "%",
        "BLOCKED",
        "CHALLENGED",
        "%",
        "ANNOTATED",
        "ALLOWED",
        "FIRST STOP AFTER",
    ];
    let row = |(name, label): (&String, &LabelCounts)| {
        vec![
            printable(name),
            count(label.attempts),
            count(label.stopped),
            percent(label.stopped, label.attempts),
            count(label.block),
            count(label.challenge),
            percent(label.challenge, label.attempts),
            count(label.annotate),
            count(label.allow),
            label.before_first_stop.map_or_else(|| "never".to_owned(), count),
        ]
    };
    rows(&head, report.labels.iter().map(row))
}

/// In an attack, successes are account takeovers; of people, those that were stopped are false
/// positives.
fn successes(report: &ReplayReport) -> Vec<Vec<String>> {
    let row = |(name, label): (&String, &LabelCounts)| {
        vec![
            printable(name),
            count(label.successes),
            count(label.successes_stopped),
            percent(label.successes_stopped, label.successes),
        ]
    };
    rows(&["LABEL", "SUCCESSES", "STOPPED", "%"], report.labels.iter().map(row))
}

fn rules(report: &ReplayReport) -> Vec<Vec<String>> {
    let matched = report.rules.iter().filter(|(_, rule)| rule.has_matched());
    let row = |(name, rule): &(String, RuleCounts)| {
        vec![name.clone(), count(rule.matched), count(rule.decided)]
    };
    rows(&["RULE", "MATCHED", "DECIDED"], matched.map(row))
}

/// How often people were challenged or blocked; nothing if no label is of people.
fn burden(report: &ReplayReport) -> String {
    let PeopleBurden { people, worst_hundredth, most } = report.people;
    if people == 0 {
        return String::new();
    }
    format!(
        "\n{} people; the worst-hit hundredth were challenged or blocked {worst_hundredth:.1} times \
         each, the worst-hit one {most} times\n",
        count(people)
    )
}

fn rows(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Vec<Vec<String>> {
    let head = head.iter().map(|&name| name.to_owned()).collect();
    std::iter::once(head).chain(rows).collect()
}

/// Labels are untrusted text, and control characters would command the terminal.
fn printable(name: &str) -> String {
    name.replace(char::is_control, "\u{fffd}")
}

fn count(count: u64) -> String {
    format::count(count).to_string()
}

/// A share in percent with two decimals. Only 0 and 1 are shown as `0` and `100`.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "-".to_owned();
    }
    let share = part as f64 * 100.0 / whole as f64;
    match share {
        _ if part == 0 => "0".to_owned(),
        _ if part == whole => "100".to_owned(),
        // A rounded "100.00" or "0.00" would hide the rest.
        _ if share > 99.995 => ">99.99".to_owned(),
        _ if share < 0.005 => "<0.01".to_owned(),
        _ => format!("{share:.2}"),
    }
}

/// A table whose columns are as wide as their widest cell: the first is aligned left, the others
/// right.
pub(crate) fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width =
        |column: usize| rows.iter().filter_map(|row| Some(row.get(column)?.chars().count())).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let cells =
            row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| match column {
                0 => format!("{cell:<width$}"),
                _ => format!("  {cell:>width$}"),
            });
        text.push_str(cells.collect::<String>().trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn share_is_never_rounded_to_0_or_100() {
        assert_eq!(percent(0, 7), "0");
        assert_eq!(percent(7, 7), "100");
        assert_eq!(percent(1, 1_000_000), "<0.01");
        assert_eq!(percent(999_999, 1_000_000), ">99.99");
        assert_eq!(percent(9_971, 10_000), "99.71");
        assert_eq!(percent(0, 0), "-");
    }

    #[test]
    fn control_characters_in_labels_are_replaced() {
        assert_eq!(printable("a\u{1b}[2J\nb"), "a\u{fffd}[2J\u{fffd}b");
    }

    #[test]
    fn columns_are_aligned() {
        let rows = [["A", "1,000"], ["long", "7"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(aligned(&rows), "A     1,000\nlong      7\n");
    }
}
