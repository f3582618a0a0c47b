//! Numbers formatted for people.

use std::fmt;

/// Bytes with a binary unit: `3,640 B`, `173.6 MiB`.
pub(crate) fn bytes(bytes: u64) -> impl fmt::Display {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let mut value = bytes as f64;
    let mut unit = None;
    for next in UNITS {
        if value < 1024.0 || bytes < 10_000 {
            break;
        }
        value /= 1024.0;
        unit = Some(next);
    }
    match unit {
        Some(unit) => format!("{value:.1} {unit}"),
        None => format!("{} B", count(bytes)),
    }
}

/// A count with its thousands separated: `2,048,000,000`.
pub(crate) fn count(count: u64) -> impl fmt::Display {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The whole part of a number that is not negative.
#[allow(clippy::cast_possible_truncation, reason = "saturates, which is what is wanted")]
pub(crate) fn whole(number: f64) -> u64 {
    number as u64
}

/// A rate of false positives: `1.01e-3`.
pub(crate) fn rate(rate: f64) -> impl fmt::Display {
    format!("{rate:.2e}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated() {
        for (given, shown) in [(0, "0"), (999, "999"), (1_000, "1,000"), (2_048_000, "2,048,000")] {
            assert_eq!(count(given).to_string(), shown);
        }
    }

    #[test]
    fn bytes_have_a_suitable_unit() {
        for (given, shown) in [
            (3_640, "3,640 B"),
            (18_456, "18.0 KiB"),
            (182_000_256, "173.6 MiB"),
            (1 << 30, "1.0 GiB"),
        ] {
            assert_eq!(bytes(given).to_string(), shown);
        }
    }
}
