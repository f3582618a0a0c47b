//! A filter in linear memory: an active data segment that every VM copies.

use std::hint::black_box;

use unstuff_engine::breached::{Filter, FilterError, Sha1Digest};

use crate::now;

static FILTER: &[u8] = include_bytes!(env!("UNSTUFF_BENCH_FILTER"));

/// The line for the log.
pub fn report() -> String {
    let known = || -> Result<bool, FilterError> {
        let filter = Filter::open(black_box(FILTER), FILTER.len() as u64)?;
        filter.contains(&Sha1Digest::of(&now().to_le_bytes()))
    };
    match known() {
        Ok(known) => format!("probe: in linear memory, {known}"),
        Err(error) => format!("probe: {error}"),
    }
}
