//! The one table of what is kept: which signal, of which kind of identity, over which
//! windows, and whether it learns from outcomes or from pressure.
//!
//! The layout of an entry follows from this table and from nothing else, so that a changed
//! policy finds its state. A rule that asks for a signal or a window that is not here is a
//! validation error. A change of the table changes the layout: raise
//! [`crate::state::table::slot::SCHEMA`].
//!
//! Outcome counters learn from answers of upstream alone; a ban that ends clears them.
//! Pressure counters learn from every attempt and never start a ban.

use crate::state::kind::EntryKind;
use crate::time::Window;

impl EntryKind {
    /// Whether entries of this kind can carry a ban. A ban on a username, a password or a
    /// device would let anyone lock anyone out.
    pub(crate) const fn can_be_banned(self) -> bool {
        self.stopped().is_some()
    }

    /// What counts the stopped attempts that prolong a ban of this kind.
    pub(crate) const fn stopped(self) -> Option<Counter> {
        match self {
            Self::Ip => Some(Counter::IpStopped),
            Self::Network => Some(Counter::NetworkStopped),
            Self::Fingerprint => Some(Counter::FingerprintStopped),
            Self::Username | Self::Password | Self::Device => None,
        }
    }

    /// Whether entries of this kind are charged with attempts that have no outcome yet. The
    /// others follow from many clients, whom a burst of one is no evidence against.
    pub(crate) const fn is_charged(self) -> bool {
        matches!(self, Self::Ip | Self::Username)
    }
}

/// What a counter learns from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdatedBy {
    /// Answers of upstream alone.
    Outcome,
    /// Every attempt, stopped ones included.
    Pressure,
}

/// How a signal is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CounterKind {
    /// Events.
    Count,
    /// Distinct values, see [`super::distinct`].
    Distinct,
}

/// A signal that is kept in an entry, or one of the counts that a signal is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Counter {
    /// Attempts seen from an address.
    IpAttempts,
    /// Failed logins from an address.
    IpFailures,
    /// Successful logins from an address.
    IpSuccesses,
    /// Attempts of an address that were stopped; what prolongs its ban.
    IpStopped,
    /// Usernames that succeeded from an address, each once: its credit. A count, for the
    /// username's own entry ([`Counter::UsernameSuccessIps`]) knows whether it is a new one.
    IpCredit,
    /// Distinct usernames tried by an address.
    IpUsernames,
    /// Distinct (username, password) pairs of an address that failed.
    IpDistinctFailures,
    /// Distinct breached passwords of an address that failed.
    IpDistinctBreached,
    /// Failed logins to an account.
    UsernameFailures,
    /// Distinct addresses that tried an account.
    UsernameIps,
    /// Distinct addresses from which an account succeeded.
    UsernameSuccessIps,
    /// Failed logins from a network.
    NetworkFailures,
    /// Usernames that succeeded from a network, as [`Counter::IpCredit`].
    NetworkCredit,
    /// Attempts of a network that were stopped.
    NetworkStopped,
    /// Accounts at which a password failed, each once a day.
    PasswordFailures,
    /// Logins that succeeded with a password.
    PasswordSuccesses,
    /// Distinct accounts at which a password failed.
    PasswordUsernames,
    /// Logins of a fingerprint that failed, a repeated pair of an address once.
    FingerprintFailures,
    /// Logins of a fingerprint that succeeded.
    FingerprintSuccesses,
    /// Attempts of a fingerprint that were stopped.
    FingerprintStopped,
    /// Distinct usernames that failed with a fingerprint.
    FingerprintUsernames,
    /// Failed logins with a device cookie; what locks it.
    DeviceFailures,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct CounterRow {
    /// Which signal.
    pub counter: Counter,
    /// TokenScope entry it is in.
    pub kind: EntryKind,
    /// What it learns from.
    pub updated_by: UpdatedBy,
    /// How it is measured.
    pub measure: CounterKind,
    /// The windows it is kept for, shortest first.
    pub windows: &'static [Window],
}

const COUNTED: &[Window] = &[Window::Minute, Window::TenMinutes, Window::Hour];
/// For what many clients do together: slower, and remembered longer.
const LONG: &[Window] = &[Window::TenMinutes, Window::Hour, Window::Day];
const DISTINCT: &[Window] = &[Window::Hour, Window::Day];

/// The table, kind by kind. Its order is the order within an entry.
pub const ROWS: [CounterRow; 22] = {
    use CounterKind::{Count, Distinct};
    use EntryKind::{Device, Fingerprint, Ip, Network, Password, Username};
    use UpdatedBy::{Outcome, Pressure};
    use Window::{Day, Hour, Minute, TenMinutes};
    const fn row(
        counter: Counter,
        kind: EntryKind,
        updated_by: UpdatedBy,
        measure: CounterKind,
        windows: &'static [Window],
    ) -> CounterRow {
        CounterRow { counter, kind, updated_by, measure, windows }
    }
    [
        row(Counter::IpAttempts, Ip, Pressure, Count, COUNTED),
        row(Counter::IpFailures, Ip, Outcome, Count, COUNTED),
        row(Counter::IpSuccesses, Ip, Outcome, Count, COUNTED),
        // No rule names it: one window is enough to prolong a ban by.
        row(Counter::IpStopped, Ip, Pressure, Count, &[TenMinutes]),
        row(Counter::IpCredit, Ip, Outcome, Count, &[Day]),
        row(Counter::IpUsernames, Ip, Pressure, Distinct, &[Hour]),
        row(Counter::IpDistinctFailures, Ip, Outcome, Distinct, DISTINCT),
        row(Counter::IpDistinctBreached, Ip, Outcome, Distinct, &[Hour]),
        row(Counter::UsernameFailures, Username, Outcome, Count, &[Minute, TenMinutes, Hour, Day]),
        row(Counter::UsernameIps, Username, Pressure, Distinct, DISTINCT),
        row(Counter::UsernameSuccessIps, Username, Outcome, Distinct, &[Day]),
        row(Counter::NetworkFailures, Network, Outcome, Count, LONG),
        row(Counter::NetworkCredit, Network, Outcome, Count, &[Day]),
        row(Counter::NetworkStopped, Network, Pressure, Count, &[TenMinutes]),
        row(Counter::PasswordFailures, Password, Outcome, Count, DISTINCT),
        row(Counter::PasswordSuccesses, Password, Outcome, Count, DISTINCT),
        row(Counter::PasswordUsernames, Password, Outcome, Distinct, DISTINCT),
        row(Counter::FingerprintFailures, Fingerprint, Outcome, Count, LONG),
        row(Counter::FingerprintSuccesses, Fingerprint, Outcome, Count, LONG),
        row(Counter::FingerprintStopped, Fingerprint, Pressure, Count, &[TenMinutes]),
        row(Counter::FingerprintUsernames, Fingerprint, Outcome, Distinct, DISTINCT),
        row(Counter::DeviceFailures, Device, Outcome, Count, &[Day]),
    ]
};

impl Counter {
    /// The row of this signal.
    #[must_use]
    pub const fn row(self) -> &'static CounterRow {
        // Evaluated at run time too, but a discriminant is always within the table: the
        // test below holds each row to its place.
        const TABLE: &[CounterRow] = &ROWS;
        #[allow(clippy::indexing_slicing, reason = "a discriminant, tested to be its row")]
        &TABLE[self as usize]
    }

    /// Where in its entry the counter of this signal and window is; `None` if it is not kept.
    #[allow(clippy::indexing_slicing, reason = "discriminants, one for each place")]
    pub(crate) fn cell(self, window: Window) -> Option<usize> {
        match CELL[self as usize][window as usize] {
            NO_CELL => None,
            cell => Some(cell.into()),
        }
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

const NO_CELL: u8 = u8::MAX;

#[allow(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "evaluated at compile time; a dozen cells"
)]
const CELL: [[u8; Window::ALL.len()]; ROWS.len()] = {
    let mut cells = [[NO_CELL; Window::ALL.len()]; ROWS.len()];
    let mut i = 0;
    while i < ROWS.len() {
        let mut w = 0;
        while w < ROWS[i].windows.len() {
            cells[i][ROWS[i].windows[w] as usize] = (FIRST_CELL[i] + w) as u8;
            w += 1;
        }
        i += 1;
    }
    cells
};

/// Cells of a kind and measure in the first `rows` rows.
#[allow(clippy::indexing_slicing, reason = "evaluated at compile time")]
const fn cells_before(rows: usize, kind: EntryKind, measure: CounterKind) -> usize {
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

/// The rows of a kind.
#[allow(clippy::indexing_slicing, reason = "a discriminant, one for each place")]
pub(crate) fn rows(kind: EntryKind) -> &'static [CounterRow] {
    const TABLE: &[CounterRow] = &ROWS;
    let (first, end) = BOUNDS[kind as usize];
    TABLE.get(first..end).unwrap_or_default()
}

/// How many counters of a measure an entry of this kind has.
#[allow(clippy::indexing_slicing, reason = "discriminants, one for each place")]
pub(crate) const fn cells(kind: EntryKind, measure: CounterKind) -> usize {
    CELLS[kind as usize][measure as usize]
}

/// Whether any signal of this kind is kept over this window.
#[allow(clippy::indexing_slicing, reason = "a discriminant, one for each place")]
pub(crate) const fn uses(kind: EntryKind, window: Window) -> bool {
    WINDOWS[kind as usize] & 1 << window as u8 != 0
}

// Asked with every entry, so worked out once.
#[allow(clippy::indexing_slicing, reason = "evaluated at compile time")]
const BOUNDS: [(usize, usize); EntryKind::ALL.len()] = {
    let mut bounds = [(ROWS.len(), 0); EntryKind::ALL.len()];
    let mut i = 0;
    while i < ROWS.len() {
        let (first, end) = &mut bounds[ROWS[i].kind as usize];
        *first = if *first < i { *first } else { i };
        *end = i + 1;
        i += 1;
    }
    bounds
};

#[allow(clippy::indexing_slicing, reason = "evaluated at compile time")]
const CELLS: [[usize; 2]; EntryKind::ALL.len()] = {
    let mut cells = [[0; 2]; EntryKind::ALL.len()];
    let mut i = 0;
    while i < EntryKind::ALL.len() {
        cells[i][0] = cells_before(ROWS.len(), EntryKind::ALL[i], CounterKind::Count);
        cells[i][1] = cells_before(ROWS.len(), EntryKind::ALL[i], CounterKind::Distinct);
        i += 1;
    }
    cells
};

#[allow(clippy::indexing_slicing, reason = "evaluated at compile time")]
const WINDOWS: [u8; EntryKind::ALL.len()] = {
    let mut windows = [0; EntryKind::ALL.len()];
    let mut i = 0;
    while i < EntryKind::ALL.len() {
        windows[i] = used_windows(EntryKind::ALL[i]);
        i += 1;
    }
    windows
};

/// The windows that any signal of this kind is kept over, a bit each.
#[allow(clippy::indexing_slicing, reason = "evaluated at compile time")]
const fn used_windows(kind: EntryKind) -> u8 {
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
            assert_eq!(row.counter as usize, i, "{:?} is out of order", row.counter);
            assert_eq!(row.counter.row().counter, row.counter);
            assert!(row.windows.is_sorted(), "{:?}", row.counter);
        }
    }

    #[test]
    fn a_kind_has_its_rows_and_no_other() {
        for kind in EntryKind::ALL {
            let rows: Vec<Counter> = rows(kind).iter().map(|row| row.counter).collect();
            let all = ROWS.iter().filter(|row| row.kind == kind);
            assert_eq!(rows, all.map(|row| row.counter).collect::<Vec<_>>());
        }
    }

    #[test]
    fn no_two_counters_share_a_cell() {
        for kind in EntryKind::ALL {
            for measure in [CounterKind::Count, CounterKind::Distinct] {
                let mut found: Vec<usize> = ROWS
                    .iter()
                    .filter(|row| row.kind == kind && row.measure == measure)
                    .flat_map(|row| row.counter.cells().map(|(cell, _)| cell))
                    .collect();
                found.sort_unstable();
                assert_eq!(found, (0..cells(kind, measure)).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn what_is_not_kept_has_no_cell() {
        assert_eq!(Counter::IpFailures.cell(Window::Hour), Some(5));
        assert_eq!(Counter::IpFailures.cell(Window::Day), None);
        assert!(uses(EntryKind::Ip, Window::Day) && !uses(EntryKind::Device, Window::Hour));
    }
}
