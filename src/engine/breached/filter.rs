//! Lookups in a filter.
//!
//! A lookup reads one shard into a reused buffer and allocates nothing. Opening checks the header
//! and the length, not the shards: `unstuff pack` has verified them, and each shard's prefix is
//! compared with the header before its bits are used. So a corrupt shard is an error and never a
//! panic, a hang or an out-of-bounds read.

use std::cell::Cell;

use bloomfilter::Bloom;
use sha1::{Digest as _, Sha1};

use super::digest::Sha1Digest;
use super::error::FilterError;
use super::format::PREFIX_LEN;
use super::header::{self, FilterHeader};

/// Random access to bytes: a memory map, a passive data segment.
pub trait ReadAt {
    /// Fills `into` with the bytes at `offset`; returns false if some are missing.
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
    /// The prefix of every shard.
    prefix: [u8; PREFIX_LEN],
    /// The buffer for one shard, taken for a lookup and put back, so that a lookup needs no `&mut`
    /// and allocates once.
    buffer: Cell<Vec<u8>>,
}

impl<R: ReadAt> Filter<R> {
    /// Opens a filter of `len` bytes. Checks header and length, but not the shards.
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

    /// The header.
    pub fn header(&self) -> &FilterHeader {
        &self.header
    }

    /// The reader.
    pub fn reader(&self) -> &R {
        &self.reader
    }

    /// Whether a key is in the filter: always true for a member, and false but for a share of
    /// `fp_rate` for others.
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

    /// Reads every shard and checks its prefix and the checksum of all. `progress` gets the number of
    /// shards read so far.
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

    /// Fills `into` with a shard that `bloomfilter` can decode. It would divide by a length of zero
    /// and loop k times, so both are compared with the header first.
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
