//! Shards filled with a run of sorted keys; the work of the worker threads.

use anyhow::Result;
use unstuff_engine::breached::{FilterShape, Sha1Digest, ShardBuilder};

/// The shards of a run of sorted keys. The first and the last may be shared with the runs before
/// and after; Bloom filters are joined by OR.
pub(crate) struct FilledShards {
    /// First and last key of the run.
    pub ends: (Sha1Digest, Sha1Digest),
    /// The shards, in order.
    pub shards: Vec<FilledShard>,
    /// The bytes of all shards, one after the other.
    pub bytes: Vec<u8>,
}

/// One shard of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FilledShard {
    /// Its number in the filter.
    pub index: u64,
    /// Keys of the run that are in it.
    pub keys: u64,
}

/// Fills shards, with one buffer for all.
pub(crate) struct ShardFiller {
    shape: FilterShape,
    shard: ShardBuilder,
}

impl ShardFiller {
    /// A filler for this shape.
    pub(crate) fn new(shape: FilterShape) -> Result<Self> {
        Ok(Self { shape, shard: ShardBuilder::new(&shape)? })
    }

    /// The shards of these keys, which are sorted and distinct. `None` for no keys.
    pub(crate) fn fill(&mut self, keys: &[Sha1Digest]) -> Option<FilledShards> {
        let ends = (*keys.first()?, *keys.last()?);
        let mut filled = FilledShards { ends, shards: Vec::new(), bytes: Vec::new() };
        for shard in keys.chunk_by(|a, b| self.shape.shard_of(a) == self.shape.shard_of(b)) {
            let index = self.shape.shard_of(shard.first()?);
            shard.iter().for_each(|key| self.shard.insert(key));
            filled.shards.push(FilledShard { index, keys: shard.len() as u64 });
            filled.bytes.extend_from_slice(self.shard.bytes());
            self.shard.clear();
        }
        Some(filled)
    }
}
