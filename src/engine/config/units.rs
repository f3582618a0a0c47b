//! Durations, sizes and names as typed in a configuration.

use super::problem::Problem;
use super::reader::ConfigValue;
use super::schema::ValueKind;

/// Names appear in headers and metrics.
pub(super) const MAX_NAME: usize = 40;

const DURATIONS: &[(&str, u64)] = &[("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)];
const SIZES: &[(&str, u64)] = &[("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

impl ConfigValue<'_> {
    /// Seconds from `"90s"`, `"15m"`, `"1h"` or `"1d"`, in the range of the kind.
    #[inline(never)]
    pub(super) fn seconds(&self) -> Option<u32> {
        let (min, max, or_null) = match *self.kind {
            ValueKind::Seconds { min, max } => (min, max, ""),
            ValueKind::SecondsOrNull { min, max } => (min, max, ", or null"),
            _ => (1, 0, ""),
        };
        let allowed = format!("{} to {}{or_null}", duration(min), duration(max));
        if self.is_number() {
            return self.refuse(
                Problem::new("a duration has a unit")
                    .allowed(allowed)
                    .fix("write \"60s\", for example"),
            );
        }
        let seconds = seconds_in(self.text()?).and_then(|seconds| u32::try_from(seconds).ok());
        match seconds.filter(|seconds| (min..=max).contains(seconds)) {
            Some(seconds) => Some(seconds),
            None => self.refuse(
                Problem::new("not a duration in range")
                    .allowed(format!("{allowed}; a whole number and s, m, h or d")),
            ),
        }
    }

    /// Bytes from a number or from `"16KiB"`, `"64MiB"`, `"1GiB"`, in the range of the kind.
    #[inline(never)]
    pub(super) fn bytes(&self) -> Option<u64> {
        let Some(text) = self.as_text() else {
            return self.integer();
        };
        let range = self.kind.range();
        match quantity(text, SIZES).filter(|value| range.contains(value)) {
            Some(bytes) => Some(bytes),
            None => self.refuse(Problem::new("not a size in range").allowed(format!(
                "{} to {}; a whole number and KiB, MiB or GiB",
                size(*range.start()),
                size(*range.end())
            ))),
        }
    }

    /// A name of `a-z`, `0-9` and `-`.
    #[inline(never)]
    pub(super) fn name(&self) -> Option<String> {
        let text = self.text()?;
        if is_name(text) {
            return Some(text.to_owned());
        }
        self.refuse(
            Problem::new("not a name")
                .allowed(format!("1 to {MAX_NAME} of a-z, 0-9 and -"))
                .fix("names appear in headers and metrics"),
        )
    }

    /// The name of an HTTP header, lower case.
    #[inline(never)]
    pub(super) fn header_name(&self) -> Option<String> {
        let text = self.text()?;
        // A token of RFC 9110, section 5.6.2.
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if !text.is_empty() && text.bytes().all(token) {
            return Some(text.to_ascii_lowercase());
        }
        self.refuse(Problem::new("not the name of a header").allowed("letters, digits and -"))
    }
}

/// Whether it can name an endpoint or a rule.
pub(super) fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=MAX_NAME).contains(&text.len()) && text.bytes().all(plain)
}

/// The seconds that a duration means.
pub(super) fn seconds_in(text: &str) -> Option<u64> {
    quantity(text, DURATIONS)
}

/// A whole number and a unit, without a space between them.
fn quantity(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let (number, factor) =
        units.iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))?;
    let digits = number.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| number.parse::<u64>().ok()).flatten()?.checked_mul(*factor)
}

/// Seconds as typed, in the greatest unit that divides them: `15m`, `1h`, `24h`.
#[must_use]
pub fn duration(seconds: u32) -> String {
    // A day is called 24h, as its window is.
    let units = DURATIONS.split_last().map_or(DURATIONS, |(_day, shorter)| shorter);
    typed(seconds.into(), units)
}

/// Bytes as typed, in the greatest unit that divides them.
pub(super) fn size(bytes: u64) -> String {
    typed(bytes, SIZES)
}

fn typed(amount: u64, units: &[(&str, u64)]) -> String {
    let divides = |(_, factor): &&(&str, u64)| amount.checked_rem(*factor) == Some(0);
    let (unit, factor) = units.iter().rev().find(divides).unwrap_or(&("", 1));
    format!("{}{unit}", amount.checked_div(*factor).unwrap_or(amount))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_reads_back_as_it_was_typed() {
        for text in ["1s", "90s", "15m", "1h", "24h"] {
            let seconds = quantity(text, DURATIONS).and_then(|value| u32::try_from(value).ok());
            assert_eq!(seconds.map(duration).as_deref(), Some(text));
        }
        assert_eq!(quantity("1d", DURATIONS), quantity("24h", DURATIONS));
    }

    #[test]
    fn a_number_without_unit_or_out_of_reach_is_no_quantity() {
        for text in ["", "s", "10", "+1s", "1 s", "-1s", "1.5h", "99999999999999999999s"] {
            assert_eq!(quantity(text, DURATIONS), None, "{text}");
        }
        assert_eq!(quantity("18446744073709551615GiB", SIZES), None);
    }
}
