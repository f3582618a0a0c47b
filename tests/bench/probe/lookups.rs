//! The time of ten million lookups in the packed filter.

use unstuff_engine::breached::{Filter, FilterError, Sha1Digest};

use crate::now;
use crate::segment::Segment;

/// The number of lookups. `make bench-filters` packs these members, `member0` and on.
const MEMBERS: u32 = 10_000_000;

/// The lookups that are timed together. They take less than a time slice, so other load falls
/// into some of the times and not into their median.
const TIMED: u32 = 1_000;

/// The line for the log.
pub(crate) fn report() -> String {
    match measure() {
        Ok((found, nanoseconds)) => {
            format!("probe: {found} of {MEMBERS} members found, {nanoseconds} ns a lookup")
        }
        Err(error) => format!("probe: {error}"),
    }
}

/// The members found, and the median nanoseconds of a lookup with SHA-1 and reading the shard.
fn measure() -> Result<(u32, u64), FilterError> {
    let packed = Segment::passwords();
    let filter = Filter::open(packed, packed.len().into())?;
    let mut found = 0;
    let mut times = Vec::new();
    let mut member = String::new();
    for first in (0..MEMBERS).step_by(TIMED as usize) {
        let started = now();
        for number in first..first + TIMED {
            member.clear();
            member.push_str("member");
            push_number(&mut member, number);
            found += u32::from(filter.contains(&Sha1Digest::of(member.as_bytes()))?);
        }
        times.push(now().saturating_sub(started));
    }
    times.sort_unstable();
    let median = times.get(times.len() / 2).copied().unwrap_or_default();
    Ok((found, median / u64::from(TIMED)))
}

/// Appends a number in decimal. The standard formatting would cost more than the lookup.
fn push_number(text: &mut String, number: u32) {
    let mut unit = 1;
    while number / unit >= 10 {
        unit *= 10;
    }
    while unit > 0 {
        let digit = char::from_digit(number / unit % 10, 10);
        text.push(digit.unwrap_or('0'));
        unit /= 10;
    }
}
