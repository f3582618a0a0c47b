//! The one owner of Ctrl-C and of the signals that ask a process to end.
//!
//! A process has one signal handler. It runs the action that the current command has set, on
//! a separate thread, so the command may be blocked in a read meanwhile.

use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use anyhow::{Result, anyhow};

/// The exit status after Ctrl-C, as shells give it: 128 and the number of SIGINT.
pub(crate) const EXIT_STATUS: u8 = 130;

type InterruptAction = Box<dyn FnMut() + Send>;

static ACTION: Mutex<Option<InterruptAction>> = Mutex::new(None);

/// Runs `action` from now on at every interrupt, in place of the action before.
///
/// # Errors
/// The signal handler cannot be installed.
pub(crate) fn on_interrupt(action: impl FnMut() + Send + 'static) -> Result<()> {
    static INSTALLED: Once = Once::new();
    *current_action() = Some(Box::new(action));
    let mut result = Ok(());
    INSTALLED.call_once(|| {
        result = ctrlc::set_handler(|| {
            if let Some(action) = current_action().as_mut() {
                action();
            }
        });
    });
    result.map_err(|error| anyhow!("cannot watch for Ctrl-C: {error}"))
}

fn current_action() -> MutexGuard<'static, Option<InterruptAction>> {
    ACTION.lock().unwrap_or_else(PoisonError::into_inner)
}
