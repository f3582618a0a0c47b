//! Bans, shadow bans and strikes, as an entry keeps them.
//!
//! - A **ban** lasts from `began` to `until`. Stopped attempts extend it while they come
//!   faster than the rate that began it, at most to twice its length: a school's own
//!   retries must not keep it out for ever. When it ends, its entry clears the outcome
//!   counters and counts a strike.
//! - A **strike** doubles the next ban, up to 2^[`DOUBLINGS`] times its length. All strikes
//!   are forgotten together, [`STRIKE_HOURS`] after the last ban ended (to the hour), and
//!   never during a ban.
//! - A **shadow ban** is kept beside the ban: counted, never enforced. It is not extended,
//!   because it stops nothing. It leaves no strike, because what is not enforced must not
//!   change what is.
//!
//! Lengths are capped at [`MAX_BAN_SECONDS`], 97 days: three bytes hold twice that.

use crate::time::Window;

use crate::state::bytes::{ByteReader, ByteWriter, U24_MAX};

/// The longest length of a ban in seconds, strikes included, before it is extended.
pub(crate) const MAX_BAN_SECONDS: u32 = U24_MAX / 2;

/// Strikes are forgotten this many hours after the last ban.
pub(crate) const STRIKE_HOURS: u32 = 24;

/// Strikes beyond this do not lengthen a ban: 2³ = 8 times.
const DOUBLINGS: u8 = 3;

/// What a rule asks for when it bans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// A tag of the rule's name. A later policy finds the rule by it.
    pub rule: u16,
    /// The rule's `for` in seconds.
    pub seconds: u32,
    /// The rate that began the ban, see [`Terms::rate`].
    pub rate: u16,
}

impl Terms {
    /// The rate of `count` events in a window, as events in ten minutes; at least one.
    #[must_use]
    pub fn rate(count: u32, within: Window) -> u16 {
        let scaled = u64::from(count) * u64::from(Window::TenMinutes.seconds());
        let rate = scaled.div_ceil(u64::from(within.seconds())).max(1);
        u16::try_from(rate).unwrap_or(u16::MAX)
    }
}

/// A ban that is enforced. Times in seconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ban {
    /// The second it began.
    pub began: u32,
    /// The first second after it.
    pub until: u32,
    /// The tag of the rule that began it.
    pub rule: u16,
    length: u32,
    rate: u16,
}

impl Ban {
    pub(crate) const BYTES: usize = 14;

    /// A ban from `now` on, lengthened by strikes.
    pub(crate) fn begin(now: u32, terms: Terms, strikes: Strikes) -> Self {
        let factor = 1 << strikes.count.min(DOUBLINGS);
        let length = terms.seconds.saturating_mul(factor).clamp(1, MAX_BAN_SECONDS);
        let until = now.saturating_add(length);
        Self { began: now, until, rule: terms.rule, length, rate: terms.rate }
    }

    /// Extends the ban at a stopped attempt, the last of `stopped` in ten minutes.
    pub(crate) fn extend(&mut self, now: u32, stopped: u32) {
        if stopped > u32::from(self.rate) {
            let latest = self.began.saturating_add(self.length.saturating_mul(2));
            self.until = self.until.max(now.saturating_add(self.length).min(latest));
        }
    }

    pub(crate) fn encode(ban: Option<&Self>, out: &mut ByteWriter<'_>) {
        let Some(ban) = ban else { return out.put([0; Self::BYTES]) };
        out.u32(ban.began);
        out.u24(ban.length);
        out.u24(ban.until.saturating_sub(ban.began));
        out.u16(ban.rule);
        out.u16(ban.rate);
    }

    /// `None` for no ban, and for an impossible one: it began after the entry was last
    /// touched, or outlasts twice its length.
    pub(crate) fn decode(touched: u32, from: &mut ByteReader<'_>) -> Option<Self> {
        let (began, length, lasts) = (from.u32(), from.u24(), from.u24());
        let (rule, rate) = (from.u16(), from.u16());
        let sound = (1..=MAX_BAN_SECONDS).contains(&length)
            && (1..=2 * length).contains(&lasts)
            && began <= touched;
        sound.then_some(Self { began, until: began.saturating_add(lasts), rule, length, rate })
    }
}

/// A ban of a rule in shadow mode: counted, never enforced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShadowBan {
    /// The second it began.
    pub began: u32,
    /// The first second after it.
    pub until: u32,
    /// The tag of the rule that began it.
    pub rule: u16,
}

impl ShadowBan {
    pub(crate) const BYTES: usize = 9;

    pub(crate) fn begin(now: u32, rule: u16, seconds: u32) -> Self {
        let until = now.saturating_add(seconds.clamp(1, MAX_BAN_SECONDS));
        Self { began: now, until, rule }
    }

    pub(crate) fn encode(ban: Option<&Self>, out: &mut ByteWriter<'_>) {
        let Some(ban) = ban else { return out.put([0; Self::BYTES]) };
        out.u32(ban.began);
        out.u24(ban.until.saturating_sub(ban.began));
        out.u16(ban.rule);
    }

    pub(crate) fn decode(touched: u32, from: &mut ByteReader<'_>) -> Option<Self> {
        let (began, lasts, rule) = (from.u32(), from.u24(), from.u16());
        let sound = (1..=MAX_BAN_SECONDS).contains(&lasts) && began <= touched;
        sound.then_some(Self { began, until: began.saturating_add(lasts), rule })
    }
}

/// Moves the times of a ban or shadow ban with a clock that was set back.
pub(crate) fn set_back(began: &mut u32, until: &mut u32, seconds: u32) {
    *began = began.saturating_sub(seconds);
    *until = until.saturating_sub(seconds);
}

/// How often a client was banned lately, in two bytes: 4 bits of count, 12 bits of the hour
/// in which the last ban ended. The hour wraps after 170 days. An entry that is idle for a
/// day forgets its strikes, so a wrapped hour is never compared ([`Strikes::forget`]).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Strikes {
    pub(crate) count: u8,
    hour: u16,
}

/// Hours that 12 bits tell apart.
const HOURS: u32 = 1 << 12;

/// The most strikes that four bits hold.
const MAX_STRIKES: u8 = 15;

impl Strikes {
    pub(crate) const BYTES: usize = 2;

    /// A ban ended at `until`.
    pub(crate) fn strike(&mut self, until: u32) {
        self.count = (self.count + 1).min(MAX_STRIKES);
        self.hour = hour(until);
    }

    /// Forgets strikes that are old enough at `now`. `since` is when the entry last changed.
    pub(crate) fn forget(&mut self, since: u32, now: u32) {
        let hours_ago = (u32::from(hour(now)) + HOURS - u32::from(self.hour)) % HOURS;
        let idle = now.saturating_sub(since) >= STRIKE_HOURS * 3_600;
        if idle || hours_ago >= STRIKE_HOURS {
            *self = Self::default();
        }
    }

    pub(crate) fn set_back(&mut self, seconds: u32) {
        let back = seconds / 3_600 % HOURS;
        let hour = (u32::from(self.hour) + HOURS - back) % HOURS;
        self.hour = u16::try_from(hour).unwrap_or(0);
    }

    pub(crate) fn encode(self, out: &mut ByteWriter<'_>) {
        out.u16(u16::from(self.count) << 12 | self.hour);
    }

    pub(crate) fn decode(from: &mut ByteReader<'_>) -> Self {
        let bits = from.u16();
        let count = u8::try_from(bits >> 12).unwrap_or(0);
        if count == 0 { Self::default() } else { Self { count, hour: bits & 0x0FFF } }
    }
}

fn hour(seconds: u32) -> u16 {
    u16::try_from(seconds / 3_600 % HOURS).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMS: Terms = Terms { rule: 7, seconds: 3_600, rate: 10 };

    #[test]
    fn each_strike_doubles_the_next_ban_up_to_eight_times() {
        let mut strikes = Strikes::default();
        for factor in [1, 2, 4, 8, 8, 8] {
            let ban = Ban::begin(1_000, TERMS, strikes);
            assert_eq!(ban.until - ban.began, factor * 3_600);
            strikes.strike(ban.until);
        }
    }

    #[test]
    fn pressure_extends_a_ban_to_at_most_twice_its_length() {
        let mut ban = Ban::begin(0, TERMS, Strikes::default());
        ban.extend(1_800, 10);
        assert_eq!(ban.until, 3_600, "the rate is not exceeded");
        ban.extend(1_800, 11);
        assert_eq!(ban.until, 5_400);
        ban.extend(1_700, 11);
        assert_eq!(ban.until, 5_400, "never shortened");
        ban.extend(5_300, 1_000);
        assert_eq!(ban.until, 7_200);
    }

    #[test]
    fn rate_is_scaled_to_ten_minutes() {
        assert_eq!(Terms::rate(10, Window::Minute), 100);
        assert_eq!(Terms::rate(10, Window::TenMinutes), 10);
        assert_eq!(Terms::rate(10, Window::Hour), 2);
        assert_eq!(Terms::rate(10, Window::Day), 1);
        assert_eq!(Terms::rate(u32::MAX, Window::Minute), u16::MAX);
    }

    #[test]
    fn strikes_are_forgotten_a_day_after_the_last_ban() {
        let mut strikes = Strikes::default();
        strikes.strike(7 * 3_600);
        let mut later = strikes;
        later.forget(30 * 3_600, 31 * 3_600 - 1);
        assert_eq!(later.count, 1);
        later.forget(30 * 3_600, 31 * 3_600);
        assert_eq!(later.count, 0);
        // 4,096 hours later the hour looks the same.
        strikes.forget(8 * 3_600, (7 + HOURS) * 3_600);
        assert_eq!(strikes.count, 0);
    }

    #[test]
    fn strikes_fit_four_bits_and_are_read_as_stored() {
        let mut strikes = Strikes::default();
        (0..20).for_each(|_| strikes.strike(7 * 3_600));
        assert_eq!(strikes.count, 15);
        let mut bytes = [0; Strikes::BYTES];
        strikes.encode(&mut ByteWriter(&mut bytes));
        assert_eq!(Strikes::decode(&mut ByteReader(&bytes)), strikes);
    }

    #[test]
    fn longest_ban_is_read_as_stored_when_extended() {
        let mut ban = Ban::begin(0, Terms { seconds: u32::MAX, ..TERMS }, Strikes::default());
        assert_eq!(MAX_BAN_SECONDS / 86_400, 97, "days");
        ban.extend(MAX_BAN_SECONDS - 1, 1_000);
        ban.extend(2 * MAX_BAN_SECONDS - 3, 1_000);
        let mut bytes = [0; Ban::BYTES];
        Ban::encode(Some(&ban), &mut ByteWriter(&mut bytes));
        assert_eq!(Ban::decode(0, &mut ByteReader(&bytes)), Some(ban));
    }

    #[test]
    fn ban_lasts_at_least_a_second_and_at_most_the_cap() {
        let ban = Ban::begin(1, Terms { seconds: u32::MAX, ..TERMS }, Strikes::default());
        assert_eq!(ban.until, 1 + MAX_BAN_SECONDS);
        let none = Ban::begin(1, Terms { seconds: 0, ..TERMS }, Strikes::default());
        assert_eq!(none.until, 2);
    }
}
