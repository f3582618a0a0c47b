//! The inputs of a build: files, folders of range files, standard input.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result};
use unstuff_engine::breached::hibp::Range;

mod blocks;
mod decompress;
mod foreign;
mod lines;
mod looks;
mod ranges;
mod top;

pub(super) use lines::{ListFormat, ParsedLines};
pub(super) use top::{CountCutoff, CountHistogram};

use ranges::{RangeFolder, range_of};

/// A part of an input, and where it is from.
pub(super) struct InputChunk {
    /// The file's name. Consecutive chunks that share it are one text.
    pub origin: Arc<str>,
    /// The range, if the file holds one range.
    pub range: Option<Range>,
    /// The text.
    pub text: ChunkText,
}

/// The text of a chunk.
pub(super) enum ChunkText {
    /// Whole lines.
    Lines(Vec<u8>),
    /// A small file. The worker opens it, so many are decompressed at once.
    File(PathBuf),
}

/// All inputs of one build.
pub(super) struct BuildInputs {
    inputs: Vec<BuildInput>,
    total: Option<u64>,
    read: AtomicU64,
}

enum BuildInput {
    Stdin,
    /// A copy of standard input or of a pipe, which is read twice.
    Spooled(SpooledInput),
    File(PathBuf),
    RangeFolder(RangeFolder),
}

/// What came by a pipe, in a file without a name.
struct SpooledInput {
    name: String,
    file: File,
}

impl BuildInputs {
    /// Opens the inputs. With `twice`, what comes by a pipe is copied to an unnamed file in
    /// `folder`.
    pub(super) fn open(paths: &[PathBuf], twice: bool, folder: &Path) -> Result<Self> {
        let mut inputs = Self { inputs: Vec::new(), total: Some(0), read: AtomicU64::new(0) };
        for path in paths {
            let (input, len) = if path == Path::new("-") {
                if twice {
                    spool("standard input", &mut io::stdin(), folder)?
                } else {
                    (BuildInput::Stdin, None)
                }
            } else {
                let named = || format!("cannot read {}", path.display());
                let found = path.metadata().with_context(named)?;
                if found.is_dir() {
                    let ranges = RangeFolder::scan(path)?;
                    let len = ranges.len();
                    (BuildInput::RangeFolder(ranges), Some(len))
                } else if found.is_file() {
                    (BuildInput::File(path.clone()), Some(found.len()))
                } else if twice {
                    let mut pipe = File::open(path).with_context(named)?;
                    spool(&path.display().to_string(), &mut pipe, folder)?
                } else {
                    // A named pipe has no length.
                    (BuildInput::File(path.clone()), None)
                }
            };
            inputs.inputs.push(input);
            inputs.total = inputs.total.zip(len).map(|(total, len)| total + len);
        }
        Ok(inputs)
    }

    /// Bytes in all inputs as they are stored; unknown for a pipe.
    pub(super) fn total(&self) -> Option<u64> {
        self.total
    }

    /// Bytes read so far in this pass.
    pub(super) fn bytes_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// The number of ranges that are missing; `None` if no input is a folder of ranges.
    pub(super) fn missing_ranges(&self) -> Option<u32> {
        let folders = self.inputs.iter().filter_map(|input| match input {
            BuildInput::RangeFolder(ranges) => Some(Range::COUNT - ranges.count()),
            _ => None,
        });
        folders.max()
    }

    /// Reads everything, chunk by chunk, until `push` returns false.
    pub(super) fn read(&self, mut push: impl FnMut(InputChunk) -> bool) -> Result<()> {
        self.read.store(0, Ordering::Relaxed);
        for input in &self.inputs {
            let goes_on = match input {
                BuildInput::Stdin => {
                    self.read_stream(io::stdin(), "standard input", None, &mut push)?
                }
                BuildInput::Spooled(SpooledInput { name, file }) => {
                    let mut file = file;
                    file.rewind().with_context(|| format!("cannot read {name} again"))?;
                    self.read_stream(file, name, None, &mut push)?
                }
                BuildInput::File(path) => {
                    let name = path.display().to_string();
                    let file = File::open(path).with_context(|| format!("cannot read {name}"))?;
                    self.read_stream(file, &name, range_of(path), &mut push)?
                }
                BuildInput::RangeFolder(ranges) => ranges.files().all(|(range, path)| {
                    let origin = path.display().to_string().into();
                    push(InputChunk { origin, range: Some(range), text: ChunkText::File(path) })
                }),
            };
            if !goes_on {
                break;
            }
        }
        Ok(())
    }

    /// The decompressed text of a small file.
    pub(super) fn read_file(&self, path: &Path) -> Result<Vec<u8>> {
        let read = || -> io::Result<Vec<u8>> {
            let mut text = Vec::new();
            let counted = CountingReader { raw: File::open(path)?, read: &self.read };
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
        push: &mut impl FnMut(InputChunk) -> bool,
    ) -> Result<bool> {
        let origin: Arc<str> = name.into();
        let mut goes_on = true;
        let cut = || -> io::Result<()> {
            let mut text = decompress::text(CountingReader { raw, read: &self.read })?;
            blocks::cut(&mut text, |lines| {
                goes_on = push(InputChunk {
                    origin: origin.clone(),
                    range,
                    text: ChunkText::Lines(lines),
                });
                goes_on
            })
        };
        cut().with_context(|| format!("cannot read {name}"))?;
        Ok(goes_on)
    }
}

fn spool(name: &str, pipe: &mut dyn Read, folder: &Path) -> Result<(BuildInput, Option<u64>)> {
    let mut keep = || -> io::Result<(File, u64)> {
        let mut file = tempfile::tempfile_in(folder)?;
        let len = io::copy(pipe, &mut file)?;
        Ok((file, len))
    };
    let (file, len) = keep()
        .with_context(|| format!("cannot keep {name} in {}, to read it twice", folder.display()))?;
    let name = name.to_owned();
    Ok((BuildInput::Spooled(SpooledInput { name, file }), Some(len)))
}

/// A reader that counts the bytes it reads.
struct CountingReader<'a, R> {
    raw: R,
    read: &'a AtomicU64,
}

impl<R: Read> Read for CountingReader<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.raw.read(into)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
