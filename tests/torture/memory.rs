//! The memory of Envoy over a run: sampled, and level at the end.

use std::fmt;
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;
use unstuff_tests::envoy::resident_bytes;

/// How often it is sampled.
const EVERY: Duration = Duration::from_millis(500);

/// Samples of the resident memory of a process, in bytes.
pub(crate) struct MemorySampler {
    task: JoinHandle<Vec<u64>>,
    process: u32,
}

/// What the samples say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MemoryLevel {
    /// The most, in mebibytes.
    pub peak_mib: u64,
    /// At the end, in mebibytes.
    pub last_mib: u64,
    /// By how much the last half rises from its beginning to its end, in mebibytes: the slope of
    /// the line that fits best, times the length.
    pub rise_mib: f64,
}

impl MemorySampler {
    /// Samples until so much time is over, or the process is.
    pub(crate) fn start(process: u32, duration: Duration) -> Self {
        let task = tokio::spawn(async move {
            let (start, mut samples) = (Instant::now(), Vec::new());
            while start.elapsed() < duration {
                tokio::time::sleep(EVERY).await;
                samples.extend(resident_bytes(process));
            }
            samples
        });
        Self { task, process }
    }

    /// What it has seen.
    pub(crate) async fn level(self) -> MemoryLevel {
        let mut samples = self.task.await.expect("samples");
        samples.extend(resident_bytes(self.process));
        level(&samples)
    }
}

impl fmt::Display for MemoryLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { peak_mib, last_mib, rise_mib } = self;
        write!(f, "{last_mib} MiB at the end, peak {peak_mib}, last half rises {rise_mib:+.1}")
    }
}

fn mib(bytes: u64) -> u64 {
    bytes >> 20
}

#[allow(clippy::cast_precision_loss, reason = "bytes of memory are far below 2^53")]
fn level(samples: &[u64]) -> MemoryLevel {
    let half = &samples[samples.len() / 2..];
    let count = half.len().max(1) as f64;
    let mean_at = (count - 1.0) / 2.0;
    let mean = half.iter().map(|bytes| *bytes as f64).sum::<f64>() / count;
    let (mut above, mut below) = (0.0, 0.0);
    for (at, bytes) in half.iter().enumerate() {
        let from_mean = at as f64 - mean_at;
        above += from_mean * (*bytes as f64 - mean);
        below += from_mean * from_mean;
    }
    let slope = if below > 0.0 { above / below } else { 0.0 };
    MemoryLevel {
        peak_mib: mib(samples.iter().copied().max().unwrap_or(0)),
        last_mib: mib(samples.last().copied().unwrap_or(0)),
        rise_mib: slope * count / f64::from(1 << 20),
    }
}

#[test]
fn a_leak_rises_and_what_swings_does_not() {
    let leak: Vec<u64> = (0..200).map(|at| (100 + at) << 20).collect();
    assert!((level(&leak).rise_mib - 100.0).abs() < 2.0, "{:?}", level(&leak));
    let swinging: Vec<u64> = (0..200).map(|at| (100 + at % 10) << 20).collect();
    assert!(level(&swinging).rise_mib.abs() < 2.0, "{:?}", level(&swinging));
}
