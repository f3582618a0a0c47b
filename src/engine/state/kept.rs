//! The one table of what is kept: which signal, of which kind of identity, over which
//! windows, and whether it learns from outcomes or from pressure.
//!
//! The layout of an entry follows from this table and from nothing else, so that a changed
//! policy finds its state. A rule that asks for a signal or a window that is not here is a
//! validation error. A change of the table changes the layout: raise
//! [`super::slot::SCHEMA`].
//!
//! Outcome counters learn from answers of upstream alone; a ban that ends clears them.
//! Pressure counters learn from every attempt and never start a ban.

use crate::time::Window;

/// A kind of identity; each has its own region of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A client address (IPv4 /32, IPv6 /64).
    Ip,
    /// A normalised username.
    Username,
}

impl Kind {
    /// All kinds, in the order of their regions.
    pub const ALL: [Self; 2] = [Self::Ip, Self::Username];

    /// The byte that stands for the kind in hashes and slots.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Ip => 0,
            Self::Username => 1,
        }
    }

    /// Whether entries of this kind can carry a ban. A ban on a username would let anyone
    /// lock anyone out.
    pub(crate) const fn can_be_banned(self) -> bool {
        matches!(self, Self::Ip)
    }
}

/// What a counter learns from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Learns {
    /// Answers of upstream alone.
    Outcome,
    /// Every attempt, stopped ones included.
    Pressure,
}

/// How a signal is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Events.
    Count,
    /// Distinct values, see [`super::distinct`].
    Distinct,
}

/// A signal that is kept in an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kept {
    /// Attempts seen from an address.
    IpAttempts,
    /// Failed logins from an address.
    IpFailures,
    /// Successful logins from an address.
    IpSuccesses,
    /// Attempts of an address that were stopped; what prolongs its ban.
    IpStopped,
    /// Distinct usernames tried by an address.
    IpUsernames,
    /// Distinct (username, password) pairs of an address that failed.
    IpDistinctFailures,
    /// Distinct usernames of an address that succeeded: its credit.
    IpCredit,
    /// Failed logins to an account.
    UsernameFailures,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Which signal.
    pub kept: Kept,
    /// Whose entry it is in.
    pub kind: Kind,
    /// What it learns from.
    pub learns: Learns,
    /// How it is measured.
    pub measure: Measure,
    /// The windows it is kept for, shortest first.
    pub windows: &'static [Window],
}

const COUNTED: &[Window] = &[Window::Minute, Window::TenMinutes, Window::Hour];

/// The table. Its order is the order within an entry.
pub const ROWS: [Row; 8] = {
    use Learns::{Outcome, Pressure};
    use Measure::{Count, Distinct};
    use Window::{Day, Hour, TenMinutes};
    const fn row(
        kept: Kept,
        kind: Kind,
        learns: Learns,
        measure: Measure,
        windows: &'static [Window],
    ) -> Row {
        Row { kept, kind, learns, measure, windows }
    }
    [
        row(Kept::IpAttempts, Kind::Ip, Pressure, Count, COUNTED),
        row(Kept::IpFailures, Kind::Ip, Outcome, Count, COUNTED),
        row(Kept::IpSuccesses, Kind::Ip, Outcome, Count, COUNTED),
        // No rule names it: one window is enough to prolong a ban by.
        row(Kept::IpStopped, Kind::Ip, Pressure, Count, &[TenMinutes]),
        row(Kept::IpUsernames, Kind::Ip, Pressure, Distinct, &[Hour]),
        row(Kept::IpDistinctFailures, Kind::Ip, Outcome, Distinct, &[Hour, Day]),
        row(Kept::IpCredit, Kind::Ip, Outcome, Distinct, &[Hour]),
        row(Kept::UsernameFailures, Kind::Username, Outcome, Count, COUNTED),
    ]
};

impl Kept {
    /// The row of this signal.
    #[must_use]
    pub const fn row(self) -> &'static Row {
        // Evaluated at run time too, but a discriminant is always within the table: the
        // test below holds each row to its place.
        const TABLE: &[Row] = &ROWS;
        #[allow(clippy::indexing_slicing, reason = "a discriminant, tested to be its row")]
        &TABLE[self as usize]
    }

    /// Where in its entry the counter of this signal and window is; `None` if it is not kept.
    pub(crate) fn cell(self, window: Window) -> Option<usize> {
        self.cells().find(|(_, kept)| *kept == window).map(|(cell, _)| cell)
    }

    /// Where in its entry the counters of this signal are, with the window of each.
    pub(crate) fn cells(self) -> impl Iterator<Item = (usize, Window)> {
        #[allow(clippy::indexing_slicing, reason = "a discriminant, tested to be its row")]
        let first = FIRST_CELL[self as usize];
        self.row().windows.iter().enumerate().map(move |(i, window)| (first + i, *window))
    }
}

#[allow(clippy::indexing_slicing, reason = "evaluated at compile time")]
const FIRST_CELL: [usize; ROWS.len()] = {
    let mut first = [0; ROWS.len()];
    let mut i = 0;
    while i < ROWS.len() {
        let row = &ROWS[i];
        first[i] = cells_before(i, row.kind, row.measure);
        i += 1;
    }
    first
};

/// Cells of a kind and measure in the first `rows` rows.
#[allow(clippy::indexing_slicing, reason = "evaluated at compile time")]
const fn cells_before(rows: usize, kind: Kind, measure: Measure) -> usize {
    let mut cells = 0;
    let mut i = 0;
    while i < rows {
        let row = &ROWS[i];
        if row.kind.code() == kind.code() && row.measure as u8 == measure as u8 {
            cells += row.windows.len();
        }
        i += 1;
    }
    cells
}

/// How many counters of a measure an entry of this kind has.
pub(crate) const fn cells(kind: Kind, measure: Measure) -> usize {
    match (kind, measure) {
        (Kind::Ip, Measure::Count) => const { all_cells(Kind::Ip, Measure::Count) },
        (Kind::Ip, Measure::Distinct) => const { all_cells(Kind::Ip, Measure::Distinct) },
        (Kind::Username, Measure::Count) => const { all_cells(Kind::Username, Measure::Count) },
        (Kind::Username, Measure::Distinct) => {
            const { all_cells(Kind::Username, Measure::Distinct) }
        }
    }
}

const fn all_cells(kind: Kind, measure: Measure) -> usize {
    cells_before(ROWS.len(), kind, measure)
}

/// Whether any signal of this kind is kept over this window.
pub(crate) const fn uses(kind: Kind, window: Window) -> bool {
    let windows = match kind {
        Kind::Ip => const { used_windows(Kind::Ip) },
        Kind::Username => const { used_windows(Kind::Username) },
    };
    windows & 1 << window as u8 != 0
}

/// The windows that any signal of this kind is kept over, a bit each.
#[allow(clippy::indexing_slicing, reason = "evaluated at compile time")]
const fn used_windows(kind: Kind) -> u8 {
    let mut windows = 0;
    let mut i = 0;
    while i < ROWS.len() {
        let row = &ROWS[i];
        let mut w = 0;
        while w < row.windows.len() {
            if row.kind.code() == kind.code() {
                windows |= 1 << row.windows[w] as u8;
            }
            w += 1;
        }
        i += 1;
    }
    windows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_signal_finds_its_own_row() {
        for (i, row) in ROWS.iter().enumerate() {
            assert_eq!(row.kept as usize, i, "{:?} is out of order", row.kept);
            assert_eq!(row.kept.row().kept, row.kept);
            assert!(row.windows.is_sorted(), "{:?}", row.kept);
        }
    }

    #[test]
    fn no_two_counters_share_a_cell() {
        for kind in Kind::ALL {
            for measure in [Measure::Count, Measure::Distinct] {
                let mut found: Vec<usize> = ROWS
                    .iter()
                    .filter(|row| row.kind == kind && row.measure == measure)
                    .flat_map(|row| row.kept.cells().map(|(cell, _)| cell))
                    .collect();
                found.sort_unstable();
                assert_eq!(found, (0..cells(kind, measure)).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn what_is_not_kept_has_no_cell() {
        assert_eq!(Kept::IpFailures.cell(Window::Hour), Some(5));
        assert_eq!(Kept::IpFailures.cell(Window::Day), None);
        assert!(uses(Kind::Ip, Window::Day) && !uses(Kind::Username, Window::Day));
    }
}
