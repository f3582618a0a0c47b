//! Several traces as one, in order of time.
//!
//! A line that is no attempt is said, counted and passed over, or stops everything
//! (`--strict`). So is one that goes back in time: windows slide forward, and to sort here
//! would mean to hold a trace in memory. Equal times keep the order of the files, then of
//! the lines.

use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use unstuff_engine::time::Millis;

pub use crate::trace::BadLine;
use crate::trace::{Line, Reader};

/// Bad lines that are described; the rest are counted. Ten show the pattern.
const DESCRIBED: u64 = 10;

/// Traces that are read together.
pub struct Traces {
    sources: Vec<Source>,
    strict: bool,
    describes: bool,
    bad: u64,
    /// A field that traces do not have was seen, and said.
    unknown: bool,
}

/// Where a line stands.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The file, as it was named.
    pub file: &'a str,
    /// The line, from 1.
    pub number: u64,
}

struct Source {
    reader: Reader,
    /// The time of the line that the reader is at.
    latest: Millis,
}

impl Traces {
    /// Opens the traces.
    ///
    /// # Errors
    /// One cannot be opened, or standard input is asked for twice.
    pub fn open(paths: &[PathBuf], strict: bool) -> anyhow::Result<Self> {
        let of_stdin = paths.iter().filter(|path| path.as_os_str() == "-").count();
        ensure!(of_stdin <= 1, "standard input (-) can be one trace, not {of_stdin}");
        let open = |path: &PathBuf| Reader::open(path);
        let readers = paths.iter().map(open).collect::<anyhow::Result<Vec<_>>>()?;
        Ok(Self::new(readers, strict))
    }

    /// Reads from what is open already.
    pub fn new(readers: Vec<Reader>, strict: bool) -> Self {
        let source = |reader| Source { reader, latest: Millis(0) };
        let sources = readers.into_iter().map(source).collect();
        Self { sources, strict, describes: true, bad: 0, unknown: false }
    }

    /// Only counts bad lines.
    pub fn describe_none(&mut self) {
        self.describes = false;
    }

    /// How many lines were bad.
    pub fn bad(&self) -> u64 {
        self.bad
    }

    /// Calls `attempt` for each attempt of all traces. The bad line, if one stopped it.
    ///
    /// # Errors
    /// A trace cannot be read on, or what `attempt` says.
    pub fn each(
        &mut self,
        mut attempt: impl FnMut(Place<'_>, &Line<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<Option<BadLine>> {
        let Self { sources, strict, describes, bad, unknown } = self;
        // A misspelt name would silently mean "absent"; a log with more in it is fine.
        let mut attempt = |place: Place<'_>, line: &Line<'_>| {
            if let (Some(name), true, false) = (&line.unknown, *describes, *unknown) {
                *unknown = true;
                eprintln!("{}:{}: note: field {name:?} is not read", place.file, place.number);
            }
            attempt(place, line)
        };
        let mut note = |line: BadLine| {
            *bad += 1;
            if *strict {
                return Some(line);
            }
            if *describes && *bad <= DESCRIBED {
                eprintln!("{line}");
            } else if *describes && *bad == DESCRIBED + 1 {
                eprintln!("more bad lines follow; they are counted");
            }
            None
        };
        let mut open: Vec<&mut Source> = Vec::new();
        for source in sources.iter_mut() {
            match source.forward(&mut note)? {
                Forward::At => open.push(source),
                Forward::End => {}
                Forward::Stop(line) => return Ok(Some(line)),
            }
        }
        while let Some((next, source)) =
            open.iter_mut().enumerate().min_by_key(|(_, source)| source.latest)
        {
            if let Ok(line) = source.reader.line() {
                attempt(source.place(), line)?;
            }
            match source.forward(&mut note)? {
                Forward::At => {}
                // In order: equal times go to the file named first.
                Forward::End => drop(open.remove(next)),
                Forward::Stop(line) => return Ok(Some(line)),
            }
        }
        Ok(None)
    }
}

/// How far a source came.
enum Forward {
    /// To an attempt.
    At,
    /// To its end.
    End,
    /// To a bad line that stops everything.
    Stop(BadLine),
}

impl Source {
    fn advance(&mut self) -> anyhow::Result<bool> {
        let advanced = self.reader.advance();
        advanced.with_context(|| format!("cannot read the trace {}", self.reader.file()))
    }

    /// To the next attempt, whose time is then `latest`.
    fn forward(
        &mut self,
        note: &mut impl FnMut(BadLine) -> Option<BadLine>,
    ) -> anyhow::Result<Forward> {
        while self.advance()? {
            match self.ordered().map(|line| line.time) {
                Ok(time) => {
                    self.latest = time;
                    return Ok(Forward::At);
                }
                Err(line) => {
                    if let Some(line) = note(line) {
                        return Ok(Forward::Stop(line));
                    }
                }
            }
        }
        Ok(Forward::End)
    }

    /// The attempt on this line, if it is not before the last one.
    fn ordered(&self) -> Result<&Line<'_>, BadLine> {
        let line = self.reader.line()?;
        match self.latest.0.checked_sub(line.time.0) {
            None | Some(0) => Ok(line),
            Some(back) => Err(self.reader.bad(format!(
                "`time` is {} s before the line above; sort the trace by time",
                back as f64 / 1000.0
            ))),
        }
    }

    fn place(&self) -> Place<'_> {
        Place { file: self.reader.file(), number: self.reader.number() }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn traces(files: &[&[(f64, &str)]], strict: bool) -> Traces {
        let line = |(time, user): &(f64, &str)| {
            format!("{{\"time\":{time},\"ip\":\"::1\",\"user\":\"{user}\",\"status\":200}}\n")
        };
        let reader = |(index, lines): (usize, &&[(f64, &str)])| {
            let text: String = lines.iter().map(line).collect();
            Reader::new(&format!("{index}.jsonl"), Cursor::new(text))
        };
        let mut traces = Traces::new(files.iter().enumerate().map(reader).collect(), strict);
        traces.describe_none();
        traces
    }

    fn users(traces: &mut Traces) -> (String, Option<BadLine>) {
        let mut users = String::new();
        let stopped = traces.each(|_, line| {
            users.push_str(&line.user);
            Ok(())
        });
        (users, stopped.unwrap())
    }

    #[test]
    fn several_files_are_merged_by_time_and_equal_times_keep_file_order() {
        let a: &[_] = &[(1.0, "a"), (2.0, "b"), (2.0, "c"), (5.0, "h")];
        let b: &[_] = &[(2.0, "d"), (3.0, "f"), (6.0, "i")];
        let c: &[_] = &[(2.0, "e"), (4.0, "g")];
        assert_eq!(users(&mut traces(&[a, b, c, &[]], false)).0, "abcdefghi");
    }

    #[test]
    fn a_line_that_goes_back_in_time_is_bad() {
        let a: &[_] = &[(1.0, "a"), (3.0, "b"), (2.0, "x"), (3.0, "c")];
        let mut alone = traces(&[a], false);
        assert_eq!(users(&mut alone).0, "abc");
        assert_eq!(alone.bad(), 1);
        let mut merged = traces(&[a, &[(2.5, "y")]], false);
        assert_eq!(users(&mut merged).0, "aybc");
        assert_eq!(merged.bad(), 1);
    }

    #[test]
    fn strict_stops_at_a_bad_line_and_says_which() {
        let a: &[_] = &[(1.0, "a"), (3.0, "b"), (2.0, "x"), (3.0, "c")];
        for files in [&[a][..], &[a, &[(9.0, "y")]]] {
            let (seen, stopped) = users(&mut traces(files, true));
            let said = stopped.unwrap().to_string();
            assert!(said.starts_with("0.jsonl:3: `time` is 1 s before"), "{said}");
            assert!(seen.len() <= 2, "{seen}");
        }
    }
}
