//! The report as tables that read in ten seconds: what was done to whom, which successes that
//! cost, and which rules did it.

use super::super::tally::{Label, Rule};
use super::{Report, utc};
use crate::format;

/// The report for a terminal.
pub fn text(report: &Report) -> String {
    let mut text = head(report);
    if !report.labels.is_empty() {
        for rows in [verdicts(report), successes(report), rules(report)] {
            text.push('\n');
            text += &table(&rows);
        }
    }
    if let Some(never) = report.never_held() {
        text += &format!("\nnever held: {never}\n");
    }
    text
}

/// What was replayed with what, in three lines.
fn head(report: &Report) -> String {
    let about = &report.charts.about;
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
        about.policy,
        about.filter,
        format::bytes(report.state.bytes),
        format::bytes(report.state.ceiling),
        format::count(report.state.evictions),
    )
}

fn verdicts(report: &Report) -> Vec<Vec<String>> {
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
    let row = |(name, label): (&String, &Label)| {
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

/// Of an attack these are the takeovers, of people the logins that were lost.
fn successes(report: &Report) -> Vec<Vec<String>> {
    let row = |(name, label): (&String, &Label)| {
        vec![
            printable(name),
            count(label.successes),
            count(label.successes_stopped),
            percent(label.successes_stopped, label.successes),
        ]
    };
    rows(&["LABEL", "SUCCESSES", "STOPPED", "%"], report.labels.iter().map(row))
}

fn rules(report: &Report) -> Vec<Vec<String>> {
    let held = report.rules.iter().filter(|(_, rule)| rule.held());
    let row = |(name, rule): &(String, Rule)| {
        vec![name.clone(), count(rule.matched), count(rule.decided)]
    };
    rows(&["RULE", "MATCHED", "DECIDED"], held.map(row))
}

fn rows(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Vec<Vec<String>> {
    let head = head.iter().map(|&name| name.to_owned()).collect();
    std::iter::once(head).chain(rows).collect()
}

/// Labels come from outside, and a terminal obeys what it is told.
fn printable(name: &str) -> String {
    name.replace(char::is_control, "\u{fffd}")
}

fn count(count: u64) -> String {
    format::count(count).to_string()
}

/// A share in percent, with the digits that tell 99.7 from 99.97; exact at both ends.
pub fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "-".to_owned();
    }
    let share = part as f64 * 100.0 / whole as f64;
    match share {
        _ if part == 0 => "0".to_owned(),
        _ if part == whole => "100".to_owned(),
        // A rounded "100.00" or "0.00" would hide what there is.
        _ if share > 99.995 => ">99.99".to_owned(),
        _ if share < 0.005 => "<0.01".to_owned(),
        _ => format!("{share:.2}"),
    }
}

/// Columns as wide as their widest cell: the first to the left, numbers to the right.
pub fn table(rows: &[Vec<String>]) -> String {
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
    fn a_share_is_never_rounded_to_all_or_nothing() {
        assert_eq!(percent(0, 7), "0");
        assert_eq!(percent(7, 7), "100");
        assert_eq!(percent(1, 1_000_000), "<0.01");
        assert_eq!(percent(999_999, 1_000_000), ">99.99");
        assert_eq!(percent(9_971, 10_000), "99.71");
        assert_eq!(percent(0, 0), "-");
    }

    #[test]
    fn a_label_cannot_command_the_terminal() {
        assert_eq!(printable("a\u{1b}[2J\nb"), "a\u{fffd}[2J\u{fffd}b");
    }

    #[test]
    fn columns_line_up() {
        let rows = [["A", "1,000"], ["long", "7"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(table(&rows), "A     1,000\nlong      7\n");
    }
}
