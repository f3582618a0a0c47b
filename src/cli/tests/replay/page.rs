//! The HTML report: self-contained, and as complete as the JSON report.

use std::process::Output;

use super::{TRACE, json, unstuff};

/// Replays under the default policy. Many of its rules never match.
fn replay(format: &str) -> Output {
    unstuff(&["replay", "--format", format, TRACE])
}

fn page() -> String {
    String::from_utf8(replay("html").stdout).expect("text")
}

#[test]
fn page_loads_nothing_from_the_network() {
    let page = page();
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
    for reference in ["http", "url(", "@import", "src=", "href=", "<link", "<script"] {
        assert!(!page.contains(reference), "{reference}");
    }
}

#[test]
fn every_label_and_every_matched_rule_has_a_chart_over_a_labelled_axis() {
    let page = page();
    let report = json(&replay("json"));
    let names = |part: &str| report[part].as_object().expect("an object").clone().into_iter();
    for (label, counts) in names("labels") {
        let attempts = counts["attempts"].as_u64().expect("a count");
        let line = format!("<div class=\"name\">{label}<span>{attempts}, peak ");
        assert!(page.contains(&line), "{line}");
    }
    for (rule, counts) in names("rules") {
        let (decided, matched) = (&counts["decided"], &counts["matched"]);
        let line = format!("<div class=\"name\">{rule}<span>{decided} of {matched} decided");
        assert_eq!(page.contains(&line), *matched != 0, "{line}");
    }
    // The trace begins at 19:33 and lasts a quarter of an hour.
    assert!(page.contains("<p>Attempts per 5 seconds, in UTC."), "{page}");
    for time in ["19:35", "19:40", "19:45"] {
        assert_eq!(page.matches(&format!(">{time}</span>")).count(), 2, "one axis each: {page}");
    }
}

#[test]
fn page_without_attempts_says_so() {
    let output = unstuff(&["replay", "--format", "html", "/dev/null"]);
    let page = String::from_utf8_lossy(&output.stdout);
    assert!(page.contains("No line is an attempt") && !page.contains("<svg"), "{page}");
}
