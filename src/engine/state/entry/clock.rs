//! The clock as the state table sees it: seconds within an entry, whatever the host's does.
//!
//! The host's time is a wall clock and can step back. An entry therefore
//! never believes a time older than the newest it has seen, by one of two rules:
//!
//! - **behind by at most [`HELD_SECONDS`]** (workers that read the clock in another order):
//!   the entry's own time is held. Nothing is lost, and nothing ages twice.
//! - **behind by more** (the clock was set back): every time in the entry moves back by the
//!   same distance, so that what was left of a window or of a ban is still left. Holding
//!   would freeze the entry until the clock has caught up, and count a day as one hour.
//!
//! A step forward cannot be told from an idle client and ages entries accordingly.

/// How far behind an entry a time may be and still count as simply late.
pub const HELD_SECONDS: u32 = 60;

/// What a new reading of the clock means to an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClockStep {
    /// Time went on by so many seconds (zero included).
    Forward(u32),
    /// A little behind: the entry keeps its own time.
    Held,
    /// The clock was set back by so many seconds.
    SetBack(u32),
}

impl ClockStep {
    /// The step from the newest second an entry has seen to `now`.
    pub(crate) fn between(newest: u32, now: u32) -> Self {
        match newest.checked_sub(now) {
            None | Some(0) => Self::Forward(now.saturating_sub(newest)),
            Some(behind) if behind <= HELD_SECONDS => Self::Held,
            Some(behind) => Self::SetBack(behind),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_reading_is_held_and_a_clock_set_back_is_followed() {
        assert_eq!(ClockStep::between(100, 103), ClockStep::Forward(3));
        assert_eq!(ClockStep::between(100, 100), ClockStep::Forward(0));
        assert_eq!(ClockStep::between(100, 40), ClockStep::Held);
        assert_eq!(ClockStep::between(100, 39), ClockStep::SetBack(61));
    }
}
