//! The `set-cookie` headers of a response: whether one of them sets a cookie to a value.
//!
//! Applications delete a cookie by the same header: with an empty value, with `deleted` (PHP), or
//! with a time in the past. A deletion is no sign of a login, so the attributes are read as RFC 6265
//! has browsers read them. The age takes precedence over the date.

use crate::request::headers::Headers;
use crate::time::Millis;

/// The cookies that a condition names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookiePattern {
    name: String,
    /// The name is the beginning of one, because the application appends a hash.
    is_prefix: bool,
}

impl CookiePattern {
    /// A cookie's name; a `*` at its end stands for any rest.
    ///
    /// # Errors
    /// A text for the operator.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (name, is_prefix) = match text.strip_suffix('*') {
            Some(name) => (name, true),
            None => (text, false),
        };
        // A token of RFC 9110, section 5.6.2, without the star.
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'+-.^_`|~".contains(&byte);
        if name.is_empty() || !name.bytes().all(token) {
            return Err(format!(
                "not the name of a cookie, given {text:?}; allowed: letters, digits, - and _, and a \
                 * at the end for the rest of a name"
            ));
        }
        Ok(Self { name: name.to_owned(), is_prefix })
    }

    /// Whether a response sets such a cookie to a value that is still valid.
    pub(super) fn is_set_by(&self, response: Headers<'_>, now: Millis) -> bool {
        names(response, now).any(|name| self.names(name))
    }

    fn names(&self, name: &[u8]) -> bool {
        let wanted = self.name.as_bytes();
        if self.is_prefix { name.starts_with(wanted) } else { name == wanted }
    }
}

/// The names of the cookies that a response sets to a value that is still valid, and does not delete
/// further down: WordPress' plugin for second factors takes back the session that it was given.
pub(super) fn names(response: Headers<'_>, now: Millis) -> impl Iterator<Item = &[u8]> {
    let lines: Vec<_> = response.all("set-cookie").map(|line| CookieLine::of(line, now)).collect();
    (0..lines.len()).filter_map(move |index| {
        let (line, later) = lines.get(index..)?.split_first()?;
        let takes_back =
            |it: &CookieLine<'_>| !it.is_valid && it.name == line.name && it.path == line.path;
        (line.is_valid && !later.iter().any(takes_back)).then_some(line.name)
    })
}

/// A `set-cookie` header.
struct CookieLine<'a> {
    name: &'a [u8],
    path: &'a [u8],
    /// It sets a value that is still valid; otherwise it deletes the cookie.
    is_valid: bool,
}

impl<'a> CookieLine<'a> {
    fn of(line: &'a [u8], now: Millis) -> Self {
        let mut parts = line.split(|&byte| byte == b';').map(<[u8]>::trim_ascii);
        let (name, value) = parts.next().map(halves).unwrap_or_default();
        let mut attributes = parts.clone().map(halves);
        let path = attributes.find(|(name, _)| name.eq_ignore_ascii_case(b"path"));
        let path = path.unwrap_or_default().1;
        Self { name, path, is_valid: is_value(value) && !has_expired(parts, now) }
    }
}

/// The name and the value of a cookie or an attribute.
fn halves(pair: &[u8]) -> (&[u8], &[u8]) {
    let equals = pair.iter().position(|&byte| byte == b'=').unwrap_or(pair.len());
    let (name, value) = pair.split_at_checked(equals).unwrap_or((pair, b""));
    (name.trim_ascii(), value.strip_prefix(b"=").unwrap_or(value).trim_ascii())
}

fn is_value(value: &[u8]) -> bool {
    let unquoted = value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
    let value = unquoted.unwrap_or(value).trim_ascii();
    // WordPress deletes with a blank, which PHP writes as `+` or `%20`.
    !value.is_empty() && ![&b"deleted"[..], b"+", b"%20"].contains(&value)
}

fn has_expired<'a>(attributes: impl Iterator<Item = &'a [u8]>, now: Millis) -> bool {
    let (mut by_age, mut by_date) = (None, None);
    for (name, value) in attributes.map(halves) {
        if name.eq_ignore_ascii_case(b"max-age") {
            by_age = is_no_age(value).or(by_age);
        } else if name.eq_ignore_ascii_case(b"expires") {
            by_date = seconds_of(value).map(|at| at <= now.0 / 1_000).or(by_date);
        }
    }
    by_age.or(by_date).unwrap_or(false)
}

/// Whether a `max-age` is zero or less; `None` if it is no number, which browsers ignore.
fn is_no_age(value: &[u8]) -> Option<bool> {
    let (is_negative, digits) = match value.strip_prefix(b"-") {
        Some(digits) => (true, digits),
        None => (false, value),
    };
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    is_number.then(|| is_negative || digits.iter().all(|&digit| digit == b'0'))
}

const MONTHS: [&[u8]; 12] = [
    b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec",
];

/// Seconds since 1970 of a cookie's date, 0 if it is before that. `None` if it is no date, which
/// browsers ignore. In any of the notations of RFC 6265, section 5.1.1.
fn seconds_of(date: &[u8]) -> Option<u64> {
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    let is_delimiter = |byte: &u8| !(byte.is_ascii_alphanumeric() || *byte == b':');
    for token in date.split(is_delimiter).filter(|token| !token.is_empty()) {
        if time.is_none() && token.contains(&b':') {
            time = time_of_day(token);
        } else if day.is_none() && token.len() <= 2 && number(token).is_some() {
            day = number(token);
        } else if year.is_none() && number(token).is_some() {
            year = number(token);
        } else if month.is_none() {
            let name = token.get(..3).unwrap_or_default().to_ascii_lowercase();
            month = (1..).zip(MONTHS).find(|(_, known)| *known == name).map(|(number, _)| number);
        }
    }
    let year = match year? {
        short @ 0..=69 => short.saturating_add(2_000),
        short @ 70..=99 => short.saturating_add(1_900),
        year => year,
    };
    let (month, day): (u64, u64) = (month?, day?);
    if !(1..=31).contains(&day) || year > 9_999 {
        return None;
    }
    Some(days_since_1970(year, month, day) * 86_400 + time?)
}

fn number(token: &[u8]) -> Option<u64> {
    let is_short = token.len() <= 4 && token.iter().all(u8::is_ascii_digit);
    is_short.then(|| std::str::from_utf8(token).ok()?.parse().ok()).flatten()
}

/// Seconds since midnight of `hours:minutes:seconds`.
fn time_of_day(token: &[u8]) -> Option<u64> {
    let mut numbers = token.split(|&byte| byte == b':').map(number);
    let mut next = |below: u64| numbers.next().flatten().filter(|number| *number < below);
    let (hours, minutes, seconds) = (next(24)?, next(60)?, next(61)?);
    Some(hours * 3_600 + minutes * 60 + seconds)
}

/// Days from 1970 to a day of the Gregorian calendar, 0 if it is before: each year is taken to begin
/// in March, so that the leap day comes last (Hinnant, "chrono-compatible low-level date
/// algorithms").
fn days_since_1970(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year.saturating_sub(1) } else { year };
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day;
    let days = year * 365 + year / 4 - year / 100 + year / 400 + day_of_year;
    // The days from March 1 of the year 0 to January 1, 1970, and one because days count from 1.
    days.saturating_sub(719_469)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::headers::Header;

    /// 2026-11-28 09:00 UTC.
    const NOW: Millis = Millis(1_795_856_400_000);

    fn sets(pattern: &str, line: &str) -> bool {
        let headers: [Header; 2] = [
            (b":status".to_vec(), b"200".to_vec()),
            (b"Set-Cookie".to_vec(), line.as_bytes().to_vec()),
        ];
        let pattern = CookiePattern::parse(pattern).expect("a pattern");
        pattern.is_set_by(Headers::new(&headers), NOW)
    }

    #[test]
    fn cookie_that_is_set_to_a_value_is_a_sign() {
        for line in [
            "sid=1",
            "sid=1; Path=/; HttpOnly",
            "sid = \"a b\" ;Max-Age=3600",
            "sid=1; Expires=Sat, 28 Nov 2026 09:00:01 GMT",
            // The age takes precedence, and what is no age or date is ignored.
            "sid=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
            "sid=1; Max-Age=x; Expires=never",
            "sid=a=b",
            "sid=deletedx",
        ] {
            assert!(sets("sid", line), "{line}");
        }
    }

    #[test]
    fn cookie_that_is_deleted_further_down_is_no_sign() {
        let is_set = |lines: &[&str]| {
            let header = |line: &&str| (b"set-cookie".to_vec(), line.as_bytes().to_vec());
            let headers: Vec<_> = lines.iter().map(header).collect();
            CookiePattern::parse("sid").expect("a name").is_set_by(Headers::new(&headers), NOW)
        };
        assert!(!is_set(&["sid=1; path=/", "sid=; Path=/"]));
        assert!(is_set(&["sid=; path=/", "sid=1; path=/"]));
        assert!(is_set(&["sid=1; path=/", "sid=; path=/admin", "other=; path=/"]));
    }

    #[test]
    fn cookie_that_is_deleted_is_no_sign() {
        for line in [
            "sid=",
            "sid",
            "sid=\"\"",
            "sid=; Max-Age=3600",
            "sid=deleted; expires=Thu, 01-Jan-1970 00:00:01 GMT; Max-Age=0",
            "sid=%20; expires=Fri, 28-Nov-2025 09:00:00 GMT",
            "sid=1; Max-Age=0",
            "sid=1; max-age=-1",
            "sid=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
            "sid=1; Expires=Thursday, 01-Jan-70 00:00:00 GMT",
            "sid=1; Expires=Thu Jan  1 00:00:00 1970",
            "sid=1; Expires=Mon, 01 Jan 1601 00:00:00 GMT",
            "sid=1; Expires=Sat, 28 Nov 2026 09:00:00 GMT",
            "sid=1; Expires=Fri, 29 Feb 2008 23:59:59 GMT",
        ] {
            assert!(!sets("sid", line), "{line}");
        }
    }

    #[test]
    fn name_is_compared_whole_or_up_to_its_star() {
        assert!(!sets("sid", "sid2=1") && !sets("sid", "SID=1") && !sets("sid", "a=sid=1"));
        assert!(sets("wordpress_logged_in_*", "wordpress_logged_in_5c016e8f=alice%7C1"));
        assert!(!sets("wordpress_logged_in_*", "wordpress_test_cookie=1"));
        for wrong in ["", "*", "a*b", "s id", "a=b", "é"] {
            assert!(CookiePattern::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        for (date, days) in [((1970, 1, 1), 0), ((2000, 3, 1), 11_017), ((2026, 11, 28), 20_785)] {
            assert_eq!(days_since_1970(date.0, date.1, date.2), days, "{date:?}");
        }
    }
}
