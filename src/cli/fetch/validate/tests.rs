//! Tests of which bodies are accepted, and of the errors for the others.

use super::*;

/// `count` suffixes spread evenly, as text.
fn even(count: u128) -> Vec<String> {
    (0..count).map(|i| format!("{:032X}ABC:{}", i * (u128::MAX / count), i + 1)).collect()
}

fn check_lines(lines: &[String]) -> Result<Suffix, InvalidRange> {
    check(lines.join("\r\n").as_bytes())
}

#[test]
fn range_is_accepted_with_and_without_a_last_line_end() {
    let lines = even(1000);
    let first = Suffix::parse(&lines[0].as_bytes()[..35]);
    assert!(check_lines(&lines).ok() == first);
    assert!(check(format!("{}\n", lines.join("\n")).as_bytes()).ok() == first);
    assert!(check(format!("{}\r\n", lines.join("\r\n")).as_bytes()).ok() == first);
}

#[test]
fn invalid_range_is_refused_with_the_line_number() {
    let good = "0123456789ABCDEF0123456789ABCDEF012";
    for (body, wrong) in [
        (String::new(), InvalidRange::Empty),
        ("\n".into(), InvalidRange::Empty),
        ("<!DOCTYPE html>\n<html>".into(), InvalidRange::Form { line: 1, page: true }),
        ("{}".into(), InvalidRange::Form { line: 1, page: false }),
        (format!("{good}:1\n\n"), InvalidRange::Form { line: 2, page: false }),
        (format!("{good}:1\n{good}"), InvalidRange::Form { line: 2, page: false }),
        (format!("{good}:"), InvalidRange::Form { line: 1, page: false }),
        (format!("{good}:-1"), InvalidRange::Form { line: 1, page: false }),
        (format!("{good}:99999999999"), InvalidRange::Form { line: 1, page: false }),
        (format!("{good}0:1"), InvalidRange::Form { line: 1, page: false }),
        (good.to_lowercase() + ":1", InvalidRange::Form { line: 1, page: false }),
        (format!("{good}:0"), InvalidRange::Padding { line: 1 }),
        (format!("{good}:1\n{good}:1"), InvalidRange::Order { line: 2 }),
    ] {
        assert_eq!(check(body.as_bytes()).err(), Some(wrong), "{body:?}");
    }
}

#[test]
fn order_counts_to_the_last_digit() {
    let upper = "0".repeat(32);
    assert_eq!(check(format!("{upper}FFE:1\n{upper}FFF:1").as_bytes()).err(), None);
    let swapped = format!("{upper}FFF:1\n{upper}FFE:1");
    assert_eq!(check(swapped.as_bytes()).err(), Some(InvalidRange::Order { line: 2 }));
}

#[test]
fn body_truncated_at_a_line_end_is_refused_wherever_lines_are_missing() {
    let whole = even(2000);
    let cut = [&whole[..1900], &whole[100..], &[&whole[..900], &whole[1000..]].concat()]
        .map(|lines| check_lines(lines).err());
    assert_eq!(
        cut,
        [
            Some(InvalidRange::Gap { line: 1901, lines: 1900 }),
            Some(InvalidRange::Gap { line: 1, lines: 1900 }),
            Some(InvalidRange::Gap { line: 901, lines: 1900 }),
        ]
    );
}

#[test]
fn gaps_of_a_small_range_are_accepted() {
    assert_eq!(check_lines(&even(2000)[..30]).err(), None);
}

#[test]
fn errors_never_show_a_line() {
    let error =
        check(b"0123456789ABCDEF0123456789ABCDEF012:x").err().map(|wrong| wrong.to_string());
    assert!(error.is_some_and(|error| !error.contains("0123456789")));
}
