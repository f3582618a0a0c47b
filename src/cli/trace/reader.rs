//! A trace file, line by line: plain, gzip (by its name) or standard input (`-`).
//!
//! One buffer for all lines, from which each [`Line`] borrows; a line has a length limit,
//! so that a file which is no trace does not fill the memory.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use anyhow::Context;
use flate2::read::MultiGzDecoder;

use super::{Line, parse};

/// The longest line in bytes: ample for an attempt with all its headers.
const LONGEST: u64 = 1 << 20;

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
    input: Box<dyn BufRead>,
    buffer: Vec<u8>,
    number: u64,
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
        let input = Box::new(BufReader::with_capacity(1 << 16, input));
        Self { file: file.to_owned(), input, buffer: Vec::new(), number: 0, whole: true }
    }

    /// Goes to the next line that is not empty; false at the end.
    ///
    /// # Errors
    ///
    /// The file cannot be read on.
    pub fn advance(&mut self) -> io::Result<bool> {
        loop {
            self.buffer.clear();
            let mut limited = (&mut self.input).take(LONGEST);
            if limited.read_until(b'\n', &mut self.buffer)? == 0 {
                return Ok(false);
            }
            self.number += 1;
            self.whole = self.buffer.last() == Some(&b'\n') || (self.buffer.len() as u64) < LONGEST;
            if !self.whole {
                self.input.skip_until(b'\n')?;
                return Ok(true);
            }
            if !self.buffer.trim_ascii().is_empty() {
                return Ok(true);
            }
        }
    }

    /// The attempt on the line that [`Reader::advance`] went to.
    ///
    /// # Errors
    ///
    /// It is none; reading on is fine.
    pub fn line(&self) -> Result<Line<'_>, BadLine> {
        if !self.whole {
            return Err(self.bad(format!("longer than {LONGEST} bytes: is it a trace?")));
        }
        parse(self.buffer.trim_ascii()).map_err(|problem| self.bad(problem))
    }

    /// The file, as it was named.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The line, from 1.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// What to say of this line.
    pub fn bad(&self, problem: String) -> BadLine {
        BadLine { file: self.file.clone(), number: self.number, problem }
    }
}
