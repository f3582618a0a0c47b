//! Time as the engine knows it: an argument, never a clock.
//!
//! The filter passes the proxy's clock, replay the trace's, tests whatever they like. The
//! clock may step backwards; what that means is the state table's business.

/// A moment: milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub u64);

impl Millis {
    /// What a clock says, in nanoseconds since the Unix epoch. `None` if it could not be read, or
    /// says 1970: such a clock was never set, and every ban and token would be wrong by decades.
    #[must_use]
    pub fn of_clock(nanoseconds: Option<u64>) -> Option<Self> {
        nanoseconds.filter(|it| *it > 0).map(|it| Self(it / 1_000_000))
    }

    /// The moment `seconds` later.
    #[must_use]
    pub fn plus_seconds(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1000)))
    }

    /// Whole seconds since the Unix epoch, saturating in the year 2106.
    #[must_use]
    pub fn seconds(self) -> u32 {
        u32::try_from(self.0 / 1000).unwrap_or(u32::MAX)
    }
}

/// The widths that are counted. Fixed, so that a changed policy finds its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Window {
    /// One minute.
    Minute,
    /// Ten minutes.
    TenMinutes,
    /// One hour.
    Hour,
    /// A day.
    Day,
}

impl Window {
    /// Every window, narrowest first.
    pub const ALL: [Self; 4] = [Self::Minute, Self::TenMinutes, Self::Hour, Self::Day];

    /// The width in seconds.
    #[must_use]
    pub const fn seconds(self) -> u32 {
        match self {
            Self::Minute => 60,
            Self::TenMinutes => 600,
            Self::Hour => 3600,
            Self::Day => 86_400,
        }
    }

    /// As it is written in a configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Minute => "1m",
            Self::TenMinutes => "10m",
            Self::Hour => "1h",
            Self::Day => "24h",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clock_that_cannot_be_read_is_no_time() {
        assert_eq!(Millis::of_clock(None), None);
        assert_eq!(Millis::of_clock(Some(0)), None);
        let nanoseconds = 1_760_000_000_123_456_789;
        assert_eq!(Millis::of_clock(Some(nanoseconds)), Some(Millis(1_760_000_000_123)));
    }
}
