//! Sorting of keys on disk.
//!
//! Keys are put into buckets by their first 13 bits. A bucket collects a chunk in memory and appends
//! it to a file that all buckets share, in extents of 16 chunks, so reading a bucket back takes a few
//! long reads instead of millions of short ones. Then each bucket is sorted by itself. With 2
//! billion keys (40 GB on disk) the chunks take 17 MB, and later one bucket takes 5 MB. The file
//! has no name, so nothing is left of it however the build ends. Few keys never reach the file.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use unstuff_engine::breached::Sha1Digest;

/// The number of first bits of a digest that choose its bucket.
const BITS: u32 = 13;
/// Bytes of a key.
const KEY: usize = 20;
/// Bytes of a chunk.
const CHUNK: usize = 102 * KEY;
/// Bytes of a bucket that are contiguous in the file.
const EXTENT: usize = 16 * CHUNK;

/// Keys in buckets, in memory and on disk.
pub(crate) struct Spill {
    folder: PathBuf,
    file: Option<File>,
    extents: u32,
    buckets: Vec<SpillBucket>,
}

#[derive(Default)]
struct SpillBucket {
    /// The numbers of its extents in the file.
    extents: Vec<u32>,
    /// Bytes in the file.
    written: usize,
    /// The chunk being filled.
    chunk: Vec<u8>,
}

impl SpillBucket {
    fn bytes(&self) -> usize {
        self.written + self.chunk.len()
    }
}

impl Spill {
    /// No keys yet. The file will be in `folder`, if it is needed.
    pub(crate) fn new(folder: &Path) -> Self {
        let buckets = (0..1 << BITS).map(|_| SpillBucket::default()).collect();
        Self { folder: folder.to_owned(), file: None, extents: 0, buckets }
    }

    /// Adds keys.
    pub(crate) fn add(&mut self, keys: &[Sha1Digest]) -> Result<()> {
        for key in keys {
            let bucket = usize::try_from(key.leading() >> (64 - BITS))?;
            let bucket = self.buckets.get_mut(bucket).context("no such bucket")?;
            if bucket.chunk.capacity() == 0 {
                // Not grown by doubling, because there are thousands of buckets.
                bucket.chunk.reserve_exact(CHUNK);
            }
            bucket.chunk.extend_from_slice(key.as_bytes());
            if bucket.chunk.len() == CHUNK {
                if self.file.is_none() {
                    let made = tempfile::tempfile_in(&self.folder);
                    self.file = Some(made.with_context(|| full(&self.folder))?);
                }
                let file = self.file.as_ref().context("no file")?;
                bucket.write(file, &mut self.extents).with_context(|| full(&self.folder))?;
            }
        }
        Ok(())
    }

    /// Writes all chunks to the file and frees their memory, if there is a file already.
    pub(crate) fn flush(&mut self) -> Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        for bucket in &mut self.buckets {
            if !bucket.chunk.is_empty() {
                bucket.write(file, &mut self.extents).with_context(|| full(&self.folder))?;
            }
            bucket.chunk = Vec::new();
        }
        Ok(())
    }

    /// The number of buckets.
    pub(crate) fn buckets(&self) -> usize {
        self.buckets.len()
    }

    /// The size of the largest bucket in bytes.
    pub(crate) fn largest(&self) -> usize {
        self.buckets.iter().map(SpillBucket::bytes).max().unwrap_or(0)
    }

    /// The keys of a bucket, sorted and distinct. Buckets are in the order of keys.
    pub(crate) fn sorted(&self, bucket: usize) -> Result<Vec<Sha1Digest>> {
        let bucket = self.buckets.get(bucket).context("no such bucket")?;
        let mut keys = Vec::with_capacity(bucket.bytes() / KEY);
        let mut left = bucket.written;
        let mut buffer = vec![0; EXTENT.min(left)];
        for extent in &bucket.extents {
            buffer.truncate(left);
            let file = self.file.as_ref().context("no file")?;
            file.read_exact_at(&mut buffer, offset(*extent, 0))
                .with_context(|| full(&self.folder))?;
            keys.extend(digests(&buffer));
            left -= buffer.len();
        }
        keys.extend(digests(&bucket.chunk));
        keys.sort_unstable();
        keys.dedup();
        Ok(keys)
    }
}

impl SpillBucket {
    fn write(&mut self, file: &File, extents: &mut u32) -> std::io::Result<()> {
        let within = self.written % EXTENT;
        if within == 0 {
            self.extents.push(*extents);
            *extents += 1;
        }
        let extent = self.extents.last().copied().unwrap_or_default();
        file.write_all_at(&self.chunk, offset(extent, within))?;
        self.written += self.chunk.len();
        self.chunk.clear();
        Ok(())
    }
}

fn offset(extent: u32, within: usize) -> u64 {
    u64::from(extent) * EXTENT as u64 + within as u64
}

fn digests(bytes: &[u8]) -> impl Iterator<Item = Sha1Digest> {
    bytes.chunks_exact(KEY).filter_map(|key| Some(Sha1Digest::new(key.try_into().ok()?)))
}

fn full(folder: &Path) -> String {
    format!(
        "cannot sort in {}: it takes 20 bytes a key; free some, or write to another disk",
        folder.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_returned_sorted_and_distinct() {
        let folder = tempfile::tempdir().unwrap();
        let numbered = |n: u32| Sha1Digest::of(&n.to_le_bytes());
        let mut keys: Vec<_> = (0..50_000).chain(0..50_000).map(numbered).collect();
        // One bucket over several extents.
        let mut crowded = *numbered(1).as_bytes();
        for n in 0..10_000_u16 {
            crowded[18..].copy_from_slice(&n.to_le_bytes());
            keys.push(Sha1Digest::new(crowded));
        }
        let mut spill = Spill::new(folder.path());
        keys.chunks(999).for_each(|keys| spill.add(keys).unwrap());
        assert!(spill.largest() > 2 * EXTENT);
        keys.sort_unstable();
        keys.dedup();
        for flushed in [false, true] {
            let buckets = 0..spill.buckets();
            let sorted: Vec<_> = buckets.flat_map(|n| spill.sorted(n).unwrap()).collect();
            assert!(sorted == keys, "flushed: {flushed}");
            spill.flush().unwrap();
        }
        assert_eq!(folder.path().read_dir().unwrap().count(), 0, "the file has no name");
    }
}
