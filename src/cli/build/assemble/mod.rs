//! Assembly of the filter's file from runs of sorted keys: one shard after the other, then the
//! header.
//!
//! The shape of a filter depends on the number of keys, which is known only at the end of a
//! stream. So the first million keys are held back (20 MB): sorted SHA-1s are uniform, so the
//! position of the millionth in the range of hashes gives the number of all keys within 0.1 %. A
//! shorter list is counted exactly.

use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::sync::OnceLock;

use anyhow::{Context, Result, bail};
use sha1::{Digest as _, Sha1};
use unstuff_engine::breached::{FilterHeader, FilterShape, Sha1Digest, ShardBuilder, header};

mod estimate;
mod fill;
mod spill;

pub(super) use estimate::{FillStatistics, KeyEstimate};
pub(super) use fill::{FilledShards, ShardFiller};
pub(super) use spill::Spill;

/// The number of keys that are held back for the extrapolation.
const SAMPLE: usize = 1_000_000;

/// Keys to add to the filter, sorted and distinct.
pub(super) enum KeyRun {
    /// Not in shards, because the shape was not known.
    Keys(Vec<Sha1Digest>),
    /// In shards.
    FilledShards(FilledShards),
}

/// Writes runs of keys to a filter's file.
pub(super) struct FilterAssembler<'a, W: Write> {
    out: BufWriter<W>,
    fp_rate: f64,
    /// The shape, once it is known; the workers read it.
    shape: &'a OnceLock<FilterShape>,
    expected: KeyEstimate,
    held_back: Vec<Sha1Digest>,
    filling: Option<CurrentShard>,
    fill: FillStatistics,
    last: Option<Sha1Digest>,
}

/// The shard that is being filled.
struct CurrentShard {
    shape: FilterShape,
    filler: ShardFiller,
    empty: Vec<u8>,
    shard: Vec<u8>,
    index: u64,
    keys: u64,
    checksum: Sha1,
}

impl<'a, W: Write + Seek> FilterAssembler<'a, W> {
    /// Starts with an empty file. `keys` is the number of keys, if it is known.
    pub(super) fn new(
        file: W,
        fp_rate: f64,
        keys: Option<KeyEstimate>,
        shape: &'a OnceLock<FilterShape>,
    ) -> Result<Self> {
        let mut out = BufWriter::new(file);
        out.write_all(&[0; header::LEN])?;
        let mut assembler = Self {
            out,
            fp_rate,
            shape,
            expected: KeyEstimate::Counted(0),
            held_back: Vec::with_capacity(SAMPLE + SAMPLE / 8),
            filling: None,
            fill: FillStatistics::default(),
            last: None,
        };
        if let Some(expected) = keys {
            assembler.decide(expected)?;
        }
        Ok(assembler)
    }

    /// Distinct keys so far.
    pub(super) fn keys(&self) -> u64 {
        self.fill.keys + self.held_back.len() as u64
    }

    /// Adds the next run. Its first key may repeat the last key of the run before.
    pub(super) fn add(&mut self, run: KeyRun) -> Result<()> {
        match run {
            KeyRun::Keys(keys) if self.filling.is_none() => {
                let again = self.held_back.last() == keys.first();
                self.held_back.extend(keys.into_iter().skip(usize::from(again)));
                if self.held_back.len() >= SAMPLE {
                    let expected = KeyEstimate::extrapolated(&self.held_back);
                    self.decide(expected)?;
                }
                Ok(())
            }
            KeyRun::Keys(keys) => self.add_keys(&keys),
            KeyRun::FilledShards(shards) => self.add_shards(&shards),
        }
    }

    /// Writes the remaining shards, then the header that `describe` makes from shape, number of
    /// keys and checksum. Returns the header, the estimate of keys and the fill statistics.
    pub(super) fn finish(
        mut self,
        describe: impl FnOnce(FilterShape, u64, [u8; 20]) -> FilterHeader,
    ) -> Result<(FilterHeader, KeyEstimate, FillStatistics)> {
        if self.filling.is_none() {
            self.decide(KeyEstimate::Counted(self.held_back.len() as u64))?;
        }
        let Some(mut filling) = self.filling else { bail!("no shape has been decided") };
        while filling.index < filling.shape.shard_count() {
            filling.write_shard(&mut self.out, &mut self.fill)?;
        }
        let checksum = filling.checksum.finalize().into();
        let header = describe(filling.shape, self.fill.keys, checksum);
        self.out.seek(SeekFrom::Start(0))?;
        self.out.write_all(&header.encode())?;
        self.out.flush()?;
        Ok((header, self.expected, self.fill))
    }

    /// Decides the shape, and adds the keys that were held back.
    fn decide(&mut self, expected: KeyEstimate) -> Result<()> {
        let shape = FilterShape::for_keys(expected.keys(), self.fp_rate)?;
        self.expected = expected;
        self.filling = Some(CurrentShard::new(shape)?);
        let _ = self.shape.set(shape);
        let held_back = std::mem::take(&mut self.held_back);
        self.add_keys(&held_back)
    }

    fn add_keys(&mut self, keys: &[Sha1Digest]) -> Result<()> {
        let filling = self.filling.as_mut().context("the shape is not known")?;
        match filling.filler.fill(keys) {
            Some(shards) => self.add_shards(&shards),
            None => Ok(()),
        }
    }

    fn add_shards(&mut self, run: &FilledShards) -> Result<()> {
        let filling = self.filling.as_mut().context("the shape is not known")?;
        let mut again = u64::from(self.last == Some(run.ends.0));
        self.last = Some(run.ends.1);
        self.fill.add_ends(run.ends);
        for (shard, bytes) in run.shards.iter().zip(run.bytes.chunks_exact(filling.empty.len())) {
            while filling.index < shard.index {
                filling.write_shard(&mut self.out, &mut self.fill)?;
            }
            let keys = shard.keys - again;
            again = 0;
            filling.keys += keys;
            self.fill.keys += keys;
            for (byte, other) in filling.shard.iter_mut().zip(bytes) {
                *byte |= other;
            }
        }
        Ok(())
    }
}

impl CurrentShard {
    fn new(shape: FilterShape) -> Result<Self> {
        let empty = ShardBuilder::new(&shape)?.bytes().to_vec();
        let filler = ShardFiller::new(shape)?;
        let shard = empty.clone();
        Ok(Self { shape, filler, empty, shard, index: 0, keys: 0, checksum: Sha1::new() })
    }

    /// Writes the current shard and starts the next.
    fn write_shard(&mut self, out: &mut impl Write, fill: &mut FillStatistics) -> Result<()> {
        out.write_all(&self.shard)?;
        self.checksum.update(&self.shard);
        fill.add_shard(&self.shape, self.keys);
        self.shard.copy_from_slice(&self.empty);
        self.index += 1;
        self.keys = 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
