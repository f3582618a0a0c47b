//! A filter that is looked into.
//!
//! It reads one shard per lookup into one buffer and allocates nothing. Opening checks the
//! header and the length, not the shards: a packed filter was verified when it was packed,
//! and each shard's first bytes are compared with the header before its bits are used, so a
//! corrupt one is an error and never a panic, a hang, or a read outside.

use std::cell::Cell;

use bloomfilter::Bloom;
use sha1::{Digest as _, Sha1};

use super::shape::PREFIX_LEN;
use super::{FilterError, FilterHeader, Sha1Digest, header};

/// Bytes that can be read from anywhere: a memory map, a passive data segment.
pub trait ReadAt {
    /// Fills `into` with the bytes at `offset`. False if they are not all there.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> bool;
}

impl<T: AsRef<[u8]>> ReadAt for T {
    fn read_at(&self, offset: u64, into: &mut [u8]) -> bool {
        let bytes = usize::try_from(offset)
            .ok()
            .and_then(|start| self.as_ref().get(start..)?.get(..into.len()));
        bytes.map(|bytes| into.copy_from_slice(bytes)).is_some()
    }
}

/// An opened filter.
pub struct Filter<R> {
    reader: R,
    header: FilterHeader,
    /// What every shard must begin with.
    prefix: [u8; PREFIX_LEN],
    /// The shard being looked into. Taken out for a lookup and put back, so that a lookup
    /// needs no `&mut` and the buffer is allocated once.
    buffer: Cell<Vec<u8>>,
}

impl<R: ReadAt> Filter<R> {
    /// Opens a filter of `len` bytes: header and length are checked, the shards are not.
    pub fn open(reader: R, len: u64) -> Result<Self, FilterError> {
        let have = usize::try_from(len).unwrap_or(usize::MAX).min(header::LEN);
        let mut bytes = vec![0; have];
        if !reader.read_at(0, &mut bytes) {
            return Err(FilterError::Read { offset: 0 });
        }
        let header = FilterHeader::decode(&bytes)?;
        let expected = header.shape.file_len();
        if len != expected {
            return Err(FilterError::Length { expected, given: len });
        }
        let prefix = header.shape.prefix();
        Ok(Self { reader, header, prefix, buffer: Cell::default() })
    }

    /// What the filter says about itself.
    pub fn header(&self) -> &FilterHeader {
        &self.header
    }

    /// What the filter is read from.
    pub fn reader(&self) -> &R {
        &self.reader
    }

    /// Whether a key is in the filter: never wrong if it was put in, and wrong once in
    /// `1 / fp_rate` keys if it was not.
    pub fn contains(&self, digest: &Sha1Digest) -> Result<bool, FilterError> {
        let shape = &self.header.shape;
        let index = shape.shard_of(digest);
        let mut shard = self.buffer.take();
        shard.resize(shape.shard_len() as usize, 0);
        if let Err(error) = self.read_shard(index, &mut shard) {
            self.buffer.set(shard);
            return Err(error);
        }
        let bloom = Bloom::from_bytes(shard).map_err(|_| FilterError::Shard { index })?;
        let known = bloom.check(digest);
        self.buffer.set(bloom.into_bytes());
        Ok(known)
    }

    /// Reads every shard; checks each one's beginning, and the checksum of all. `progress`
    /// is told after each shard how many have been read.
    pub fn verify(&self, mut progress: impl FnMut(u64)) -> Result<(), FilterError> {
        let shape = &self.header.shape;
        let mut shard = vec![0; shape.shard_len() as usize];
        let mut checksum = Sha1::new();
        for index in 0..shape.shard_count() {
            self.read_shard(index, &mut shard)?;
            checksum.update(&shard);
            progress(index + 1);
        }
        let checksum: [u8; 20] = checksum.finalize().into();
        if checksum == self.header.checksum { Ok(()) } else { Err(FilterError::Checksum) }
    }

    /// Fills `into` with a shard that `bloomfilter` can decode. (It divides by a length of
    /// zero and loops as often as k says, so both are compared with the header first.)
    fn read_shard(&self, index: u64, into: &mut [u8]) -> Result<(), FilterError> {
        let offset = self.header.shape.offset(index);
        if !self.reader.read_at(offset, into) {
            return Err(FilterError::Read { offset });
        }
        if into.first_chunk() != Some(&self.prefix) {
            return Err(FilterError::Shard { index });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
