//! A trace file, line by line.
//!
//! Lines are read and parsed ahead, in batches, on a thread of their own. Parsing takes a third of
//! a replay's time, and alternating with decisions would take longer: together they are more code
//! than a processor's cache holds. A line has a length limit, so that a file which is not a trace
//! does not fill the memory.

use std::fmt;
use std::io::{self, BufRead as _, BufReader, Read};
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use super::parser::parse_item;
use super::record::{RecordItem, RecordNote};
use super::{LineFile, TraceLine, record};

/// The longest line in bytes: ample for an attempt with all its headers.
const LONGEST: u64 = 1 << 20;

/// The byte order mark that some editors write at the beginning of a text.
const BOM: [u8; 3] = [0xef, 0xbb, 0xbf];

/// Bytes per read.
const READ: usize = 1 << 16;

/// Lines per batch: about as many as a read has.
const BATCH: usize = 128;

/// Batches that may wait to be taken.
const AHEAD: usize = 4;

/// A line that is not an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadTraceLine {
    /// The file, as it was named.
    pub file: String,
    /// The line in it, from 1.
    pub number: u64,
    /// What is wrong, naming the field; never with a password or a hash in it.
    pub problem: String,
}

impl fmt::Display for BadTraceLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.number, self.problem)
    }
}

impl std::error::Error for BadTraceLine {}

/// An open trace.
pub struct TraceReader {
    file: String,
    batches: Receiver<io::Result<LineBatch>>,
    thread: Option<JoinHandle<()>>,
    batch: LineBatch,
    /// The current line in the batch, from 1; 0 before the first.
    next: usize,
    notes: Vec<RecordNote>,
}

/// A line that is not empty.
struct NumberedLine {
    /// From 1.
    number: u64,
    /// The attempt, what a record says beside, or what is wrong.
    parsed: Result<RecordItem, String>,
}

type LineBatch = Vec<NumberedLine>;

impl TraceReader {
    /// Opens the trace at `path`.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let file = LineFile::open(path, "the trace")?;
        Ok(Self::new(&file.name, file.reader))
    }

    /// Reads a trace from `input`; `file` is its name in errors.
    pub fn new(file: &str, input: impl Read + Send + 'static) -> Self {
        let (sender, batches) = sync_channel(AHEAD);
        let thread = thread::spawn(move || send_all(input, &sender));
        Self {
            file: file.to_owned(),
            batches,
            thread: Some(thread),
            batch: Vec::new(),
            next: 0,
            notes: Vec::new(),
        }
    }

    /// Goes to the next line that is an attempt, or should be one; false at the end. What a record says
    /// beside its logins is kept for [`TraceReader::take_notes`].
    ///
    /// # Errors
    ///
    /// The rest of the file cannot be read.
    pub fn advance(&mut self) -> io::Result<bool> {
        while self.advance_any()? {
            match self.parsed().map(|line| &line.parsed) {
                Some(Ok(RecordItem::Note(note))) => self.notes.push(note.clone()),
                Some(Ok(RecordItem::Login(_)) | Err(_)) => return Ok(true),
                None => {}
            }
        }
        Ok(false)
    }

    fn advance_any(&mut self) -> io::Result<bool> {
        self.next += 1;
        while self.parsed().is_none() {
            let Ok(batch) = self.batches.recv() else {
                // A parser that panicked must not look like the end of the trace.
                let ended = self.thread.take().map_or(Ok(()), JoinHandle::join);
                ended.unwrap_or_else(|panic| resume_unwind(panic));
                return Ok(false);
            };
            self.batch = batch?;
            self.next = 1;
        }
        Ok(true)
    }

    /// The attempt on the line that [`TraceReader::advance`] went to.
    ///
    /// # Errors
    ///
    /// The line is not an attempt. Later lines can still be read.
    pub fn line(&self) -> Result<&TraceLine, BadTraceLine> {
        match self.parsed() {
            Some(NumberedLine { parsed: Ok(RecordItem::Login(line)), .. }) => Ok(line),
            Some(NumberedLine { parsed: Err(problem), .. }) => Err(self.bad(problem.clone())),
            _ => Err(self.bad("no line was read".to_owned())),
        }
    }

    /// The login on this line, if it is of a decision record. Afterwards the line has none.
    pub fn take_recorded(&mut self) -> Option<Box<TraceLine>> {
        let read = self.next.checked_sub(1).and_then(|at| self.batch.get_mut(at))?;
        match &read.parsed {
            Ok(RecordItem::Login(line)) if line.recorded.is_some() => {
                let taken = std::mem::replace(&mut read.parsed, Err("taken".to_owned()));
                if let Ok(RecordItem::Login(line)) = taken { Some(line) } else { None }
            }
            _ => None,
        }
    }

    /// What a record said beside its logins, since the last time.
    pub fn take_notes(&mut self) -> Vec<RecordNote> {
        std::mem::take(&mut self.notes)
    }

    /// The file, as it was named.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The line, from 1.
    pub fn number(&self) -> u64 {
        self.parsed().map_or(0, |line| line.number)
    }

    /// The error for this line.
    pub fn bad(&self, problem: String) -> BadTraceLine {
        BadTraceLine { file: self.file.clone(), number: self.number(), problem }
    }

    fn parsed(&self) -> Option<&NumberedLine> {
        self.batch.get(self.next.checked_sub(1)?)
    }
}

/// Reads everything and sends it in batches, until the receiver is dropped.
fn send_all(input: impl Read, sender: &SyncSender<io::Result<LineBatch>>) {
    let mut lines =
        LineParser { input: BufReader::with_capacity(READ, input), number: 0, text: Vec::new() };
    loop {
        let mut batch = Vec::with_capacity(BATCH);
        let result = lines.fill(&mut batch);
        // A reader that was dropped needs neither lines nor the error.
        let dropped = sender.send(Ok(batch)).is_err();
        match result {
            Ok(true) if !dropped => {}
            Err(error) => {
                let _ = sender.send(Err(error));
                return;
            }
            Ok(_) => return,
        }
    }
}

/// Whether a line is of the log in which a record stands, and not of the record: it begins with a
/// date, as those of Envoy's log (`[2026-`) and of the access log of the example (`2026-`) do.
fn is_of_a_log(line: &[u8]) -> bool {
    let date = line.strip_prefix(b"[").unwrap_or(line);
    let begins =
        matches!(date, [a, b, c, d, b'-', ..] if [a, b, c, d].iter().all(|it| it.is_ascii_digit()));
    begins && std::str::from_utf8(line).is_ok_and(|line| record::find(line).is_none())
}

/// Parses the lines of an input.
struct LineParser<R> {
    input: BufReader<R>,
    /// The number of the current line, from 1.
    number: u64,
    /// The bytes of the current line.
    text: Vec<u8>,
}

impl<R: Read> LineParser<R> {
    /// Fills a batch; false at the end of the input.
    fn fill(&mut self, batch: &mut LineBatch) -> io::Result<bool> {
        while batch.len() < BATCH {
            self.text.clear();
            let read = self.input.by_ref().take(LONGEST).read_until(b'\n', &mut self.text)?;
            if read == 0 {
                return Ok(false);
            }
            self.number += 1;
            if self.number == 1 && self.text.starts_with(&BOM) {
                self.text.drain(..BOM.len());
            }
            let too_long = read as u64 == LONGEST && !self.text.ends_with(b"\n");
            let line = self.text.trim_ascii();
            let parsed = match too_long {
                true => {
                    self.input.skip_until(b'\n')?;
                    Err(format!("longer than {LONGEST} bytes: is it a trace?"))
                }
                // Envoy's own log, in which a record may stand.
                false if line.is_empty() || is_of_a_log(line) => continue,
                false => parse_item(line),
            };
            batch.push(NumberedLine { number: self.number, parsed });
        }
        Ok(true)
    }
}
