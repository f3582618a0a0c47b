//! Locks that outlive a test's panic: what a failed test has recorded is still to be read.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Takes a lock, whether or not the task that had it before has panicked.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
