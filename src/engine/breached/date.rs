//! The date of a filter's list.
//!
//! Four bytes and an ISO 8601 form, so the engine needs no calendar library. It tells people and
//! their alerts how old a filter is.

use std::fmt;
use std::str::FromStr;

/// A day, `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// A day of the years 1 to 9999; `None` if there is no such month or day number.
    ///
    /// (The 31st of every month passes: this guards against junk, not against typos.)
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let known = (1..=9999).contains(&year);
        (known && (1..=12).contains(&month) && (1..=31).contains(&day)).then_some(Self {
            year,
            month,
            day,
        })
    }

    /// Days since 1970-01-01, by the Gregorian calendar. 0 for days before it.
    pub fn days_since_1970(self) -> u64 {
        // Years begin in March, so that the leap day is the last one.
        let (year, month) = (u64::from(self.year), u64::from(self.month));
        let year = if month < 3 { year - 1 } else { year };
        let month = (month + 9) % 12;
        let of_months = (153 * month + 2) / 5;
        let days =
            365 * year + year / 4 - year / 100 + year / 400 + of_months + u64::from(self.day);
        days.saturating_sub(719_469)
    }

    /// Year, month, day.
    pub const fn parts(self) -> (u16, u8, u8) {
        (self.year, self.month, self.day)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl FromStr for Date {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.splitn(3, '-').map(|part| part.parse::<u16>().ok());
        let mut next = || parts.next().flatten();
        let date = next().zip(next()).zip(next()).and_then(|((year, month), day)| {
            Self::new(year, u8::try_from(month).ok()?, u8::try_from(day).ok()?)
        });
        date.ok_or_else(|| format!("a date is YYYY-MM-DD, as in 2026-11-21, not {text:?}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_round_trip() {
        for text in ["2026-11-21", "0001-01-01", "9999-12-31"] {
            assert_eq!(text.parse::<Date>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn days_are_counted_from_1970() {
        let days = |text: &str| text.parse::<Date>().unwrap().days_since_1970();
        assert_eq!((days("1970-01-01"), days("1970-01-02"), days("1969-12-31")), (0, 1, 0));
        assert_eq!((days("2000-02-29"), days("2000-03-01")), (11_016, 11_017));
        assert_eq!(days("2026-11-29"), 20_786);
        assert_eq!(days("0001-01-01"), 0);
    }

    #[test]
    fn impossible_dates_are_refused() {
        for text in ["", "2026", "2026-13-01", "2026-00-01", "2026-01-32", "21.11.2026", "0-1-1"] {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
    }
}
