//! Control of all workers: stop and hold.
//!
//! A stop (Ctrl-C, a full disk, a server that is down) ends every wait at once. A hold is the
//! server's `Retry-After`: one worker receives it and all wait, because it is meant for the
//! client and not for one connection.

use std::fmt;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::HumanDuration;

/// Why a run ends before its last range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum StopReason {
    /// Ctrl-C or a termination signal.
    Interrupted,
    /// The server asked to come back after this time.
    Later(Duration),
    /// This many ranges failed in a row.
    Hopeless(u32),
    /// The folder cannot be read or written.
    Disk(String),
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interrupted => write!(f, "interrupted"),
            Self::Later(wait) => {
                write!(f, "the server asks to come back in {}", HumanDuration(*wait))
            }
            Self::Hopeless(ranges) => write!(
                f,
                "{ranges} ranges in a row failed; is the base URL right, and the server up?"
            ),
            Self::Disk(error) => write!(f, "{error}"),
        }
    }
}

/// The signals from the run, or from one worker, to all workers.
#[derive(Default)]
pub(super) struct RunControl {
    state: Mutex<ControlState>,
    changed: Condvar,
}

#[derive(Default)]
struct ControlState {
    stop: Option<StopReason>,
    hold_until: Option<Instant>,
}

/// The error of a worker that was told to stop.
#[derive(Debug)]
pub(super) struct RunStopped;

impl RunControl {
    /// Stops all workers. Only the first reason counts.
    pub(super) fn stop(&self, why: StopReason) {
        self.state().stop.get_or_insert(why);
        self.changed.notify_all();
    }

    /// Why the run stops, if it does.
    pub(super) fn stopped(&self) -> Option<StopReason> {
        self.state().stop.clone()
    }

    /// Lets no worker start a request before this time has passed.
    pub(super) fn hold(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut state = self.state();
        state.hold_until = state.hold_until.max(Some(until));
    }

    /// Waits until the hold is over. True if there was a hold.
    ///
    /// # Errors
    ///
    /// The run was stopped.
    pub(super) fn await_turn(&self) -> Result<bool, RunStopped> {
        let until = self.state().hold_until;
        until.map_or_else(|| self.pause_until(Instant::now()), |until| self.pause_until(until))
    }

    /// Waits for this time.
    ///
    /// # Errors
    ///
    /// The run was stopped.
    pub(super) fn pause(&self, wait: Duration) -> Result<(), RunStopped> {
        self.pause_until(Instant::now() + wait).map(drop)
    }

    /// Waits until then. True if it had to wait.
    fn pause_until(&self, until: Instant) -> Result<bool, RunStopped> {
        let mut state = self.state();
        let mut waited = false;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if state.stop.is_some() {
                return Err(RunStopped);
            }
            if left.is_zero() {
                return Ok(waited);
            }
            waited = true;
            let woken = self.changed.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn state(&self) -> MutexGuard<'_, ControlState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stop_ends_a_long_wait_and_its_first_reason_counts() {
        let control = RunControl::default();
        let begun = Instant::now();
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| control.pause(Duration::from_secs(3600)));
            control.stop(StopReason::Interrupted);
            control.stop(StopReason::Hopeless(7));
            assert!(waiter.join().unwrap().is_err());
        });
        assert!(begun.elapsed() < Duration::from_secs(60));
        assert_eq!(control.stopped(), Some(StopReason::Interrupted));
    }

    #[test]
    fn hold_applies_to_all_and_is_never_shortened() {
        let control = RunControl::default();
        assert!(!control.await_turn().unwrap());
        let begun = Instant::now();
        control.hold(Duration::from_millis(40));
        control.hold(Duration::from_millis(1));
        assert!(control.await_turn().unwrap());
        assert!(begun.elapsed() >= Duration::from_millis(40));
        assert!(!control.await_turn().unwrap());
    }
}
