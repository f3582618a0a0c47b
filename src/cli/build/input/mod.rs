//! Where the lines come from: files, folders of range files, standard input.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result};
use unstuff_engine::breached::hibp::Range;

use super::ranges::Ranges;
use super::{blocks, decompress};

/// Some text to read, and where it is from.
pub struct Job {
    /// The file's name. Consecutive jobs that share it are one text.
    pub origin: Arc<str>,
    /// The range whose file it is.
    pub range: Option<Range>,
    /// The text.
    pub text: Text,
}

/// Some text to read.
pub enum Text {
    /// Whole lines.
    Lines(Vec<u8>),
    /// A small file, for the worker to open, so that many are unpacked at once.
    File(PathBuf),
}

/// All inputs of a build.
pub struct Sources {
    inputs: Vec<Input>,
    total: Option<u64>,
    read: AtomicU64,
}

enum Input {
    Stdin,
    /// Standard input, kept because it is read twice.
    Spooled(File),
    File(PathBuf),
    Ranges(Ranges),
}

impl Sources {
    /// Looks at what there is. With `twice`, standard input is kept in a file without a
    /// name in `folder`.
    pub fn open(paths: &[PathBuf], twice: bool, folder: &Path) -> Result<Self> {
        let mut sources = Self { inputs: Vec::new(), total: Some(0), read: AtomicU64::new(0) };
        for path in paths {
            let (input, len) = if path == Path::new("-") {
                if twice { spool(folder)? } else { (Input::Stdin, None) }
            } else {
                let named = || format!("cannot read {}", path.display());
                let found = path.metadata().with_context(named)?;
                if found.is_dir() {
                    let ranges = Ranges::scan(path)?;
                    let len = ranges.len();
                    (Input::Ranges(ranges), Some(len))
                } else {
                    // A named pipe has no length.
                    (Input::File(path.clone()), found.is_file().then_some(found.len()))
                }
            };
            sources.inputs.push(input);
            sources.total = sources.total.zip(len).map(|(total, len)| total + len);
        }
        Ok(sources)
    }

    /// Bytes in all inputs as they are stored; unknown for a pipe.
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    /// Bytes read so far in this pass.
    pub fn read_so_far(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// How many of the ranges there are; `None` if no input is a folder of ranges.
    pub fn missing_ranges(&self) -> Option<u32> {
        let folders = self.inputs.iter().filter_map(|input| match input {
            Input::Ranges(ranges) => Some(Range::COUNT - ranges.count()),
            _ => None,
        });
        folders.max()
    }

    /// Reads everything, job by job, until `push` says false.
    pub fn read(&self, mut push: impl FnMut(Job) -> bool) -> Result<()> {
        self.read.store(0, Ordering::Relaxed);
        for input in &self.inputs {
            let goes_on = match input {
                Input::Stdin => self.read_stream(io::stdin(), "standard input", None, &mut push)?,
                Input::Spooled(file) => {
                    let mut file = file;
                    file.rewind().context("cannot read standard input again")?;
                    self.read_stream(file, "standard input", None, &mut push)?
                }
                Input::File(path) => {
                    let name = path.display().to_string();
                    let file = File::open(path).with_context(|| format!("cannot read {name}"))?;
                    self.read_stream(file, &name, range_of(path), &mut push)?
                }
                Input::Ranges(ranges) => ranges.files().all(|(range, path)| {
                    let origin = path.display().to_string().into();
                    push(Job { origin, range: Some(range), text: Text::File(path) })
                }),
            };
            if !goes_on {
                break;
            }
        }
        Ok(())
    }

    /// The text of a small file, unpacked.
    pub fn read_file(&self, path: &Path) -> Result<Vec<u8>> {
        let read = || -> io::Result<Vec<u8>> {
            let mut text = Vec::new();
            let counted = Counted { raw: File::open(path)?, read: &self.read };
            decompress::text(counted)?.read_to_end(&mut text)?;
            Ok(text)
        };
        read().with_context(|| format!("cannot read {}", path.display()))
    }

    fn read_stream(
        &self,
        raw: impl Read + Send,
        name: &str,
        range: Option<Range>,
        push: &mut impl FnMut(Job) -> bool,
    ) -> Result<bool> {
        let origin: Arc<str> = name.into();
        let mut goes_on = true;
        let cut = || -> io::Result<()> {
            let mut text = decompress::text(Counted { raw, read: &self.read })?;
            blocks::cut(&mut text, |lines| {
                goes_on = push(Job { origin: origin.clone(), range, text: Text::Lines(lines) });
                goes_on
            })
        };
        cut().with_context(|| format!("cannot read {name}"))?;
        Ok(goes_on)
    }
}

/// The range that a file's name says it holds, whatever its extension.
pub fn range_of(path: &Path) -> Option<Range> {
    path.file_stem()?.to_str()?.parse().ok()
}

fn spool(folder: &Path) -> Result<(Input, Option<u64>)> {
    let keep = || -> io::Result<(File, u64)> {
        let mut file = tempfile::tempfile_in(folder)?;
        let len = io::copy(&mut io::stdin(), &mut file)?;
        Ok((file, len))
    };
    let (file, len) = keep().with_context(|| {
        format!("cannot keep standard input in {}, to read it twice", folder.display())
    })?;
    Ok((Input::Spooled(file), Some(len)))
}

/// Counts the bytes that are read.
struct Counted<'a, R> {
    raw: R,
    read: &'a AtomicU64,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.raw.read(into)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
