//! Sorting of keys on disk.
//!
//! Keys are put into buckets by their first 13 bits. A bucket collects a chunk in memory and appends
//! it to a file that all buckets share, in extents of 16 chunks, so reading a bucket back takes a few
//! long reads instead of millions of short ones. Then each bucket is sorted by itself. With 2
//! billion keys (40 GB on disk) the chunks take 17 MB, and later one bucket takes 5 MB. The file
//! has no name, so nothing is left of it however the build ends. Few keys never reach the file.
//!
//! For `--top`, each key has its count beside it. Of a key that occurs more than once, the highest
//! count holds.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use unstuff_engine::breached::Sha1Digest;

/// The number of first bits of a digest that choose its bucket.
const BITS: u32 = 13;
/// Bytes of a key.
const KEY: usize = 20;
/// Bytes of a count.
const COUNT: usize = 8;
/// Records of a chunk.
const CHUNK: usize = 102;
/// Chunks of a bucket that are contiguous in the file.
const EXTENT: usize = 16;

/// Keys in buckets, in memory and on disk.
pub(crate) struct Spill {
    folder: PathBuf,
    size: RecordSize,
    /// The lowest count of a key that is taken.
    min_count: u64,
    file: Option<File>,
    extents: u32,
    buckets: Vec<SpillBucket>,
}

/// The bytes of a record: of a key, or of a key and its count.
#[derive(Clone, Copy)]
struct RecordSize(usize);

impl RecordSize {
    fn chunk(self) -> usize {
        CHUNK * self.0
    }

    fn extent(self) -> usize {
        EXTENT * self.chunk()
    }

    fn offset(self, extent: u32, within: usize) -> u64 {
        u64::from(extent) * self.extent() as u64 + within as u64
    }
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
    /// No keys yet; with `counts`, each will have one. The file will be in `folder`, if it is
    /// needed.
    pub(crate) fn new(folder: &Path, counts: bool) -> Self {
        let buckets = (0..1 << BITS).map(|_| SpillBucket::default()).collect();
        let size = RecordSize(if counts { KEY + COUNT } else { KEY });
        let folder = folder.to_owned();
        Self { folder, size, min_count: 0, file: None, extents: 0, buckets }
    }

    /// Adds keys, and the count of each if this has counts.
    pub(crate) fn add(&mut self, keys: &[Sha1Digest], counts: &[u64]) -> Result<()> {
        let (size, has_counts) = (self.size, self.has_counts());
        let mut counts = counts.iter();
        for key in keys {
            let bucket = usize::try_from(key.leading() >> (64 - BITS))?;
            let bucket = self.buckets.get_mut(bucket).context("no such bucket")?;
            if bucket.chunk.capacity() == 0 {
                // Not grown by doubling, because there are thousands of buckets.
                bucket.chunk.reserve_exact(size.chunk());
            }
            bucket.chunk.extend_from_slice(key.as_bytes());
            if has_counts {
                let count = counts.next().context("a key without a count")?;
                bucket.chunk.extend_from_slice(&count.to_le_bytes());
            }
            if bucket.chunk.len() == size.chunk() {
                if self.file.is_none() {
                    let made = tempfile::tempfile_in(&self.folder);
                    self.file = Some(made.with_context(|| full(&self.folder))?);
                }
                let file = self.file.as_ref().context("no file")?;
                bucket.write(file, size, &mut self.extents).with_context(|| full(&self.folder))?;
            }
        }
        Ok(())
    }

    fn has_counts(&self) -> bool {
        self.size.0 > KEY
    }

    /// From now on, only keys with at least this count are there.
    pub(crate) fn keep_from(&mut self, min_count: u64) {
        self.min_count = min_count;
    }

    /// Writes all chunks to the file and frees their memory, if there is a file already.
    pub(crate) fn flush(&mut self) -> Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        for bucket in &mut self.buckets {
            if !bucket.chunk.is_empty() {
                bucket
                    .write(file, self.size, &mut self.extents)
                    .with_context(|| full(&self.folder))?;
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
        if self.has_counts() {
            let counted = self.counted(bucket)?.into_iter();
            return Ok(counted.filter(|it| it.1 >= self.min_count).map(|it| it.0).collect());
        }
        let mut keys = Vec::with_capacity(self.records(bucket)?);
        self.each(bucket, |record| keys.extend(digest(record)))?;
        keys.sort_unstable();
        keys.dedup();
        Ok(keys)
    }

    /// The same with the count of each key, whatever it is.
    pub(crate) fn counted(&self, bucket: usize) -> Result<Vec<(Sha1Digest, u64)>> {
        let mut keys = Vec::with_capacity(self.records(bucket)?);
        self.each(bucket, |record| keys.extend(digest(record).zip(count(record))))?;
        keys.sort_unstable_by_key(|(key, count)| (*key, std::cmp::Reverse(*count)));
        keys.dedup_by_key(|(key, _)| *key);
        Ok(keys)
    }

    fn records(&self, bucket: usize) -> Result<usize> {
        Ok(self.buckets.get(bucket).context("no such bucket")?.bytes() / self.size.0)
    }

    /// Calls `record` with each record of a bucket.
    fn each(&self, bucket: usize, mut record: impl FnMut(&[u8])) -> Result<()> {
        let bucket = self.buckets.get(bucket).context("no such bucket")?;
        let mut left = bucket.written;
        let mut buffer = vec![0; self.size.extent().min(left)];
        for extent in &bucket.extents {
            buffer.truncate(left);
            let file = self.file.as_ref().context("no file")?;
            file.read_exact_at(&mut buffer, self.size.offset(*extent, 0))
                .with_context(|| full(&self.folder))?;
            buffer.chunks_exact(self.size.0).for_each(&mut record);
            left -= buffer.len();
        }
        bucket.chunk.chunks_exact(self.size.0).for_each(record);
        Ok(())
    }
}

impl SpillBucket {
    fn write(&mut self, file: &File, size: RecordSize, extents: &mut u32) -> std::io::Result<()> {
        let within = self.written % size.extent();
        if within == 0 {
            self.extents.push(*extents);
            *extents += 1;
        }
        let extent = self.extents.last().copied().unwrap_or_default();
        file.write_all_at(&self.chunk, size.offset(extent, within))?;
        self.written += self.chunk.len();
        self.chunk.clear();
        Ok(())
    }
}

fn digest(record: &[u8]) -> Option<Sha1Digest> {
    record.first_chunk().copied().map(Sha1Digest::new)
}

fn count(record: &[u8]) -> Option<u64> {
    record.last_chunk().copied().map(u64::from_le_bytes)
}

fn full(folder: &Path) -> String {
    format!(
        "cannot sort in {}: it takes 20 bytes a key, 28 with --top; free some, or write to another disk",
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
        let mut spill = Spill::new(folder.path(), false);
        keys.chunks(999).for_each(|keys| spill.add(keys, &[]).unwrap());
        assert!(spill.largest() > 2 * spill.size.extent());
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
    #[test]
    fn of_a_key_that_occurs_twice_the_highest_count_holds() {
        let folder = tempfile::tempdir().unwrap();
        let numbered = |n: u64| Sha1Digest::of(&n.to_le_bytes());
        let mut spill = Spill::new(folder.path(), true);
        for round in [3, 1, 2] {
            for n in 0..100_000 {
                spill.add(&[numbered(n)], &[n * round]).unwrap();
            }
        }
        spill.flush().unwrap();
        let buckets = || 0..spill.buckets();
        let counted: Vec<_> = buckets().flat_map(|n| spill.counted(n).unwrap()).collect();
        let mut expected: Vec<_> = (0..100_000).map(|n| (numbered(n), n * 3)).collect();
        expected.sort_unstable();
        assert!(counted == expected);
        spill.keep_from(150_000);
        let kept = (0..spill.buckets()).map(|n| spill.sorted(n).unwrap().len()).sum::<usize>();
        assert_eq!(kept, 50_000);
    }
}
