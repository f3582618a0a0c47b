//! The bytes of a configuration: from a file, or from standard input for `-`.

use std::io::{self, Read as _};
use std::path::Path;

use anyhow::Context as _;

/// Reads a file, or standard input for `-`.
///
/// # Errors
/// The file or standard input cannot be read.
pub(crate) fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    if file != Path::new("-") {
        return std::fs::read(file).with_context(|| format!("cannot read {}", file.display()));
    }
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes).context("cannot read standard input")?;
    Ok(bytes)
}
