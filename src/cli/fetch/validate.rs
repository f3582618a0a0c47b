//! The content of one range: what it must look like before it may be stored.
//!
//! A range is lines of `SUFFIX:COUNT`: 35 upper-case hex digits, strictly ascending, and how
//! often the password was seen. A web page sent with status 200, another service behind the
//! address or a body cut in transit differs from that in form. A body cut at the end of a
//! line does not, and is found by arithmetic: SHA-1s are spread evenly, so that among `n` of
//! them a gap of `g / n` of the space has a chance of about `n · e^-g`; over two billion
//! lines a gap of 40 means is a matter of 1 in 10^8. So a body that lacks more than 40/n of
//! its lines in one place (2 % of a range of 2,000) is seen, wherever they are missing.
//!
//! Errors give line numbers, never the line: these are hashes of people's passwords.

use std::fmt;

/// Gaps of this many times the mean do not happen by chance; see the module's comment.
const WIDEST_GAP: u128 = 40;

/// Where a range's suffixes lie: the space of 140 bits, cut to its first 64.
const SPACE: u128 = 1 << 64;

/// The 140 bits of a SHA-1 that follow its prefix: the upper 128 and the lower 12.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Suffix(u128, u16);

impl Suffix {
    /// Reads 35 hex digits in upper case, none if they are anything else.
    pub fn parse(digits: &[u8]) -> Option<Self> {
        let (upper, lower) = digits.split_at_checked(32)?;
        let number = |digits: &[u8]| {
            digits.iter().try_fold(0_u128, |number, digit| match digit {
                b'0'..=b'9' => Some((number << 4) | u128::from(digit - b'0')),
                b'A'..=b'F' => Some((number << 4) | u128::from(digit - b'A' + 10)),
                _ => None,
            })
        };
        if lower.len() != 3 {
            return None;
        }
        Some(Self(number(upper)?, u16::try_from(number(lower)?).ok()?))
    }

    fn position(self) -> u128 {
        self.0 >> 64
    }
}

/// Why a body is not a range.
#[derive(Debug, PartialEq, Eq)]
pub enum InvalidRange {
    /// Nothing in it.
    Empty,
    /// A line that is not 35 hex digits, a colon and a count.
    Form { line: u64, page: bool },
    /// A count of zero: HIBP's padding, which has to be asked for.
    Padding { line: u64 },
    /// A line that does not come after the one before it.
    Order { line: u64 },
    /// Lines are missing in front of this one (past the last line, if it is the end).
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
                write!(f, "line {line} has a count of 0: padding, which was not asked for")
            }
            Self::Order { line } => write!(f, "line {line} is not above the one before it"),
            Self::Gap { line, lines } => {
                write!(f, "lines are missing before line {line} of {lines}: the body was cut")
            }
        }
    }
}

/// Checks a whole body, and gives its first suffix.
///
/// # Errors
///
/// The first thing that is wrong with it.
pub fn check(body: &[u8]) -> Result<Suffix, InvalidRange> {
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

/// One line, without its line feed: the suffix and the count.
fn parse(line: &[u8]) -> Option<(Suffix, u64)> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let (digits, rest) = line.split_at_checked(35)?;
    let count = rest.strip_prefix(b":")?;
    // Ten digits: more than there are people, and no overflow.
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
