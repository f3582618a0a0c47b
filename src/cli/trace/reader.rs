//! A trace file, line by line: plain, gzip (by its name) or standard input (`-`).
//!
//! One buffer, from which each [`Line`] borrows; a line has a length limit, so that a file
//! which is no trace does not fill the memory. Lines come in batches too: to parse some dozens
//! and then to decide about them takes a third less time than turn by turn, for both together
//! are more code than the processor's cache holds.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

use anyhow::Context;
use flate2::read::MultiGzDecoder;
use memchr::memchr;

use super::{Line, parse};

/// The longest line in bytes: ample for an attempt with all its headers.
const LONGEST: usize = 1 << 20;

/// What is read at once, in bytes, where lines are not longer.
const READ: usize = 1 << 16;

/// The most lines of a batch: their attempts fit the processor's cache of data.
const BATCH: usize = 32;

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
    input: Box<dyn Read>,
    buffer: Vec<u8>,
    /// How far the buffer is filled, and of that how far it is done with.
    filled: usize,
    done: usize,
    ended: bool,
    /// The line that begins at `done` was too long to keep what is before.
    cut: bool,
    at: Place,
}

/// A line in the buffer.
#[derive(Clone, Debug, Default)]
struct Place {
    /// From 1.
    number: u64,
    bytes: Range<usize>,
    /// It is not too long.
    whole: bool,
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
    pub fn new(file: &str, input: impl Read + 'static) -> Self {
        Self {
            file: file.to_owned(),
            input: Box::new(input),
            buffer: Vec::new(),
            filled: 0,
            done: 0,
            ended: false,
            cut: false,
            at: Place::default(),
        }
    }

    /// Goes to the next line that is not empty; false at the end.
    ///
    /// # Errors
    ///
    /// The file cannot be read on.
    pub fn advance(&mut self) -> io::Result<bool> {
        while !self.advance_within() {
            if self.ended {
                return Ok(false);
            }
            self.fill()?;
        }
        Ok(true)
    }

    /// The attempt on the line that [`Reader::advance`] went to.
    ///
    /// # Errors
    ///
    /// It is none; reading on is fine.
    pub fn line(&self) -> Result<Line<'_>, BadLine> {
        self.parse(&self.at)
    }

    /// The next lines that are not empty, each with its number and the attempt on it; none
    /// at the end.
    ///
    /// # Errors
    ///
    /// The file cannot be read on.
    #[allow(clippy::type_complexity, reason = "a line, and what is wrong with it otherwise")]
    pub fn batch(&mut self) -> io::Result<Vec<(u64, Result<Line<'_>, BadLine>)>> {
        let mut places = Vec::with_capacity(BATCH);
        if self.advance()? {
            places.push(self.at.clone());
        }
        while !places.is_empty() && places.len() < BATCH && self.advance_within() {
            places.push(self.at.clone());
        }
        Ok(places.iter().map(|place| (place.number, self.parse(place))).collect())
    }

    /// The file, as it was named.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The line, from 1.
    pub fn number(&self) -> u64 {
        self.at.number
    }

    /// What to say of a line.
    pub fn bad(&self, number: u64, problem: String) -> BadLine {
        BadLine { file: self.file.clone(), number, problem }
    }

    fn parse(&self, place: &Place) -> Result<Line<'_>, BadLine> {
        let read = match place.whole {
            true => parse(self.bytes(place)),
            false => Err(format!("longer than {LONGEST} bytes: is it a trace?")),
        };
        read.map_err(|problem| self.bad(place.number, problem))
    }

    fn bytes(&self, place: &Place) -> &[u8] {
        self.buffer.get(place.bytes.clone()).unwrap_or_default().trim_ascii()
    }

    /// Goes to the next line that is not empty, if all of it is in the buffer.
    fn advance_within(&mut self) -> bool {
        while let Some(next) = self.next_place() {
            let said_something = !next.whole || !self.bytes(&next).is_empty();
            self.at = next;
            if said_something {
                return true;
            }
        }
        false
    }

    fn next_place(&mut self) -> Option<Place> {
        let rest = self.buffer.get(self.done..self.filled)?;
        let last = || (self.ended && (self.cut || !rest.is_empty())).then_some(rest.len());
        let length = memchr(b'\n', rest).or_else(last)?;
        let start = self.done;
        self.done = (start + length + 1).min(self.filled);
        let whole = !std::mem::take(&mut self.cut) && length < LONGEST;
        Some(Place { number: self.at.number + 1, bytes: start..start + length, whole })
    }

    /// Reads on behind what is not done with yet.
    fn fill(&mut self) -> io::Result<()> {
        self.buffer.copy_within(self.done..self.filled, 0);
        self.filled -= self.done;
        self.done = 0;
        if self.filled >= LONGEST {
            self.filled = 0;
            self.cut = true;
        }
        if self.buffer.len() < self.filled + READ {
            self.buffer.resize((2 * self.filled).max(READ) + READ, 0);
        }
        let room = self.buffer.get_mut(self.filled..).unwrap_or_default();
        let read = loop {
            match self.input.read(room) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.filled += read;
        self.ended = read == 0;
        Ok(())
    }
}
