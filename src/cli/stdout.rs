//! A command's result on standard output, and the choice of its format.

use std::io::{self, Write as _};

use anyhow::Context as _;

/// The format of a command's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum OutputFormat {
    /// For a person.
    Text,
    /// For a program.
    Json,
}

/// Prints a result. A closed pipe (`unstuff explain | head`) is not an error.
///
/// # Errors
/// Standard output cannot be written.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}
