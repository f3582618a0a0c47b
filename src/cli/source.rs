//! What `check` and `explain` share: a configuration from a file or standard input, the
//! choice of who reads the answer, and the answer on standard output.

use std::io::{self, Read as _, Write as _};
use std::path::Path;

use anyhow::Context as _;

/// Who reads the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A person.
    Text,
    /// A program.
    Json,
}

/// The bytes of a file, or of standard input for `-`.
///
/// # Errors
/// The file cannot be read.
pub fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    if file != Path::new("-") {
        return std::fs::read(file).with_context(|| format!("cannot read {}", file.display()));
    }
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes).context("cannot read standard input")?;
    Ok(bytes)
}

/// Prints the answer. A reader that has seen enough (`unstuff explain | head`) is no error.
///
/// # Errors
/// Standard output cannot be written.
pub fn answer(text: &str) -> anyhow::Result<()> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write the answer")
        }
        _ => Ok(()),
    }
}
