//! A trace file, line by line: plain, gzip (by its name) or standard input (`-`).
//!
//! Lines are read and parsed in batches, ahead and on a thread of their own: parsing takes a
//! third of the time of a replay, and turn by turn with deciding it would take longer, for both
//! together are more code than a processor's cache holds. A batch owns the text that its lines
//! borrow from. A line has a length limit, so that a file which is no trace does not fill the
//! memory.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use anyhow::Context;
use flate2::read::MultiGzDecoder;
use memchr::{memchr_iter, memrchr};
use self_cell::self_cell;

use super::{Line, parse};

/// The longest line in bytes: ample for an attempt with all its headers.
const LONGEST: usize = 1 << 20;

/// What is read at once, in bytes, where lines are not longer: some 130 lines.
const READ: usize = 1 << 16;

/// Batches that wait to be taken.
const AHEAD: usize = 4;

/// A line that is no attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// The file, as it was named.
    pub file: String,
    /// The line in it, from 1.
    pub number: u64,
    /// What is wrong, naming the field; never with a password or a hash in it.
    pub problem: String,
}

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.number, self.problem)
    }
}

impl std::error::Error for BadLine {}

/// An open trace.
pub struct Reader {
    file: String,
    batches: Receiver<io::Result<Batch>>,
    thread: Option<JoinHandle<()>>,
    batch: Option<Batch>,
    /// Where in the batch the line is that comes next.
    next: usize,
}

/// What is on a line that is not empty: its number, and the attempt or what is wrong.
type Parsed<'a> = (u64, Result<Line<'a>, String>);
type ParsedLines<'a> = Vec<Parsed<'a>>;

self_cell!(
    struct Batch {
        owner: Text,
        #[covariant]
        dependent: ParsedLines,
    }
);

/// Whole lines, and the number of the first.
struct Text {
    bytes: Vec<u8>,
    first: u64,
}

impl Reader {
    /// Opens the trace at `path`.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        if path == Path::new("-") {
            return Ok(Self::new("(standard input)", io::stdin()));
        }
        let name = path.display().to_string();
        let file = File::open(path).with_context(|| format!("cannot open the trace {name}"))?;
        match path.extension() {
            Some(gz) if gz == "gz" => Ok(Self::new(&name, MultiGzDecoder::new(file))),
            _ => Ok(Self::new(&name, file)),
        }
    }

    /// A trace from any bytes; `file` is what it is called in errors.
    pub fn new(file: &str, input: impl Read + Send + 'static) -> Self {
        let (sender, batches) = sync_channel(AHEAD);
        let thread = thread::spawn(move || send_all(input, &sender));
        Self { file: file.to_owned(), batches, thread: Some(thread), batch: None, next: 0 }
    }

    /// Goes to the next line that is not empty; false at the end.
    ///
    /// # Errors
    ///
    /// The file cannot be read on.
    pub fn advance(&mut self) -> io::Result<bool> {
        self.next += 1;
        while self.parsed().is_none() {
            let Ok(batch) = self.batches.recv() else {
                // A parser that panicked must not look like the end of the trace.
                let ended = self.thread.take().map_or(Ok(()), JoinHandle::join);
                ended.unwrap_or_else(|panic| resume_unwind(panic));
                return Ok(false);
            };
            self.batch = Some(batch?);
            self.next = 1;
        }
        Ok(true)
    }

    /// The attempt on the line that [`Reader::advance`] went to.
    ///
    /// # Errors
    ///
    /// It is none; reading on is fine.
    pub fn line(&self) -> Result<&Line<'_>, BadLine> {
        match self.parsed() {
            Some((_, Ok(line))) => Ok(line),
            Some((_, Err(problem))) => Err(self.bad(problem.clone())),
            None => Err(self.bad("no line was read".to_owned())),
        }
    }

    /// The file, as it was named.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The line, from 1.
    pub fn number(&self) -> u64 {
        self.parsed().map_or(0, |(number, _)| *number)
    }

    /// What to say of this line.
    pub fn bad(&self, problem: String) -> BadLine {
        BadLine { file: self.file.clone(), number: self.number(), problem }
    }

    fn parsed(&self) -> Option<&Parsed<'_>> {
        self.batch.as_ref()?.borrow_dependent().get(self.next.checked_sub(1)?)
    }
}

/// Reads everything and sends it in batches, until nobody takes them any more.
fn send_all(mut input: impl Read, sender: &SyncSender<io::Result<Batch>>) {
    let (mut text, mut first) = (Vec::new(), 1);
    loop {
        let before = text.len();
        let ended = match read_on(&mut input, &mut text) {
            Ok(read) => read == 0,
            Err(error) => {
                // If nobody takes it, nobody is interested.
                let _ = sender.send(Err(error));
                return;
            }
        };
        let whole = match memrchr(b'\n', text.get(before..).unwrap_or_default()) {
            Some(end) => before + end + 1,
            None if ended => text.len(),
            None => {
                // Of a line that is too long no more is kept than says so.
                text.truncate(LONGEST);
                continue;
            }
        };
        let rest = text.split_off(whole);
        let bytes = std::mem::replace(&mut text, rest);
        let lines = memchr_iter(b'\n', &bytes).count() as u64;
        let batch = Batch::new(Text { bytes, first }, parse_all);
        first += lines;
        if sender.send(Ok(batch)).is_err() || ended {
            return;
        }
    }
}

/// Reads some more; 0 at the end.
fn read_on(input: &mut impl Read, text: &mut Vec<u8>) -> io::Result<usize> {
    let before = text.len();
    text.resize(before + READ, 0);
    let read = loop {
        match input.read(text.get_mut(before..).unwrap_or_default()) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => break read?,
        }
    };
    text.truncate(before + read);
    Ok(read)
}

fn parse_all(text: &Text) -> ParsedLines<'_> {
    let Text { bytes, first } = text;
    let mut start = 0;
    let lines = memchr_iter(b'\n', bytes).chain([bytes.len()]).map(move |end| {
        let line = bytes.get(start..end).unwrap_or_default();
        start = end + 1;
        line.trim_ascii()
    });
    let said = (*first..).zip(lines).filter(|(_, line)| !line.is_empty());
    said.map(|(number, line)| (number, parse_one(line))).collect()
}

fn parse_one(line: &[u8]) -> Result<Line<'_>, String> {
    if line.len() >= LONGEST {
        return Err(format!("longer than {LONGEST} bytes: is it a trace?"));
    }
    parse(line)
}
