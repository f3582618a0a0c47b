//! The compare-and-swap loop: read, change, write if nobody wrote in between, else retry.
//!
//! Only this loop retries. It is bounded, because a worker that spins holds up every
//! connection it serves; the caller learns that it gave up.

use crate::state::stores::{Expected, Store, WriteError};

/// Tries before an update is given up. Four workers on one key lose 3 % of first tries, so
/// this many losses in a row mean that something else is wrong.
pub const MAX_TRIES: u32 = 32;

/// How a compare-and-swap ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Written {
    /// The change is stored.
    #[default]
    Stored,
    /// There was nothing to change, so nothing was written.
    Unchanged,
    /// Given up after [`MAX_TRIES`]: the change is lost.
    Exhausted,
    /// The storage failed: the change is lost.
    Failed,
}

impl Written {
    /// Whether the change is lost.
    pub(crate) fn is_lost(self) -> bool {
        matches!(self, Self::Exhausted | Self::Failed)
    }
}

/// The result of one run of the step.
pub(crate) struct CasStep<V, R> {
    /// The new value; `None` leaves what is stored.
    pub(crate) value: Option<V>,
    /// What the caller learns from this run.
    pub(crate) result: R,
}

impl<V, R> CasStep<V, R> {
    /// Stores a value.
    pub(crate) fn store(value: V, result: R) -> Self {
        Self { value: Some(value), result }
    }

    /// Leaves what is stored.
    pub(crate) fn unchanged(result: R) -> Self {
        Self { value: None, result }
    }
}

/// The end of the loop: the last run's result, and whether its value is stored.
pub(crate) struct CasOutcome<R> {
    pub(crate) result: R,
    pub(crate) written: Written,
    /// Runs that lost against another writer.
    pub(crate) retries: u32,
}

/// Applies `step` to the value of `key` until it is stored, at most [`MAX_TRIES`] times.
/// `step` sees `None` where nothing is stored (or can be read), and runs at least once.
///
/// The first try takes the value that the store has kept, which saves a read. If that is old, its
/// version is too: the write is refused.
pub(crate) fn update_with<S, R>(
    store: &S,
    key: &str,
    mut step: impl FnMut(Option<Vec<u8>>) -> CasStep<Vec<u8>, R>,
) -> CasOutcome<R>
where
    S: Store + ?Sized,
{
    let mut retries = 0;
    let mut kept = store.take_kept(key);
    loop {
        let is_kept = kept.is_some();
        let (old, expected) = match kept.take().map_or_else(|| store.read(key), Ok) {
            Ok(Some((value, version))) => (Some(value), Expected::Version(version)),
            Ok(None) => (None, Expected::Absent),
            Err(_) => {
                return CasOutcome { result: step(None).result, written: Written::Failed, retries };
            }
        };
        let CasStep { value, result } = step(old);
        let Some(value) = value else {
            // Only what is stored can tell that there is nothing to change.
            if is_kept {
                continue;
            }
            return CasOutcome { result, written: Written::Unchanged, retries };
        };
        let written = match store.write(key, &value, expected) {
            Ok(()) => {
                store.keep_written(key, value);
                Written::Stored
            }
            Err(WriteError::Failed) => Written::Failed,
            Err(WriteError::Mismatch) => {
                retries += 1;
                if retries < MAX_TRIES {
                    continue;
                }
                Written::Exhausted
            }
        };
        return CasOutcome { result, written, retries };
    }
}
