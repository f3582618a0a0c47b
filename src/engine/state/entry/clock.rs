//! Clock steps: what a new reading of the host's clock means to an entry.
//!
//! The host's time is a wall clock and can step back. An entry handles a time older than the
//! newest that it has seen by one of two rules:
//!
//! - **At most [`HELD_SECONDS`] behind** (workers read the clock in another order): the entry
//!   keeps its own time. Nothing is lost, and nothing ages twice.
//! - **More than that behind** (the clock was set back): every time in the entry moves back
//!   by the same distance, so the rest of a window or of a ban stays the same. If the entry
//!   kept its time, it would be frozen until the clock has caught up.
//!
//! A step forward looks like an idle client, and ages entries.

/// The most seconds behind an entry that a reading counts as late only.
pub(crate) const HELD_SECONDS: u32 = 60;

/// What a new reading of the clock means to an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClockStep {
    /// Time advanced by so many seconds, zero included.
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
    fn late_reading_is_held_and_clock_set_back_is_followed() {
        assert_eq!(ClockStep::between(100, 103), ClockStep::Forward(3));
        assert_eq!(ClockStep::between(100, 100), ClockStep::Forward(0));
        assert_eq!(ClockStep::between(100, 40), ClockStep::Held);
        assert_eq!(ClockStep::between(100, 39), ClockStep::SetBack(61));
    }
}
