//! The peers: other crates that build one large Bloom filter from the same text.
//!
//! They use the same parser, one thread and one bitmap for all keys.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use bloomfilter::Bloom;
use fastbloom::BloomFilter;
use unstuff_engine::breached::Sha1Digest;
use unstuff_engine::breached::hibp::{self, HibpLine};

/// The false-positive rate of all filters.
pub(crate) const FP_RATE: f64 = 1e-3;
/// The names of the peers.
pub(crate) const PEERS: [&str; 2] = ["bloomfilter", "fastbloom"];

const BLOCK: usize = 256 * 1024;

/// Builds a peer's filter.
pub(crate) fn run(peer: &str, list: &Path, keys: usize) {
    match peer {
        "bloomfilter" => {
            let seed = std::array::from_fn(|index| index as u8);
            let mut bloom = Bloom::new_for_fp_rate_with_seed(keys, FP_RATE, &seed).unwrap();
            each_key(list, |key| bloom.set(key));
            std::hint::black_box(&bloom);
        }
        "fastbloom" => {
            let bloom = BloomFilter::with_false_pos(FP_RATE).seed(&1);
            let mut bloom = bloom.expected_items(keys);
            each_key(list, |key| {
                bloom.insert(key);
            });
            std::hint::black_box(&bloom);
        }
        other => panic!("no such peer: {other}"),
    }
}

/// Calls `with` for each key of a list.
pub(crate) fn each_key(list: &Path, mut with: impl FnMut(&Sha1Digest)) {
    let mut file = File::open(list).expect("a list");
    let (mut block, mut kept) = (vec![0; BLOCK], 0);
    loop {
        let read = file.read(&mut block[kept..]).expect("a list that can be read");
        let have = kept + read;
        let whole = match block[..have].iter().rposition(|&byte| byte == b'\n') {
            Some(end) if read > 0 => end + 1,
            _ => have,
        };
        let mut text = &block[..whole];
        while let Some(line) = hibp::next_line(&mut text, None) {
            if let HibpLine::Entry(key, _) = line {
                with(&key);
            }
        }
        if read == 0 {
            return;
        }
        block.copy_within(whole..have, 0);
        kept = have - whole;
    }
}
