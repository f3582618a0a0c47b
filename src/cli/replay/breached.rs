//! Breached passwords: filters from files, or the starter filter.
//!
//! The starter filter is built when a replay starts, in the format that is packed into the module
//! and with its false positives. A filter's file is read in place, so HIBP's whole corpus takes no
//! memory.

use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use unstuff_engine::breached::{
    FilterHeader, FilterKind, FilterShape, FilterSource, Sha1Digest, ShardBuilder,
};
use unstuff_engine::decision::facts::Breached as _;

use crate::filter_file::{FilterFile, OpenFilter};

/// The passwords seen most often in breaches, one per line.
const STARTER: &str = include_str!("../../../filters/starter.txt");

/// The starter filter's rate of false positives, as `make build` packs it.
const STARTER_FP_RATE: f64 = 1e-3;

/// The files of the filters.
pub(crate) struct FilterSources {
    /// With their names; the starter filter if none was given.
    files: Vec<(String, FilterFile)>,
}

/// The filters of one replay. A lookup uses the filter's buffer, so each replay has its own.
pub(crate) struct ReplayFilters<'s> {
    passwords: Option<OpenFilter<'s>>,
    pairs: Option<OpenFilter<'s>>,
}

impl FilterSources {
    /// Finds the filters in files; the starter filter if there are no files.
    ///
    /// # Errors
    /// A file cannot be read, or it has no filter.
    pub(crate) fn find(files: &[PathBuf]) -> anyhow::Result<Self> {
        let find = |file: &PathBuf| Ok((file.display().to_string(), FilterFile::open(file)?));
        let mut files = files.iter().map(find).collect::<anyhow::Result<Vec<_>>>()?;
        if files.is_empty() {
            files.push(("starter".to_owned(), FilterFile::in_memory(starter()?)));
        }
        Ok(Self { files })
    }

    /// The name in reports.
    pub(crate) fn name(&self) -> String {
        let names: Vec<_> = self.files.iter().map(|(name, _)| name.as_str()).collect();
        names.join(", ")
    }

    /// Opens the filters.
    ///
    /// # Errors
    /// A file is not a filter, or is the second of its kind.
    pub(crate) fn open(&self) -> anyhow::Result<ReplayFilters<'_>> {
        let mut filters = ReplayFilters { passwords: None, pairs: None };
        for (name, file) in &self.files {
            for filter in file.filters().with_context(|| format!("cannot use {name}"))? {
                let kind = filter.header().kind;
                let slot = match kind {
                    FilterKind::Passwords => &mut filters.passwords,
                    FilterKind::Pairs => &mut filters.pairs,
                };
                let taken = slot.replace(filter).is_some();
                ensure!(!taken, "{name}: a second filter of {kind}; give one of each");
            }
        }
        Ok(filters)
    }
}

impl ReplayFilters<'_> {
    /// Whether the password with this digest is known.
    pub(crate) fn knows_password(&self, digest: &Sha1Digest) -> bool {
        self.passwords.as_ref().is_some_and(|filter| filter.knows(digest))
    }

    /// Whether there is a filter of pairs.
    pub(crate) fn has_pairs(&self) -> bool {
        self.pairs.is_some()
    }

    /// Whether the pair with this digest is known.
    pub(crate) fn knows_pair(&self, digest: &Sha1Digest) -> bool {
        self.pairs.as_ref().is_some_and(|filter| filter.knows(digest))
    }
}

/// The starter filter, in its file format.
fn starter() -> anyhow::Result<Vec<u8>> {
    let lines = STARTER.lines().filter(|line| !line.is_empty());
    let mut keys: Vec<_> = lines.map(|line| Sha1Digest::of(line.as_bytes())).collect();
    keys.sort_unstable();
    keys.dedup();
    let shape = FilterShape::for_keys(keys.len() as u64, STARTER_FP_RATE)?;
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
    let header = FilterHeader {
        kind: FilterKind::Passwords,
        shape,
        keys: keys.len() as u64,
        fp_rate: STARTER_FP_RATE,
        min_count: 0,
        date: None,
        source: FilterSource::new("starter"),
        checksum: *Sha1Digest::of(&shards).as_bytes(),
    };
    Ok([header.encode().as_slice(), &shards].concat())
}

#[cfg(test)]
mod tests {
    use unstuff_engine::breached::Filter;

    use super::*;

    #[test]
    fn starter_filter_is_intact_and_knows_its_passwords() {
        let bytes = starter().unwrap();
        let length = bytes.len() as u64;
        let filter = Filter::open(bytes, length).unwrap();
        filter.verify(|_| ()).unwrap();
        assert!(STARTER.lines().all(|line| filter.knows(&Sha1Digest::of(line.as_bytes()))));
        let stranger = |number: u32| Sha1Digest::of(format!("stranger {number}").as_bytes());
        assert!((0..10_000).filter(|number| filter.knows(&stranger(*number))).count() < 40);
    }

    #[test]
    fn filter_file_is_used_and_a_second_of_its_kind_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        std::fs::write(&path, starter().unwrap()).unwrap();
        let sources = FilterSources::find(std::slice::from_ref(&path)).unwrap();
        let filters = sources.open().unwrap();
        assert!(filters.knows_password(&Sha1Digest::of(b"password")));
        assert!(!filters.has_pairs());
        let twice = FilterSources::find(&[path.clone(), path]).unwrap();
        let message = twice.open().err().unwrap().to_string();
        assert!(message.contains("a second filter of passwords"), "{message}");
    }
}
