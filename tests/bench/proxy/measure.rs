//! The measurement of one row in one round.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use unstuff_tests::envoy::Envoy;

use crate::authorisation::AuthorisationServer;
use crate::chain::{self, BenchParts};
use crate::cores::{CorePair, CpuAccount};
use crate::figures::RoundFigures;
use crate::load::{self, Downloader, LoadPlan, LoadTally};
use crate::rows::{BenchChain, BenchRow};
use crate::traffic::Traffic;

/// How long each kind of request runs before it is measured, so that V8 has compiled what is hot.
const WARM_UP: Duration = Duration::from_millis(1_500);

/// The state is full once it gains less than one entry in so many logins; an empty one gains several
/// with each. What it still gains are accounts, in slots that are there already.
const LOGINS_PER_ENTRY: u64 = 4;
const FILL_FOR: Duration = Duration::from_secs(2);
/// The most times that it is filled for [`FILL_FOR`].
const FILL_BOUND: u32 = 600;

/// A row's Envoy between two rounds: only a filled one is kept.
pub(crate) type KeptEnvoy = Option<Envoy>;

/// What all rows share.
pub(crate) struct Bench {
    /// Who runs where.
    pub cores: CorePair,
    /// What the configurations name.
    pub parts: BenchParts,
    /// The authorisation server, if a row needs it.
    pub server: Option<AuthorisationServer>,
    /// How long each figure is measured.
    pub duration: Duration,
}

/// What one kind of request gave in one round.
pub(crate) struct Measured {
    /// The kind.
    pub traffic: Traffic,
    /// The figures.
    pub figures: RoundFigures,
    /// Nanoseconds of each request at the fixed rate.
    pub latencies: Vec<u64>,
}

impl Bench {
    /// Measures all kinds of requests of a row.
    ///
    /// # Panics
    /// If more than a hundredth of the answers are not what the row is about.
    pub(crate) async fn row(
        &self,
        row: &BenchRow,
        round: u64,
        kept: &mut KeptEnvoy,
    ) -> Vec<Measured> {
        let envoy = match kept.take() {
            Some(envoy) => envoy,
            None => self.start(row).await,
        };
        self.cores.to_load();
        if row.workers > 1 {
            self.cores.to_both();
        }
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, envoy.port));
        let download = row.is_beside_download.then(|| Downloader::start(address));
        let mut all = Vec::new();
        for (number, traffic) in row.traffics.iter().enumerate() {
            let seed = (round << 16) + ((number as u64) << 8);
            let plan = LoadPlan { address, traffic: *traffic, seed };
            all.push(self.traffic(row, plan, &envoy).await);
        }
        drop(download);
        if row.is_filled {
            *kept = Some(envoy);
        }
        all
    }

    async fn start(&self, row: &BenchRow) -> Envoy {
        match row.workers {
            1 => self.cores.to_envoys(),
            _ => self.cores.to_both(),
        }
        let envoy = chain::start(row.chain, row.workers, &self.parts).await;
        self.cores.to_load();
        if row.is_filled {
            fill(&envoy).await;
        }
        envoy
    }

    async fn traffic(&self, row: &BenchRow, plan: LoadPlan, envoy: &Envoy) -> Measured {
        load::saturate(plan, WARM_UP).await;
        let is_served = row.chain == BenchChain::ExtAuthz;
        let server =
            self.server.as_ref().filter(|_| is_served).map(AuthorisationServer::process_id);
        let cpu = || [Some(envoy.process_id()), server].map(|it| it.map(CpuAccount::of));
        let before = cpu();
        let plan = LoadPlan { seed: plan.seed + 1, ..plan };
        let most = load::saturate(plan, self.duration).await;
        let after = cpu();
        let [cpu, server] = [0, 1].map(|process| {
            let (before, after) = (before[process], after[process]);
            after.unwrap_or_default().since(before.unwrap_or_default())
        });
        let plan = LoadPlan { seed: plan.seed + 1, ..plan };
        let paced = load::pace(plan, self.duration).await;
        for tally in [&most, &paced] {
            nearly_all_expected(row, tally);
        }
        let requests = most.latencies.len() as f64;
        let each = |taken: u64| taken as f64 / 1000.0 / requests;
        let figures = RoundFigures {
            envoy_cpu_us: each(cpu.taken),
            server_cpu_us: each(server.taken),
            waited: cpu.waited as f64 / 1e9 / most.seconds,
            per_second: requests / most.seconds,
            connections: most.connections as f64 / requests,
            resident_mib: envoy.resident_bytes() as f64 / f64::from(1 << 20),
        };
        Measured { traffic: plan.traffic, figures, latencies: paced.latencies }
    }
}

/// A few logins may be challenged: of a thousand passwords one looks breached, and logins of strangers
/// of which a third fails are an attack to the default rules.
fn nearly_all_expected(row: &BenchRow, tally: &LoadTally) {
    let of = tally.latencies.len();
    let unexpected = &tally.unexpected;
    let wrong: u64 = unexpected.values().sum();
    let is_rare = wrong * 100 <= of as u64;
    assert!(is_rare, "{}: of {of} answers, by status: {unexpected:?}", row.name);
}

/// Sends logins until the state takes no more entries.
async fn fill(envoy: &Envoy) {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, envoy.port));
    let mut entries = 0;
    for seed in 1..=u64::from(FILL_BOUND) {
        let plan = LoadPlan { address, traffic: Traffic::Login, seed: seed << 40 };
        let logins = load::saturate(plan, FILL_FOR).await.latencies.len() as u64;
        let now = envoy.admin.metric("unstuff.state.entries").await;
        if now > 0 && now.saturating_sub(entries) * LOGINS_PER_ENTRY < logins {
            return;
        }
        entries = now;
    }
    panic!("the state is not full after {FILL_BOUND} times {FILL_FOR:?}: {entries} entries");
}
