//! Validation of a range's content before it is stored.
//!
//! A range has lines of `SUFFIX:COUNT`: 35 upper-case hex digits, strictly ascending, and the
//! number of times the password was seen. A web page with status 200, another service at the
//! address, or a body truncated within a line has another form. A body truncated at the end of a
//! line does not, and is detected statistically: SHA-1s are spread evenly, so among `n` of them a
//! gap of `g / n` of the space has a probability of about `n · e^-g`. Over two billion lines, a gap
//! of 40 times the mean has a probability of 1 in 10^8. So a body that lacks more than 40/n of its
//! lines in one place (2 % of a range of 2,000) is refused, wherever they are missing.
//!
//! Errors give line numbers, never the line: these are hashes of people's passwords.

use std::fmt;

/// The widest gap that chance explains, in mean gaps; see the module's comment.
const WIDEST_GAP: u128 = 40;

/// The space of a range's suffixes: 140 bits, of which the first 64 count.
const SPACE: u128 = 1 << 64;

/// Hex digits of a suffix: a SHA-1 has 40, its prefix 5.
const SUFFIX_DIGITS: usize = 35;

/// The 140 bits of a SHA-1 that follow its prefix: the upper 128 and the lower 12.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Suffix(u128, u16);

impl Suffix {
    /// Parses 35 upper-case hex digits; none for anything else.
    pub(super) fn parse(digits: &[u8]) -> Option<Self> {
        let upper_case = |digit: &u8| matches!(digit, b'0'..=b'9' | b'A'..=b'F');
        if digits.len() != SUFFIX_DIGITS || !digits.iter().all(upper_case) {
            return None;
        }
        let (upper, lower) = std::str::from_utf8(digits).ok()?.split_at_checked(32)?;
        Some(Self(u128::from_str_radix(upper, 16).ok()?, u16::from_str_radix(lower, 16).ok()?))
    }

    fn position(self) -> u128 {
        self.0 >> 64
    }
}

/// Why a body is not a valid range.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum InvalidRange {
    /// The body is empty.
    Empty,
    /// A line that is not 35 hex digits, a colon and a count.
    Form { line: u64, page: bool },
    /// A count of zero: HIBP's padding, which was not requested.
    Padding { line: u64 },
    /// A line that is not above the one before it.
    Order { line: u64 },
    /// Lines are missing before this one (after the last line, if it is the end).
    Gap { line: u64, lines: u64 },
}

impl fmt::Display for InvalidRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "the body is empty"),
            Self::Form { page: true, .. } => {
                write!(f, "the body is a web page, not lines of SUFFIX:COUNT")
            }
            Self::Form { line, .. } => {
                write!(f, "line {line} is not 35 upper-case hex digits, a colon and a count")
            }
            Self::Padding { line } => {
                write!(f, "line {line} has a count of 0: padding, which was not requested")
            }
            Self::Order { line } => write!(f, "line {line} is not above the one before it"),
            Self::Gap { line, lines } => {
                write!(f, "lines are missing before line {line} of {lines}: the body is truncated")
            }
        }
    }
}

/// Checks a whole body, and returns its first suffix.
///
/// # Errors
///
/// The first thing that is wrong with it.
pub(super) fn check(body: &[u8]) -> Result<Suffix, InvalidRange> {
    let body = body.strip_suffix(b"\n").unwrap_or(body);
    let mut first = None;
    let mut last: Option<Suffix> = None;
    let mut lines = 0;
    // The widest gap, and the line that ends it.
    let mut widest = (0, 0);
    for text in body.split(|&byte| byte == b'\n') {
        lines += 1;
        if text.is_empty() && body.is_empty() {
            return Err(InvalidRange::Empty);
        }
        let (suffix, count) = parse(text).ok_or(InvalidRange::Form {
            line: lines,
            page: body.trim_ascii_start().starts_with(b"<"),
        })?;
        if count == 0 {
            return Err(InvalidRange::Padding { line: lines });
        }
        if last.is_some_and(|last| suffix <= last) {
            return Err(InvalidRange::Order { line: lines });
        }
        let gap = suffix.position() - last.map_or(0, Suffix::position);
        widest = widest.max((gap, lines));
        first = first.or(Some(suffix));
        last = Some(suffix);
    }
    let end = SPACE - last.map_or(0, Suffix::position);
    let (gap, line) = widest.max((end, lines + 1));
    if gap * u128::from(lines) > WIDEST_GAP * SPACE {
        return Err(InvalidRange::Gap { line, lines });
    }
    first.ok_or(InvalidRange::Empty)
}

/// Parses a line without its line feed: the suffix and the count.
fn parse(line: &[u8]) -> Option<(Suffix, u64)> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let (digits, rest) = line.split_at_checked(SUFFIX_DIGITS)?;
    let count = rest.strip_prefix(b":")?;
    // Ten digits are more than there are people, and cannot overflow.
    if count.is_empty() || count.len() > 10 {
        return None;
    }
    let count = count.iter().try_fold(0_u64, |count, digit| {
        digit.is_ascii_digit().then(|| count * 10 + u64::from(digit - b'0'))
    })?;
    Some((Suffix::parse(digits)?, count))
}

#[cfg(test)]
mod tests;
