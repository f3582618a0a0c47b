//! Properties of what is read from storage that other plugins share.

use unstuff_engine::request::header_pairs;
use unstuff_engine::state::stores::memory::MemoryStore;
use unstuff_engine::state::{Expected, Store};

use super::harness::ChallengeHarness;

/// Bytes of a record's header, which says what the record is.
const HEADER_BYTES: usize = 4;

/// Any content of the stored records, and any value in their places, lets logins go on.
pub(crate) fn records(bytes: &[u8]) {
    let store = MemoryStore::new();
    let harness = ChallengeHarness::over(store);
    harness.login("x", b"");
    let (&flags, content) = bytes.split_first().unwrap_or((&0, b""));
    for key in harness.store().keys() {
        let Ok(Some((value, version))) = harness.store().read(&key) else { panic!("{key}") };
        let keeps_header = flags & 1 != 0 || value.len() <= HEADER_BYTES;
        let header = if keeps_header { &value[..HEADER_BYTES] } else { b"" };
        let mut junk: Vec<u8> = header.to_vec();
        junk.extend(content.iter().copied().cycle().take(value.len() - header.len()));
        if flags & 2 != 0 {
            junk.truncate(content.len());
        }
        harness.store().write(&key, &junk, Expected::Version(version)).expect("a write");
    }
    for _ in 0..3 {
        harness.login("x", b"");
    }
}

/// Header pairs of the host are read as they were written, and nothing else is read.
pub(crate) fn header_pairs(bytes: &[u8]) {
    let Some(read) = header_pairs::read(bytes) else { return };
    let written = header_pairs::write(&read);
    assert_eq!(header_pairs::read(&written).as_ref(), Some(&read));
    for end in 1..written.len() {
        assert_eq!(header_pairs::read(&written[..end]), None, "cut at {end}");
    }
    if !bytes.is_empty() && written.len() == bytes.len() {
        let same = written.iter().zip(bytes).filter(|(ours, given)| ours != given).count();
        assert!(same <= 2 * read.len(), "only the zero bytes between them may differ");
    }
}
