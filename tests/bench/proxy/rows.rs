//! The rows of the table: what stands in Envoy's chain, and what is sent through it.

use crate::traffic::Traffic;

/// What stands in Envoy's chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BenchChain {
    /// The router alone.
    Alone,
    /// A module that does nothing.
    EmptyModule,
    /// A module that reads headers, holds and reads the body; and the buffer filter.
    HoldingModule,
    /// Unstuff, as in `envoy/standalone/envoy.yaml`.
    Unstuff(BenchPolicy),
    /// `ext_authz` over HTTP, with the body.
    ExtAuthz,
    /// A Lua script that reads the body.
    Lua,
    /// A local rate limit that is never reached.
    LocalRateLimit,
    /// The same engine as a native filter: `tests/bench/native`.
    Native,
}

/// What the row's Unstuff differs in from the default rules, enforced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BenchPolicy {
    /// In nothing.
    Default,
    /// `"mode": "shadow"`.
    Shadow,
    /// A filter of 100 MiB is packed into the module.
    LargeFilter,
    /// Failures are counted in a rate limit service, too.
    Fleet,
    /// Each login has a line in Envoy's log.
    Recorded,
}

/// A row: one Envoy for each round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BenchRow {
    /// The name for `ROWS`.
    pub name: &'static str,
    /// What a reader is told.
    pub about: &'static str,
    /// What stands in the chain.
    pub chain: BenchChain,
    /// What is sent, one after the other.
    pub traffics: &'static [Traffic],
    /// Envoy's workers; more than one share both cores with the load.
    pub workers: u32,
    /// Whether somebody downloads all the time.
    pub is_beside_download: bool,
    /// Whether the state is filled first. Such an Envoy serves all rounds, because that takes long.
    pub is_filled: bool,
}

const LOGIN: &[Traffic] = &[Traffic::Login];
const BOTH: &[Traffic] = &[Traffic::Login, Traffic::Other];
const UNSTUFF: BenchChain = BenchChain::Unstuff(BenchPolicy::Default);

/// All rows, in the order of the table.
pub(crate) const ROWS: [BenchRow; 21] = [
    row("alone", "Envoy alone", BenchChain::Alone, BOTH),
    row("empty", "an empty module", BenchChain::EmptyModule, BOTH),
    row("hold", "a module that only holds and reads the body", BenchChain::HoldingModule, BOTH),
    row("default", "Unstuff, default rules", UNSTUFF, BOTH),
    row("banned", "Unstuff, a banned address", UNSTUFF, &[Traffic::BannedLogin]),
    row("authz", "ext_authz with the body, to nginx", BenchChain::ExtAuthz, BOTH),
    row("lua", "Lua that reads the body", BenchChain::Lua, BOTH),
    row("ratelimit", "local rate limit", BenchChain::LocalRateLimit, BOTH),
    row(
        "filter",
        "Unstuff, a filter of 100 MiB",
        BenchChain::Unstuff(BenchPolicy::LargeFilter),
        LOGIN,
    ),
    BenchRow { is_filled: true, ..row("full", "Unstuff, its state full", UNSTUFF, LOGIN) },
    row("shadow", "Unstuff in shadow mode", BenchChain::Unstuff(BenchPolicy::Shadow), LOGIN),
    row(
        "fleet",
        "Unstuff that counts with a fleet",
        BenchChain::Unstuff(BenchPolicy::Fleet),
        LOGIN,
    ),
    row(
        "record",
        "Unstuff that records each login",
        BenchChain::Unstuff(BenchPolicy::Recorded),
        LOGIN,
    ),
    row("json-alone", "Envoy alone, JSON", BenchChain::Alone, &[Traffic::JsonLogin]),
    row("json", "Unstuff, JSON", UNSTUFF, &[Traffic::JsonLogin]),
    row("challenged", "Unstuff, challenged", UNSTUFF, &[Traffic::ChallengedLogin]),
    BenchRow {
        is_beside_download: true,
        ..row("download-alone", "Envoy alone, beside a download", BenchChain::Alone, LOGIN)
    },
    BenchRow {
        is_beside_download: true,
        ..row("download", "Unstuff, beside a download", UNSTUFF, LOGIN)
    },
    BenchRow {
        workers: 2,
        ..row("workers-alone", "Envoy alone, two workers", BenchChain::Alone, LOGIN)
    },
    BenchRow { workers: 2, ..row("workers", "Unstuff, two workers", UNSTUFF, LOGIN) },
    row("native", "the engine as a native filter, a spike", BenchChain::Native, BOTH),
];

const fn row(
    name: &'static str,
    about: &'static str,
    chain: BenchChain,
    traffics: &'static [Traffic],
) -> BenchRow {
    BenchRow {
        name,
        about,
        chain,
        traffics,
        workers: 1,
        is_beside_download: false,
        is_filled: false,
    }
}
