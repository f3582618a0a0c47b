//! The logins of a record in the order in which they were decided.
//!
//! A line is written when the answer is there, so a slow login stands behind others that were decided
//! after it. Lines are held until every login that was decided earlier must have been read: an answer
//! takes ten minutes at most.

use std::collections::BTreeMap;

use unstuff_engine::time::Millis;
use unstuff_trace::TraceLine;

/// The longest that a login is waited for, in milliseconds. Envoy ends a request that stands still after
/// five minutes unless told otherwise.
const LONGEST: u64 = 600_000;

/// Logins that wait for their turn.
#[derive(Default)]
pub(super) struct RecordOrder {
    /// By when they were decided: the time, the worker's event, and the number of the line.
    held: BTreeMap<(Millis, u64, u64), Box<TraceLine>>,
    /// When the last line was written, as far as its login tells.
    newest: Millis,
}

/// A login and its line's number in the file.
pub(super) struct HeldLogin {
    /// The number of its line.
    pub number: u64,
    /// The login.
    pub line: Box<TraceLine>,
}

impl RecordOrder {
    /// Takes the login of a line.
    pub(super) fn push(&mut self, number: u64, line: Box<TraceLine>) {
        let written = Millis(line.time.0.saturating_add(line.response_ms));
        self.newest = self.newest.max(written);
        let event = line.recorded.as_ref().map_or(0, |recorded| recorded.decided.0);
        self.held.insert((line.time, event, number), line);
    }

    /// The next login, if none that was decided earlier can follow. `ended`: no line follows.
    pub(super) fn pop(&mut self, ended: bool) -> Option<HeldLogin> {
        let next = self.held.first_entry()?;
        let (decided, _, number) = *next.key();
        let is_due = ended || decided.0.saturating_add(LONGEST) <= self.newest.0;
        is_due.then(|| HeldLogin { number, line: next.remove() })
    }
}
