//! What was measured of a row: figures of each round, their medians, and ratios of two rows.

use serde::Serialize;
use unstuff_tests::bench::median;

/// The figures of one row and kind of request in one round.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct RoundFigures {
    /// CPU of the Envoy process per request, in microseconds, all threads.
    pub envoy_cpu_us: f64,
    /// CPU of the authorisation server per request, in microseconds.
    pub server_cpu_us: f64,
    /// Requests per second, as many as Envoy answers.
    pub per_second: f64,
    /// The part of the time in which Envoy waited for its core, because something else had it.
    pub waited: f64,
    /// Connections per request: 1 where Envoy closes after each response.
    pub connections: f64,
    /// Resident memory of Envoy after it, in MiB.
    pub resident_mib: f64,
}

impl RoundFigures {
    /// All CPU that a request takes but the application's.
    pub(crate) fn cpu_us(&self) -> f64 {
        self.envoy_cpu_us + self.server_cpu_us
    }
}

/// Latencies at a thousand requests a second, over all rounds, in microseconds.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct LatencyFigures {
    /// Half of the requests are answered sooner.
    pub p50_us: f64,
    /// 99 % are answered sooner.
    pub p99_us: f64,
    /// 99.9 % are answered sooner.
    pub p999_us: f64,
}

impl LatencyFigures {
    /// The figures of these latencies in nanoseconds.
    pub(crate) fn of(mut nanoseconds: Vec<u64>) -> Self {
        nanoseconds.sort_unstable();
        let at = |share: f64| {
            let rank = (nanoseconds.len() as f64 * share) as usize;
            nanoseconds.get(rank.min(nanoseconds.len().saturating_sub(1))).copied()
        };
        let [p50_us, p99_us, p999_us] =
            [0.5, 0.99, 0.999].map(|share| at(share).unwrap_or(0) as f64 / 1000.0);
        Self { p50_us, p99_us, p999_us }
    }
}

/// All that was measured of a row and a kind of request.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RowFigures {
    /// The name for `ROWS`.
    pub row: &'static str,
    /// What a reader is told.
    pub about: &'static str,
    /// The kind of request.
    pub traffic: &'static str,
    /// A round each.
    pub rounds: Vec<RoundFigures>,
    /// Over all rounds.
    pub latency: LatencyFigures,
}

impl RowFigures {
    /// The median over the rounds.
    pub(crate) fn median(&self, figure: impl Fn(&RoundFigures) -> f64) -> f64 {
        median(self.rounds.iter().map(figure))
    }

    /// The lowest and the highest CPU per request, in microseconds.
    pub(crate) fn cpu_range_us(&self) -> (f64, f64) {
        let each = || self.rounds.iter().map(RoundFigures::cpu_us);
        (each().fold(f64::INFINITY, f64::min), each().fold(0.0, f64::max))
    }
}

/// The median of ratios that are formed within each round: what disturbs a round disturbs both.
pub(crate) fn ratio_by_round<const N: usize>(
    rows: [&RowFigures; N],
    ratio: impl Fn([f64; N]) -> f64,
) -> f64 {
    let rounds = rows.iter().map(|row| row.rounds.len()).min().unwrap_or(0);
    median((0..rounds).map(|round| ratio(rows.map(|row| row.rounds[round].cpu_us()))))
}
