//! The logins of a log, until they are sorted and written.

use std::io::{self, Write};

use unstuff_engine::time::Millis;
use unstuff_trace::{BadTraceLine, TraceLine};

use super::LogLine;
use crate::bad_lines::BadLines;
use crate::replay::LoginFilter;

/// What was found in logs.
pub(super) struct ImportedLogins {
    filter: Option<LoginFilter>,
    /// Lines that are not understood.
    pub bad: BadLines,
    /// Each attempt as the line of a trace, with its time.
    attempts: Vec<(Millis, Vec<u8>)>,
    /// The counts.
    pub counts: ImportCounts,
}

/// Counts of lines.
#[derive(Clone, Debug, Default)]
pub(super) struct ImportCounts {
    /// All that are not empty.
    pub lines: u64,
    /// Requests at no endpoint.
    pub elsewhere: u64,
    /// Requests that were not answered, or are none.
    pub unanswered: u64,
    /// Attempts.
    pub attempts: u64,
    /// Attempts with a username.
    pub users: u64,
    /// Attempts with a password.
    pub passwords: u64,
    /// Attempts with a client that keeps its cookies.
    pub clients: u64,
    /// The names of all headers of requests.
    pub headers: Vec<String>,
}

impl ImportedLogins {
    /// None yet. `filter`: what is kept.
    pub(super) fn new(filter: Option<LoginFilter>, strict: bool) -> Self {
        Self {
            filter,
            bad: BadLines::new(strict),
            attempts: Vec::new(),
            counts: ImportCounts::default(),
        }
    }

    /// Takes a line of the log `file`. Returns it if it is bad and ends the import.
    pub(super) fn line(
        &mut self,
        (file, number): (&str, u64),
        parsed: Result<LogLine, String>,
    ) -> Option<BadTraceLine> {
        self.counts.lines += 1;
        let attempt = match parsed {
            Ok(LogLine::Unanswered) => {
                self.counts.unanswered += 1;
                return None;
            }
            Ok(LogLine::Request(record)) => unstuff_trace::of_fields(record.into_fields()),
            Err(problem) => Err(problem),
        };
        match attempt.and_then(|attempt| self.keep(&attempt)) {
            Ok(()) => None,
            Err(problem) => self.bad.note(BadTraceLine { file: file.to_owned(), number, problem }),
        }
    }

    /// Whether there is no attempt.
    pub(super) fn is_empty(&self) -> bool {
        self.attempts.is_empty()
    }

    /// Writes all attempts in order of time; those of the same time as they came.
    ///
    /// # Errors
    /// `out` cannot be written.
    pub(super) fn write(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.attempts.sort_by_key(|(time, _)| *time);
        self.attempts.iter().try_for_each(|(_, line)| out.write_all(line))
    }

    fn keep(&mut self, attempt: &TraceLine) -> Result<(), String> {
        if self.filter.as_mut().is_some_and(|filter| !filter.is_login(attempt)) {
            self.counts.elsewhere += 1;
            return Ok(());
        }
        let mut line = Vec::new();
        attempt.write(&mut line).map_err(|error| error.to_string())?;
        self.counts.note(attempt);
        self.attempts.push((attempt.time, line));
        Ok(())
    }
}

impl ImportCounts {
    fn note(&mut self, attempt: &TraceLine) {
        self.attempts += 1;
        self.users += u64::from(attempt.user.is_some());
        self.passwords += u64::from(attempt.password_sha1.is_some());
        self.clients += u64::from(attempt.client.is_some() || attempt.known_device);
        for (name, _) in attempt.headers.iter().flatten() {
            if !self.headers.contains(name) {
                self.headers.push(name.clone());
            }
        }
    }
}
