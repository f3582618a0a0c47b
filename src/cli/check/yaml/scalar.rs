//! What a plain scalar means to Kubernetes, and what becomes of it on the way to the module.
//!
//! Kubernetes reads YAML 1.1: `yes` is true and `0644` is 420. Its objects are JSON; the control
//! plane makes a protobuf `Struct` of a configuration, whose numbers are doubles, and writes it as
//! JSON again: `10.0` as 10, 10²¹ as `1e+21`, and whole numbers above 2⁵³ rounded.

use granit_parser::ScalarStyle;
use serde_json::{Number, Value};

/// The words of YAML 1.1 for true and false, beside `true` and `false` themselves. Kubernetes
/// reads them in lower case, in upper case and with a capital.
const WORDS: [(&str, bool); 8] = [
    ("y", true),
    ("yes", true),
    ("true", true),
    ("on", true),
    ("n", false),
    ("no", false),
    ("false", false),
    ("off", false),
];

/// The value of a scalar as JSON.
pub(in super::super) fn value(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return Value::String(text.to_owned());
    }
    if matches!(text, "" | "~" | "null" | "Null" | "NULL") {
        return Value::Null;
    }
    if let Some(truth) = truth(text) {
        return Value::Bool(truth);
    }
    number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number)
}

fn truth(text: &str) -> Option<bool> {
    let lower = text.to_ascii_lowercase();
    let (_, truth) = WORDS.iter().find(|(word, _)| *word == lower)?;
    let rest = text.get(1..)?;
    let is_one_case = rest == rest.to_ascii_lowercase() || text == text.to_ascii_uppercase();
    is_one_case.then_some(*truth)
}

/// A number, as the `Struct` holds it.
fn number(text: &str) -> Option<Number> {
    if !text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first)) {
        return None;
    }
    let plain = text.replace('_', "");
    let float = whole(&plain).or_else(|| decimal(&plain))?;
    as_struct(float)
}

/// A whole number in any base that Go reads: `0x10`, `0b1`, `0o17`, and `017`, which is octal, too.
#[allow(clippy::cast_precision_loss, reason = "a Struct has doubles")]
fn whole(text: &str) -> Option<f64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let based = [("0x", 16), ("0b", 2), ("0o", 8)];
    let (rest, base) = based
        .iter()
        .find_map(|(prefix, base)| Some((lower.strip_prefix(prefix)?, *base)))
        .or_else(|| Some((lower.strip_prefix('0').filter(|rest| !rest.is_empty())?, 8)))
        .unwrap_or((&lower, 10));
    let is_whole = !rest.is_empty() && rest.chars().all(|digit| digit.is_digit(base));
    let number = is_whole.then(|| u128::from_str_radix(rest, base).ok())??;
    Some(sign * number as f64)
}

/// A number with a fraction or an exponent, as YAML writes them.
fn decimal(text: &str) -> Option<f64> {
    let is_decimal = text.chars().all(|it| it.is_ascii_digit() || "+-.eE".contains(it));
    let has_digit = text.chars().any(|it| it.is_ascii_digit());
    (is_decimal && has_digit).then(|| text.parse::<f64>().ok())?.filter(|it| it.is_finite())
}

/// A double as the control plane writes it.
fn as_struct(float: f64) -> Option<Number> {
    if float.fract() == 0.0 && float.abs() < 1e21 {
        return format!("{float:.0}").parse().ok();
    }
    Number::from_f64(float)
}

/// What plain YAML made of a text that looks like something else, in words; `None` if it is what it
/// looks like.
pub(in super::super) fn surprise(text: &str, style: ScalarStyle) -> Option<String> {
    if style != ScalarStyle::Plain {
        return None;
    }
    match value(text, style) {
        Value::Bool(truth) if !text.eq_ignore_ascii_case(&truth.to_string()) => {
            Some(format!("YAML reads {text} without quotes as {truth}"))
        }
        Value::Number(number) => {
            let digits = text.strip_prefix('+').unwrap_or(text);
            let is_plain = digits == number.to_string()
                || (digits.contains(['.', 'e', 'E']) && !digits.contains('_'));
            (!is_plain).then(|| format!("YAML and protobuf read {text} as {number}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        value(text, ScalarStyle::Plain).to_string()
    }

    #[test]
    fn plain_scalars_are_what_a_control_plane_hands_over() {
        for (text, json) in [
            ("yes", "true"),
            ("On", "true"),
            ("n", "false"),
            ("OFF", "false"),
            ("yEs", "\"yEs\""),
            ("", "null"),
            ("~", "null"),
            ("0644", "420"),
            ("0x10", "16"),
            ("0b11", "3"),
            ("0o17", "15"),
            ("1_000", "1000"),
            ("+7", "7"),
            ("-3", "-3"),
            ("089", "89"),
            ("10.0", "10"),
            ("0.5", "0.5"),
            (".5", "0.5"),
            ("1e-7", "1e-7"),
            ("1e3", "1000"),
            ("1000000000000000000000", "1e+21"),
            ("123456789012345678", "123456789012345680"),
            ("12:30", "\"12:30\""),
            ("1h", "\"1h\""),
            ("2026-01-01", "\"2026-01-01\""),
            ("-", "\"-\""),
            ("192.0.2.0", "\"192.0.2.0\""),
        ] {
            assert_eq!(plain(text), json, "{text}");
        }
    }

    #[test]
    fn a_quoted_scalar_is_a_text() {
        assert_eq!(value("yes", ScalarStyle::SingleQuoted), Value::String("yes".to_owned()));
    }

    #[test]
    fn what_is_read_as_something_else_is_a_surprise() {
        for text in ["yes", "N", "0644", "0x10", "1_000", "123456789012345678"] {
            assert!(surprise(text, ScalarStyle::Plain).is_some(), "{text}");
        }
        for text in ["true", "False", "10", "10.0", "1e3", "-3", "1h", "null", "12:30"] {
            assert_eq!(surprise(text, ScalarStyle::Plain), None, "{text}");
        }
    }
}
