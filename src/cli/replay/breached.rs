//! What is known from breaches: filters given as files, or the starter list.
//!
//! The starter filter is made at start in the same format that is packed into the module,
//! false positives included. A filter file is read in place, one shard per lookup: HIBP's
//! whole corpus takes no memory.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use unstuff_engine::breached::{Filter, Header, Kind, ReadAt, Sha1Digest, Shape, ShardBuilder};
use unstuff_engine::facts::Breached as _;

/// The passwords seen most often in breaches, one a line.
const STARTER: &str = include_str!("../../../filters/starter.txt");

/// The rate of false positives that `make build` packs the starter filter with.
const STARTER_FP_RATE: f64 = 1e-3;

/// The filters of a replay.
pub struct Filters {
    name: String,
    passwords: Option<Filter<Bytes>>,
    pairs: Option<Filter<Bytes>>,
}

impl Filters {
    /// Opens filter files; the starter filter if there are none.
    ///
    /// # Errors
    /// One cannot be read, is no filter, or is the second of its kind.
    pub fn open(files: &[PathBuf]) -> anyhow::Result<Self> {
        if files.is_empty() {
            let passwords = Some(starter().context("cannot build the starter filter")?);
            return Ok(Self { name: "starter".to_owned(), passwords, pairs: None });
        }
        let names: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
        let mut filters = Self { name: names.join(", "), passwords: None, pairs: None };
        for file in files {
            let filter = open(file).with_context(|| format!("cannot use {}", file.display()))?;
            let kind = filter.header().kind;
            let slot = match kind {
                Kind::Passwords => &mut filters.passwords,
                Kind::Pairs => &mut filters.pairs,
            };
            let taken = slot.replace(filter).is_some();
            ensure!(!taken, "{}: a second filter of {kind}; give one of each", file.display());
        }
        Ok(filters)
    }

    /// Where the filters are from.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether a password with this digest is known.
    pub fn knows_password(&self, digest: &Sha1Digest) -> bool {
        self.passwords.as_ref().is_some_and(|filter| filter.knows(digest))
    }

    /// Whether there is a filter of pairs.
    pub fn has_pairs(&self) -> bool {
        self.pairs.is_some()
    }

    /// Whether the pair with this digest is known.
    pub fn knows_pair(&self, digest: &Sha1Digest) -> bool {
        self.pairs.as_ref().is_some_and(|filter| filter.knows(digest))
    }
}

fn open(path: &Path) -> anyhow::Result<Filter<Bytes>> {
    let file = File::open(path)?;
    let len = file.metadata()?.len();
    Ok(Filter::open(Bytes::File(file), len)?)
}

fn starter() -> anyhow::Result<Filter<Bytes>> {
    let bytes = starter_bytes()?;
    let len = bytes.len() as u64;
    Ok(Filter::open(Bytes::Memory(bytes), len)?)
}

fn starter_bytes() -> anyhow::Result<Vec<u8>> {
    let lines = STARTER.lines().filter(|line| !line.is_empty());
    let mut keys: Vec<_> = lines.map(|line| Sha1Digest::of(line.as_bytes())).collect();
    keys.sort_unstable();
    keys.dedup();
    let shape = Shape::for_keys(keys.len() as u64, STARTER_FP_RATE)?;
    let mut shards = Vec::new();
    let mut shard = ShardBuilder::new(&shape)?;
    let mut keys_left = keys.iter().peekable();
    for index in 0..shape.shard_count() {
        // Shards are monotone in the digest, and the keys are sorted.
        while let Some(key) = keys_left.next_if(|key| shape.shard_of(key) == index) {
            shard.insert(key);
        }
        shards.extend_from_slice(shard.bytes());
        shard.clear();
    }
    let header = Header {
        kind: Kind::Passwords,
        shape,
        keys: keys.len() as u64,
        fp_rate: STARTER_FP_RATE,
        min_count: 0,
        date: None,
        source: unstuff_engine::breached::Source::new("starter"),
        checksum: *Sha1Digest::of(&shards).as_bytes(),
    };
    Ok([header.encode().as_slice(), &shards].concat())
}

/// A filter's bytes.
enum Bytes {
    Memory(Vec<u8>),
    File(File),
}

impl ReadAt for Bytes {
    fn read_at(&self, offset: u64, into: &mut [u8]) -> bool {
        match self {
            Self::Memory(bytes) => bytes.read_at(offset, into),
            Self::File(file) => file.read_exact_at(into, offset).is_ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_starter_filter_is_whole_and_knows_its_passwords() {
        let filter = starter().unwrap();
        filter.verify(|_| ()).unwrap();
        assert!(STARTER.lines().all(|line| filter.knows(&Sha1Digest::of(line.as_bytes()))));
        let strangers = (0..10_000)
            .filter(|n| filter.knows(&Sha1Digest::of(&[b'~', *n as u8, (n >> 8) as u8])));
        assert!(strangers.count() < 40);
    }

    #[test]
    fn a_filter_file_is_read_in_place_and_its_kind_tells_what_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        let bytes = starter_bytes().unwrap();
        std::fs::write(&path, bytes).unwrap();
        let filters = Filters::open(&[path.clone()]).unwrap();
        assert!(filters.knows_password(&Sha1Digest::of(b"password")));
        assert!(!filters.has_pairs());
        let twice = Filters::open(&[path.clone(), path]).err().unwrap().to_string();
        assert!(twice.contains("a second filter of passwords"), "{twice}");
    }
}
