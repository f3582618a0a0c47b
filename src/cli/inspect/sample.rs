//! A measurement of a filter's rate of false positives.
//!
//! It looks up strangers: random digests, of which none was put in, because there are 2^160. So
//! every one that the filter knows is a false positive. Each block of strangers has a fixed seed:
//! the result does not depend on the number of cores and can be repeated.

use anyhow::Result;
use rand::{Rng as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;
use unstuff_engine::breached::Sha1Digest;

use crate::filter_file::OpenFilter;
use crate::parallel;

/// Strangers per seed.
const BLOCK: u64 = 1 << 16;

/// The number of strangers that a filter claims to know.
#[derive(Clone, Copy, Debug)]
pub(super) struct MeasuredRate {
    /// Strangers looked up.
    pub strangers: u64,
    /// Strangers that the filter knows.
    pub known: u64,
}

impl MeasuredRate {
    /// The rate of false positives.
    pub(super) fn rate(&self) -> f64 {
        self.known as f64 / self.strangers.max(1) as f64
    }
}

/// Looks up this many strangers in a filter, on all cores.
///
/// # Errors
/// The filter cannot be read, or it is damaged.
pub(super) fn measure(filter: &OpenFilter<'_>, strangers: u64) -> Result<MeasuredRate> {
    let bytes = filter.reader();
    let mut known = 0;
    parallel::in_order(
        parallel::workers(),
        |blocks| {
            let mut seeds = 0..strangers.div_ceil(BLOCK);
            let _ = seeds.all(|seed| blocks.push(seed));
            Ok(())
        },
        || {
            // A lookup uses the filter's buffer, so each worker opens its own.
            let filter = bytes.clone().open();
            move |seed| -> Result<u64> {
                let filter = filter.as_ref().map_err(Clone::clone)?;
                let mut random = Pcg64Mcg::seed_from_u64(seed);
                let mut known = 0;
                for _ in 0..(strangers - seed * BLOCK).min(BLOCK) {
                    let mut digest = [0; 20];
                    random.fill_bytes(&mut digest);
                    known += u64::from(filter.contains(&Sha1Digest::new(digest))?);
                }
                Ok(known)
            }
        },
        |block: Result<u64>| {
            known += block?;
            Ok(())
        },
    )?;
    Ok(MeasuredRate { strangers, known })
}
