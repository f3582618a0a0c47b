//! Tests that the file does not depend on how its keys were cut into runs.

use unstuff_engine::breached::{Filter, FilterKind, FilterSource};

use super::*;

fn sorted(count: u32) -> Vec<Sha1Digest> {
    let mut keys: Vec<_> = (0..count).map(|n| Sha1Digest::of(&n.to_le_bytes())).collect();
    keys.sort_unstable();
    keys
}

/// Assembles runs, as keys before the shape is known and as shards after, like the workers.
fn assembled(
    runs: &[&[Sha1Digest]],
    keys: Option<KeyEstimate>,
) -> (Vec<u8>, KeyEstimate, FillStatistics) {
    let mut file = tempfile::tempfile().unwrap();
    let shape = OnceLock::new();
    let mut assembler = FilterAssembler::new(&file, 1e-3, keys, &shape).unwrap();
    for run in runs {
        assembler
            .add(match shape.get() {
                Some(shape) => match ShardFiller::new(*shape).unwrap().fill(run) {
                    Some(shards) => KeyRun::FilledShards(shards),
                    None => continue,
                },
                None => KeyRun::Keys(run.to_vec()),
            })
            .unwrap();
    }
    let describe = |shape, keys, checksum| FilterHeader {
        kind: FilterKind::Passwords,
        shape,
        keys,
        fp_rate: 1e-3,
        min_count: 0,
        date: None,
        source: FilterSource::default(),
        checksum,
    };
    let (_, expected, fill) = assembler.finish(describe).unwrap();
    let mut bytes = Vec::new();
    file.rewind().unwrap();
    std::io::Read::read_to_end(&mut file, &mut bytes).unwrap();
    (bytes, expected, fill)
}

#[test]
fn file_does_not_depend_on_the_length_of_runs() {
    let keys = sorted(20_000);
    let (whole, expected, fill) = assembled(&[&keys], None);
    assert_eq!((expected.keys(), fill.keys), (20_000, 20_000));
    let filter = Filter::open(&whole, whole.len() as u64).unwrap();
    assert_eq!(filter.verify(|_| ()), Ok(()));
    assert!(keys.iter().all(|key| filter.contains(key).unwrap()));
    for len in [1, 7, 1_999, 2_000, 15_000] {
        let runs: Vec<_> = keys.chunks(len).collect();
        assert!(assembled(&runs, None).0 == whole, "held back, in runs of {len}");
        let given = Some(KeyEstimate::Given(20_000));
        assert!(assembled(&runs, given).0 == whole, "in shards, in runs of {len}");
    }
}

#[test]
fn key_that_ends_one_run_and_starts_the_next_counts_once() {
    let keys = sorted(100);
    let runs = [&keys[..50], &keys[49..51], &keys[50..]];
    for given in [None, Some(KeyEstimate::Given(100))] {
        let (bytes, _, fill) = assembled(&runs, given);
        assert_eq!(fill.keys, 100);
        assert!(bytes == assembled(&[&keys], None).0);
    }
}

#[test]
fn number_of_keys_above_the_sample_is_extrapolated() {
    let keys = sorted(1_100_000);
    let runs: Vec<_> = keys.chunks(10_000).collect();
    let (bytes, expected, fill) = assembled(&runs, None);
    let KeyEstimate::Extrapolated(estimate) = expected else { panic!("{expected:?}") };
    assert!((1_090_000..1_110_000).contains(&estimate), "{estimate}");
    assert_eq!(fill.keys, 1_100_000);
    let filter = Filter::open(&bytes, bytes.len() as u64).unwrap();
    assert!(keys.iter().all(|key| filter.contains(key).unwrap()));
}

#[test]
fn empty_list_gives_an_empty_filter() {
    let (bytes, ..) = assembled(&[], None);
    assert!(Filter::open(&bytes, bytes.len() as u64).is_ok());
}
