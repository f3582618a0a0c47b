//! Tests of lookups, of the format's stability, and of damaged filters.

use proptest::prelude::*;

use super::super::{FilterKind, FilterShape, FilterSource, ShardBuilder};
use super::*;

/// A filter of these keys, built in memory as the tool builds it on disk.
fn built(keys: &[Sha1Digest], fp_rate: f64) -> Vec<u8> {
    let shape = FilterShape::for_keys(keys.len() as u64, fp_rate).unwrap();
    let mut shard = ShardBuilder::new(&shape).unwrap();
    let mut shards = Vec::new();
    for index in 0..shape.shard_count() {
        shard.clear();
        keys.iter().filter(|key| shape.shard_of(key) == index).for_each(|key| shard.insert(key));
        shards.extend_from_slice(shard.bytes());
    }
    let header = FilterHeader {
        kind: FilterKind::Passwords,
        shape,
        keys: keys.len() as u64,
        fp_rate,
        min_count: 0,
        date: None,
        source: FilterSource::default(),
        checksum: Sha1::digest(&shards).into(),
    };
    [header.encode().as_slice(), &shards].concat()
}

fn open(bytes: &[u8]) -> Result<Filter<&[u8]>, FilterError> {
    Filter::open(bytes, bytes.len() as u64)
}

fn numbered(prefix: &str, count: u32) -> Vec<Sha1Digest> {
    (0..count).map(|n| Sha1Digest::of(format!("{prefix}{n}").as_bytes())).collect()
}

#[test]
fn members_are_found_and_false_positives_are_at_the_target_rate() {
    let keys = numbered("member", 20_000);
    let bytes = built(&keys, 1e-2);
    let filter = open(&bytes).unwrap();
    assert!(keys.iter().all(|key| filter.contains(key).unwrap()));
    let strangers = numbered("stranger", 100_000);
    let wrong = strangers.iter().filter(|key| filter.contains(key).unwrap()).count();
    assert!((900..1_100).contains(&wrong), "{wrong} of 100,000 at a target of 1 %");
}

#[test]
fn truncated_and_extended_files_are_refused() {
    let bytes = built(&numbered("member", 10), 1e-3);
    for len in [0, 7, 100, 255, 256, bytes.len() - 1] {
        let error = open(&bytes[..len]).err().unwrap();
        let named = matches!(error, FilterError::NotAFilter | FilterError::Length { .. });
        assert!(named, "{len}: {error}");
    }
    let longer = [bytes.as_slice(), b"!"].concat();
    assert!(matches!(open(&longer), Err(FilterError::Length { .. })));
}

#[test]
fn corrupt_shard_is_an_error_and_no_panic() {
    let key = Sha1Digest::of(b"member0");
    let good = built(&numbered("member", 10), 1e-3);
    for at in header::LEN..header::LEN + PREFIX_LEN {
        let mut bad = good.clone();
        bad[at] ^= 0xff;
        let filter = open(&bad).unwrap();
        assert_eq!(filter.contains(&key), Err(FilterError::Shard { index: 0 }));
        assert_eq!(filter.verify(|_| ()), Err(FilterError::Shard { index: 0 }));
    }
}

#[test]
fn verify_notices_a_single_flipped_bit() {
    let mut bytes = built(&numbered("member", 5_000), 1e-3);
    let mut seen = 0;
    assert_eq!(open(&bytes).unwrap().verify(|shards| seen = shards), Ok(()));
    assert_eq!(seen, 3);
    *bytes.last_mut().unwrap() ^= 1;
    assert_eq!(open(&bytes).unwrap().verify(|_| ()), Err(FilterError::Checksum));
}

#[test]
fn lookup_works_after_a_failed_read() {
    struct Failing<'a>(&'a [u8], Cell<bool>);
    impl ReadAt for Failing<'_> {
        fn read_at(&self, offset: u64, into: &mut [u8]) -> bool {
            !self.1.get() && self.0.read_at(offset, into)
        }
    }
    let bytes = built(&numbered("member", 10), 1e-3);
    let filter = Filter::open(Failing(&bytes, Cell::new(false)), bytes.len() as u64).unwrap();
    let key = Sha1Digest::of(b"member3");
    filter.reader.1.set(true);
    assert_eq!(filter.contains(&key), Err(FilterError::Read { offset: 256 }));
    filter.reader.1.set(false);
    assert_eq!(filter.contains(&key), Ok(true));
}

/// The golden filter is 16 keys, `golden0` to `golden15`, in two shards. The end-to-end
/// tests pack the same file into the module and look up the same keys: a filter that is built on
/// one target must work on the other, byte for byte, in every later version.
#[test]
fn golden_filter_equals_one_built_now() {
    let golden = include_bytes!("../../../../tests/fixtures/golden.unstuff");
    let filter = open(golden).unwrap();
    assert_eq!(filter.verify(|_| ()), Ok(()));
    let keys = numbered("golden", 16);
    assert!(keys.iter().all(|key| filter.contains(key).unwrap()));

    let shape = filter.header().shape;
    let mut shard = ShardBuilder::new(&shape).unwrap();
    let mut rebuilt = filter.header().encode().to_vec();
    for index in 0..shape.shard_count() {
        shard.clear();
        keys.iter().filter(|key| shape.shard_of(key) == index).for_each(|key| shard.insert(key));
        rebuilt.extend_from_slice(shard.bytes());
    }
    assert!(rebuilt == golden, "the format has changed: raise its version");
}

/// Follows the format's description without using this module.
#[test]
fn golden_filter_is_readable_by_the_description() {
    use std::hash::Hasher as _;
    let golden = include_bytes!("../../../../tests/fixtures/golden.unstuff");
    let int = |at: usize, len: usize| {
        golden[at..at + len].iter().rev().fold(0_u64, |n, &byte| n << 8 | u64::from(byte))
    };
    let (shard_len, shard_count) = (int(12, 4), int(16, 8));
    for n in 0..16 {
        let digest: [u8; 20] = Sha1::digest(format!("golden{n}")).into();
        let leading = u64::from_be_bytes(digest[..8].try_into().unwrap());
        let shard = ((u128::from(leading) * u128::from(shard_count)) >> 64) as u64;
        let at = usize::try_from(256 + shard * shard_len).unwrap();
        let (bits_len, k) = (int(at + 1, 8), int(at + 9, 4));
        let sip = |seed: usize| {
            let key = golden[seed..seed + 16].try_into().unwrap();
            let mut hasher = siphasher::sip::SipHasher13::new_with_key(&key);
            hasher.write(&digest);
            hasher.finish()
        };
        let (h0, h1) = (sip(at + 13), sip(at + 29));
        for i in 0..k {
            let hash = match i {
                0 => h0,
                1 => h1,
                _ => h0.wrapping_add(i.wrapping_mul(h1)) % (u64::MAX - 58),
            };
            let bit = usize::try_from(hash % (bits_len * 8)).unwrap();
            assert!(golden[at + 45 + bit / 8] >> (bit % 8) & 1 == 1, "golden{n}, bit {i}");
        }
    }
}

proptest! {
    /// Header and shards of any content give an error or an answer, in bounded time.
    #[test]
    fn junk_is_refused_without_a_panic(junk in prop::collection::vec(any::<u8>(), 0..600)) {
        if let Ok(filter) = open(&junk) {
            let _ = filter.contains(&Sha1Digest::of(b"x"));
        }
    }

    #[test]
    fn junk_after_a_good_header_is_refused_or_answered(
        at in 256_usize..350, junk in prop::collection::vec(any::<u8>(), 1..40)
    ) {
        let mut bytes = built(&numbered("member", 100), 1e-3);
        bytes[at..at + junk.len()].copy_from_slice(&junk);
        let filter = open(&bytes).unwrap();
        let _ = filter.contains(&Sha1Digest::of(b"x"));
        let _ = filter.verify(|_| ());
    }
}
