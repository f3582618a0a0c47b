//! What is taken for a range, what is refused with its line, and that no line is repeated.

use super::*;

/// `count` suffixes spread evenly, as text.
fn even(count: u128) -> Vec<String> {
    (0..count).map(|i| format!("{:032X}ABC:{}", i * (u128::MAX / count), i + 1)).collect()
}

fn verdict(lines: &[String]) -> Result<Suffix, InvalidRange> {
    check(lines.join("\r\n").as_bytes())
}

#[test]
fn hibp_text_is_accepted_with_and_without_a_last_line_end() {
    let lines = even(1000);
    let first = Suffix::parse(&lines[0].as_bytes()[..35]);
    assert!(verdict(&lines).ok() == first);
    assert!(check(format!("{}\n", lines.join("\n")).as_bytes()).ok() == first);
    assert!(check(format!("{}\r\n", lines.join("\r\n")).as_bytes()).ok() == first);
}

#[test]
fn what_is_no_range_is_refused_with_its_line() {
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
fn the_last_digits_decide_the_order_too() {
    let upper = "0".repeat(32);
    assert_eq!(check(format!("{upper}FFE:1\n{upper}FFF:1").as_bytes()).err(), None);
    let swapped = format!("{upper}FFF:1\n{upper}FFE:1");
    assert_eq!(check(swapped.as_bytes()).err(), Some(InvalidRange::Order { line: 2 }));
}

#[test]
fn a_body_cut_at_a_line_end_is_seen_wherever_it_is_cut() {
    let whole = even(2000);
    let cut = [&whole[..1900], &whole[100..], &[&whole[..900], &whole[1000..]].concat()]
        .map(|lines| verdict(lines).err());
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
fn a_small_range_proves_nothing_by_its_gaps() {
    assert_eq!(verdict(&even(2000)[..30]).err(), None);
}

#[test]
fn no_message_repeats_a_line() {
    let error =
        check(b"0123456789ABCDEF0123456789ABCDEF012:x").err().map(|wrong| wrong.to_string());
    assert!(error.is_some_and(|error| !error.contains("0123456789")));
}
