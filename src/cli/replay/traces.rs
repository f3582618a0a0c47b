//! Several traces, merged by time.
//!
//! A line that goes back in time is a bad line: windows slide forward, and sorting here would mean
//! holding a trace in memory. Ties are broken by file order, then by line order.

use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use unstuff_engine::time::Millis;

use super::record_notes::RecordNotes;
use super::record_order::{HeldLogin, RecordOrder};
use unstuff_trace::{BadTraceLine, TraceLine, TraceReader};

use crate::bad_lines::BadLines;

/// Traces that are merged.
pub(super) struct MergedTraces {
    sources: Vec<TraceSource>,
    bad: BadLines,
    /// Whether an unknown field was reported.
    unknown: bool,
    /// What the lines of records say about them.
    record: RecordNotes,
}

/// The position of a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct LinePosition<'a> {
    /// The file, as it was named.
    pub file: &'a str,
    /// The line, from 1.
    pub number: u64,
}

struct TraceSource {
    reader: TraceReader,
    /// The time of the current line.
    latest: Millis,
    /// The logins of a record that wait for their turn.
    recorded: RecordOrder,
    /// The current one.
    current: Option<HeldLogin>,
}

impl MergedTraces {
    /// Opens the traces.
    ///
    /// # Errors
    /// One cannot be opened, or standard input is asked for twice.
    pub(super) fn open(paths: &[PathBuf], strict: bool) -> anyhow::Result<Self> {
        let of_stdin = paths.iter().filter(|path| path.as_os_str() == "-").count();
        ensure!(of_stdin <= 1, "standard input (-) can be one trace, not {of_stdin}");
        let open = |path: &PathBuf| TraceReader::open(path);
        let readers = paths.iter().map(open).collect::<anyhow::Result<Vec<_>>>()?;
        Ok(Self::new(readers, strict))
    }

    /// Merges open traces.
    pub(super) fn new(readers: Vec<TraceReader>, strict: bool) -> Self {
        let source = |reader| TraceSource {
            reader,
            latest: Millis(0),
            recorded: RecordOrder::default(),
            current: None,
        };
        let sources = readers.into_iter().map(source).collect();
        let record = RecordNotes::default();
        Self { sources, bad: BadLines::new(strict), unknown: false, record }
    }

    /// Counts bad lines without reporting them.
    pub(super) fn report_none(&mut self) {
        self.bad.report_none();
    }

    /// The number of bad lines.
    pub(super) fn bad_lines(&self) -> u64 {
        self.bad.count()
    }

    /// What the lines of records say about them.
    pub(super) fn record(&self) -> &RecordNotes {
        &self.record
    }

    /// The same, after the replay.
    pub(super) fn into_record(self) -> RecordNotes {
        self.record
    }

    /// Calls `attempt` for each attempt of all traces. Returns the bad line that ended the replay,
    /// if one did.
    ///
    /// # Errors
    /// A trace cannot be read, or `attempt` failed.
    pub(super) fn each(
        &mut self,
        mut attempt: impl FnMut(LinePosition<'_>, &TraceLine) -> anyhow::Result<()>,
    ) -> anyhow::Result<Option<BadTraceLine>> {
        let Self { sources, bad, unknown, record } = self;
        let reports = bad.reports();
        // A misspelt name would silently mean "absent".
        let mut attempt = |position: LinePosition<'_>, line: &TraceLine| {
            if let (Some(name), true, false) = (&line.unknown, reports, *unknown) {
                *unknown = true;
                eprintln!(
                    "{}:{}: note: field {name:?} is not read",
                    position.file, position.number
                );
            }
            attempt(position, line)
        };
        let mut open: Vec<&mut TraceSource> = Vec::new();
        for source in sources.iter_mut() {
            match source.next_attempt(record, bad)? {
                Advance::Attempt => open.push(source),
                Advance::End => {}
                Advance::Stop(line) => return Ok(Some(line)),
            }
        }
        while let Some((next, source)) =
            open.iter_mut().enumerate().min_by_key(|(_, source)| source.latest)
        {
            if let Some((position, line)) = source.current() {
                attempt(position, line)?;
            }
            match source.next_attempt(record, bad)? {
                Advance::Attempt => {}
                // Keeps the order of the files: it breaks ties.
                Advance::End => drop(open.remove(next)),
                Advance::Stop(line) => return Ok(Some(line)),
            }
        }
        Ok(None)
    }
}

/// Where a source has advanced to.
enum Advance {
    /// An attempt.
    Attempt,
    /// Its end.
    End,
    /// A bad line that ends the replay.
    Stop(BadTraceLine),
}

impl TraceSource {
    fn advance(&mut self) -> anyhow::Result<bool> {
        let advanced = self.reader.advance();
        advanced.with_context(|| format!("cannot read the trace {}", self.reader.file()))
    }

    /// Goes to the next attempt and sets `latest` to its time.
    fn next_attempt(
        &mut self,
        record: &mut RecordNotes,
        bad: &mut BadLines,
    ) -> anyhow::Result<Advance> {
        self.current = self.recorded.pop(false);
        while self.current.is_none() && self.advance()? {
            self.reader.take_notes().iter().for_each(|it| record.note(it));
            let number = self.reader.number();
            if let Some(line) = self.reader.take_recorded() {
                line.recorded.iter().for_each(|it| record.login(it));
                if let Err(line) = self.in_order(line.time) {
                    if let Some(line) = bad.note(line) {
                        return Ok(Advance::Stop(line));
                    }
                    continue;
                }
                self.recorded.push(number, line);
                self.current = self.recorded.pop(false);
                continue;
            }
            match self.reader.line().map(|line| line.time).and_then(|time| self.in_order(time)) {
                Ok(time) => {
                    self.latest = time;
                    return Ok(Advance::Attempt);
                }
                Err(line) => {
                    if let Some(line) = bad.note(line) {
                        return Ok(Advance::Stop(line));
                    }
                }
            }
        }
        self.reader.take_notes().iter().for_each(|it| record.note(it));
        if self.current.is_none() {
            self.current = self.recorded.pop(true);
        }
        match &self.current {
            Some(held) => {
                self.latest = held.line.time;
                Ok(Advance::Attempt)
            }
            None => Ok(Advance::End),
        }
    }

    /// The time of a line, unless it is earlier than that of the last attempt.
    fn in_order(&self, time: Millis) -> Result<Millis, BadTraceLine> {
        match self.latest.0.checked_sub(time.0) {
            None | Some(0) => Ok(time),
            Some(back) => Err(self.reader.bad(format!(
                "`time` is {} s before the line above; sort the trace by time",
                back as f64 / 1000.0
            ))),
        }
    }

    /// The current attempt.
    fn current(&self) -> Option<(LinePosition<'_>, &TraceLine)> {
        let file = self.reader.file();
        match &self.current {
            Some(held) => Some((LinePosition { file, number: held.number }, &held.line)),
            None => {
                let line = self.reader.line().ok()?;
                Some((LinePosition { file, number: self.reader.number() }, line))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn traces(files: &[&[(f64, &str)]], strict: bool) -> MergedTraces {
        let line = |(time, user): &(f64, &str)| {
            format!("{{\"time\":{time},\"ip\":\"::1\",\"user\":\"{user}\",\"status\":200}}\n")
        };
        let reader = |(index, lines): (usize, &&[(f64, &str)])| {
            let text: String = lines.iter().map(line).collect();
            TraceReader::new(&format!("{index}.jsonl"), Cursor::new(text))
        };
        let mut traces = MergedTraces::new(files.iter().enumerate().map(reader).collect(), strict);
        traces.report_none();
        traces
    }

    fn users(traces: &mut MergedTraces) -> (String, Option<BadTraceLine>) {
        let mut users = String::new();
        let stopped = traces.each(|_, line| {
            users.push_str(line.user.as_deref().unwrap());
            Ok(())
        });
        (users, stopped.unwrap())
    }

    #[test]
    fn files_are_merged_by_time_and_ties_keep_file_order() {
        let a: &[_] = &[(1.0, "a"), (2.0, "b"), (2.0, "c"), (5.0, "h")];
        let b: &[_] = &[(2.0, "d"), (3.0, "f"), (6.0, "i")];
        let c: &[_] = &[(2.0, "e"), (4.0, "g")];
        assert_eq!(users(&mut traces(&[a, b, c, &[]], false)).0, "abcdefghi");
    }

    #[test]
    fn line_that_goes_back_in_time_is_bad() {
        let a: &[_] = &[(1.0, "a"), (3.0, "b"), (2.0, "x"), (3.0, "c")];
        let mut alone = traces(&[a], false);
        assert_eq!(users(&mut alone).0, "abc");
        assert_eq!(alone.bad_lines(), 1);
        let mut merged = traces(&[a, &[(2.5, "y")]], false);
        assert_eq!(users(&mut merged).0, "aybc");
        assert_eq!(merged.bad_lines(), 1);
    }

    #[test]
    fn strict_mode_stops_at_a_bad_line_and_names_it() {
        let a: &[_] = &[(1.0, "a"), (3.0, "b"), (2.0, "x"), (3.0, "c")];
        for files in [&[a][..], &[a, &[(9.0, "y")]]] {
            let (replayed, stopped) = users(&mut traces(files, true));
            let message = stopped.unwrap().to_string();
            assert!(message.starts_with("0.jsonl:3: `time` is 1 s before"), "{message}");
            assert!(replayed.len() <= 2, "{replayed}");
        }
    }
}
