//! What a state of a size holds, by the module's own sizing.

use std::fmt::Write as _;

use unstuff_engine::state::{EntryKind, StateSize};

use crate::{grouped, size};

/// The sizes: the default, two between, and the largest.
const SIZES: [u64; 4] = [64 << 20, 512 << 20, 4 << 30, 16 << 30];

/// New addresses per second.
const RATES: [u64; 3] = [10, 1_000, 100_000];

/// Accounts of a site.
const SITES: [u64; 3] = [20_000, 2_000_000, 200_000_000];

fn entries(bytes: u64, kind: EntryKind) -> u64 {
    StateSize::new(bytes).expect("a size that is allowed").entries(kind)
}

/// How many entries fit, and how long addresses that come at a rate have room.
pub(crate) fn markdown() -> String {
    let mut text = "| `state.max_bytes` | accounts | usernames | passwords | addresses | room at 10 new \
                    addresses a second | at 1,000 | at 100,000 |\n|---|---|---|---|---|---|---|---|\n"
        .to_owned();
    for bytes in SIZES {
        let kinds = [EntryKind::Account, EntryKind::Username, EntryKind::Password, EntryKind::Ip];
        let counts = kinds.map(|kind| grouped(entries(bytes, kind))).join(" | ");
        let room = RATES.map(|rate| duration(entries(bytes, EntryKind::Ip) / rate)).join(" | ");
        let _ = writeln!(text, "| {} | {counts} | {room} |", size(bytes));
    }
    text
}

/// The size that holds all accounts of a site.
pub(crate) fn accounts() -> String {
    let most = StateSize::MAX.bytes();
    let each = most as f64 / entries(most, EntryKind::Account) as f64;
    let mut text =
        "| accounts that log in | state that holds them | processes, at most 16 GiB each |\n|---|---|---|\n"
            .to_owned();
    for accounts in SITES {
        #[allow(clippy::cast_possible_truncation, reason = "far below 2^52")]
        let bytes = (accounts as f64 * each) as u64;
        let (accounts, processes) = (grouped(accounts), bytes.div_ceil(most));
        let _ = writeln!(text, "| {accounts} | {} | {processes} |", size(bytes));
    }
    text
}

fn duration(seconds: u64) -> String {
    match seconds {
        0..180 => format!("{seconds} s"),
        180..10_800 => format!("{} min", seconds / 60),
        10_800..259_200 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}
