//! Building of shards.

use bloomfilter::Bloom;

use super::digest::Sha1Digest;
use super::error::FilterError;
use super::format::PREFIX_LEN;
use super::shape::FilterShape;

/// Builds one shard after the other in one buffer.
pub struct ShardBuilder {
    bloom: Bloom<Sha1Digest>,
}

impl ShardBuilder {
    /// A builder for shards of this shape, the first one empty.
    pub fn new(shape: &FilterShape) -> Result<Self, FilterError> {
        let mut bytes = vec![0; shape.shard_len() as usize];
        let begin = bytes.first_chunk_mut::<PREFIX_LEN>();
        *begin.ok_or(FilterError::Field { name: "shard length" })? = shape.prefix();
        let bloom =
            Bloom::from_bytes(bytes).map_err(|_| FilterError::Field { name: "shard length" })?;
        Ok(Self { bloom })
    }

    /// Adds a key to the current shard. The caller ensures that it belongs there.
    pub fn insert(&mut self, digest: &Sha1Digest) {
        self.bloom.set(digest);
    }

    /// The bytes of the current shard, as they go into the file.
    pub fn bytes(&self) -> &[u8] {
        self.bloom.as_slice()
    }

    /// Starts the next shard.
    pub fn clear(&mut self) {
        self.bloom.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleared_shard_equals_a_new_one() {
        let shape = FilterShape::for_keys(100, 1e-3).unwrap();
        let mut shard = ShardBuilder::new(&shape).unwrap();
        let empty = shard.bytes().to_vec();
        shard.insert(&Sha1Digest::of(b"password"));
        assert_ne!(shard.bytes(), empty);
        shard.clear();
        assert_eq!(shard.bytes(), empty);
    }
}
