//! The sum of what updates did to the state.

use super::*;
use crate::state::Written;

#[test]
fn changes_add_up_what_each_update_did() {
    let update = |grown_entries, grown_bytes, evicted, written| Update {
        result: (),
        written,
        evicted,
        grown_entries,
        grown_bytes,
        retries: 0,
    };
    let mut changes = Changes::default();
    for update in [
        update(1, 200, false, Written::Stored),
        update(2, 300, true, Written::Stored),
        update(0, 0, true, Written::Exhausted),
        update(0, 0, false, Written::Failed),
    ] {
        changes += &update;
    }
    assert_eq!(changes, Changes { bytes: 500, entries: 3, evicted: 2, lost: 2 });
}
