//! A log file, line by line.

use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;

use unstuff_trace::{BadTraceLine, LineFile};

use super::logins::ImportedLogins;
use super::{LogLine, unreadable};
use crate::progress::Progress;

/// The longest line in bytes, as of a trace.
const LONGEST: u64 = 1 << 20;

/// An open log.
pub(super) struct LogInput {
    /// The name in errors.
    pub name: String,
    /// What is in it.
    pub reader: BufReader<Box<dyn Read + Send>>,
    /// How much is read.
    pub progress: Progress,
}

impl LogInput {
    /// Opens the log at `path`.
    ///
    /// # Errors
    /// It cannot be opened.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let LineFile { name, reader, bytes } = LineFile::open(path, "the log")?;
        let progress = Progress::bytes("importing", bytes).on_terminal_only();
        Ok(Self { name, reader: BufReader::with_capacity(1 << 16, reader), progress })
    }

    /// Reads each line that is not empty. Returns the bad line that ended the import, if one did.
    ///
    /// # Errors
    /// The log cannot be read.
    pub(super) fn each_line(
        mut self,
        logins: &mut ImportedLogins,
        read: impl Fn(&[u8]) -> Result<LogLine, String>,
    ) -> anyhow::Result<Option<BadTraceLine>> {
        let (mut line, mut number, mut bytes) = (Vec::new(), 0, 0);
        loop {
            line.clear();
            let part = self.reader.by_ref().take(LONGEST).read_until(b'\n', &mut line);
            let length = part.map_err(unreadable(&self.name))? as u64;
            if length == 0 {
                return Ok(None);
            }
            number += 1;
            bytes += length;
            self.progress.show(bytes, String::new);
            let parsed = if length == LONGEST && !line.ends_with(b"\n") {
                self.reader.skip_until(b'\n').map_err(unreadable(&self.name))?;
                Err(format!("longer than {LONGEST} bytes: is it a log?"))
            } else if line.trim_ascii().is_empty() {
                continue;
            } else {
                read(line.trim_ascii())
            };
            if let Some(bad) = logins.line((&self.name, number), parsed) {
                return Ok(Some(bad));
            }
        }
    }
}
