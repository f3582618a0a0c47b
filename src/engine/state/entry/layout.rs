//! The layout of an entry, worked out once from [`ROWS`]: which counter is in which cell.
//!
//! A cell is the place of one counter over one window, numbered per kind of identity and
//! per kind of counter, in the order of the rows and shortest window first.

use super::counters::{Counter, CounterKind, CounterRow, ROWS};
use crate::state::kind::EntryKind;
use crate::time::Window;

const KINDS: usize = EntryKind::ALL.len();
const WINDOWS: usize = Window::ALL.len();

/// The layouts of all kinds. Arrays are in the order of the enums that index them.
#[derive(Debug)]
struct Layout {
    /// The first cell of each counter.
    first: [usize; ROWS.len()],
    /// The cell of each counter and window, if it is kept.
    cell: [[Option<usize>; WINDOWS]; ROWS.len()],
    /// The rows of each kind: the first one, and the first one after them.
    rows: [(usize, usize); KINDS],
    /// How many cells of each counter kind an entry of each kind has.
    cells: [[usize; 2]; KINDS],
    /// Whether an entry of each kind has a counter over each window.
    uses: [[bool; WINDOWS]; KINDS],
    /// The most cells of each counter kind that any entry has.
    most: [usize; 2],
}

/// A reference, so that an index at run time copies nothing.
const LAYOUT: &Layout = &layout();

#[allow(clippy::indexing_slicing, reason = "evaluated at compile time")]
const fn layout() -> Layout {
    let mut layout = Layout {
        first: [0; ROWS.len()],
        cell: [[None; WINDOWS]; ROWS.len()],
        rows: [(0, 0); KINDS],
        cells: [[0; 2]; KINDS],
        uses: [[false; WINDOWS]; KINDS],
        most: [0; 2],
    };
    let mut i = 0;
    while i < ROWS.len() {
        let row = &ROWS[i];
        let (kind, measure) = (row.kind as usize, row.measure as usize);
        if layout.rows[kind].1 == 0 {
            layout.rows[kind].0 = i;
        }
        layout.rows[kind].1 = i + 1;
        layout.first[i] = layout.cells[kind][measure];
        let mut w = 0;
        while w < row.windows.len() {
            let window = row.windows[w] as usize;
            layout.cell[i][window] = Some(layout.first[i] + w);
            layout.uses[kind][window] = true;
            w += 1;
        }
        layout.cells[kind][measure] += row.windows.len();
        if layout.cells[kind][measure] > layout.most[measure] {
            layout.most[measure] = layout.cells[kind][measure];
        }
        i += 1;
    }
    layout
}

#[allow(clippy::indexing_slicing, reason = "discriminants, one for each place of an array")]
impl Counter {
    /// The cell of this counter and window in its entry; `None` if it is not kept.
    pub(super) const fn cell(self, window: Window) -> Option<usize> {
        LAYOUT.cell[self as usize][window as usize]
    }

    /// The cells of this counter in its entry, with the window of each.
    pub(super) fn cells(self) -> impl Iterator<Item = (usize, Window)> {
        (LAYOUT.first[self as usize]..).zip(self.row().windows.iter().copied())
    }
}

/// The rows of a kind.
#[allow(clippy::indexing_slicing, reason = "a discriminant, one for each place of an array")]
pub(super) fn rows(kind: EntryKind) -> &'static [CounterRow] {
    const TABLE: &[CounterRow] = &ROWS;
    let (first, end) = LAYOUT.rows[kind as usize];
    TABLE.get(first..end).unwrap_or_default()
}

/// How many cells for counters of a kind an entry of this kind has.
#[allow(clippy::indexing_slicing, reason = "discriminants, one for each place of an array")]
pub(super) const fn cells(kind: EntryKind, measure: CounterKind) -> usize {
    LAYOUT.cells[kind as usize][measure as usize]
}

/// The most cells for counters of a kind that any entry has.
#[allow(clippy::indexing_slicing, reason = "a discriminant, one for each place of an array")]
pub(super) const fn most_cells(measure: CounterKind) -> usize {
    LAYOUT.most[measure as usize]
}

/// Whether an entry of this kind has any counter over this window.
#[allow(clippy::indexing_slicing, reason = "discriminants, one for each place of an array")]
pub(super) const fn uses(kind: EntryKind, window: Window) -> bool {
    LAYOUT.uses[kind as usize][window as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: [CounterKind; 2] = [CounterKind::Count, CounterKind::Distinct];

    #[test]
    fn kind_has_its_rows_and_no_other() {
        for kind in EntryKind::ALL {
            let rows: Vec<Counter> = rows(kind).iter().map(|row| row.counter).collect();
            let all = ROWS.iter().filter(|row| row.kind == kind);
            assert_eq!(rows, all.map(|row| row.counter).collect::<Vec<_>>());
        }
    }

    #[test]
    fn no_two_counters_share_a_cell() {
        for kind in EntryKind::ALL {
            for measure in BOTH {
                let mut found: Vec<usize> = ROWS
                    .iter()
                    .filter(|row| row.kind == kind && row.measure == measure)
                    .flat_map(|row| row.counter.cells().map(|(cell, _)| cell))
                    .collect();
                found.sort_unstable();
                assert_eq!(found, (0..cells(kind, measure)).collect::<Vec<_>>());
                assert!(cells(kind, measure) <= most_cells(measure));
            }
        }
        assert_eq!(BOTH.map(most_cells), [11, 4], "an address has the most of both");
    }

    #[test]
    fn cell_by_window_is_the_cell_in_order() {
        for row in &ROWS {
            for (cell, window) in row.counter.cells() {
                assert_eq!(row.counter.cell(window), Some(cell), "{:?}", row.counter);
            }
            let kept = Window::ALL.into_iter().filter(|w| row.counter.cell(*w).is_some());
            assert_eq!(kept.collect::<Vec<_>>(), row.windows, "{:?}", row.counter);
        }
    }

    #[test]
    fn windows_in_use_are_those_of_any_row() {
        for kind in EntryKind::ALL {
            for window in Window::ALL {
                let any = rows(kind).iter().any(|row| row.windows.contains(&window));
                assert_eq!(uses(kind, window), any, "{kind:?} {window:?}");
            }
        }
    }
}
