//! The measurement of one row in one round, a slice at a time.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use unstuff_tests::envoy::Envoy;

use crate::authorisation::AuthorisationServer;
use crate::chain::{self, BenchParts};
use crate::cores::{CorePair, CpuAccount};
use crate::figures::RoundFigures;
use crate::load::{self, Downloader, LoadLanes, LoadPlan, LoadTally};
use crate::rows::{BenchChain, BenchRow};
use crate::traffic::Traffic;

/// How long each kind of request runs before it is measured, so that V8 has compiled what is hot.
const WARM_UP: Duration = Duration::from_millis(1_500);

/// How long a row is measured before the next one has its turn.
pub(crate) const SLICE: Duration = Duration::from_millis(250);

/// The state is full once it gains less than one entry in so many logins; an empty one gains several
/// with each. What it still gains are accounts, in slots that are there already.
const LOGINS_PER_ENTRY: u64 = 4;
const FILL_FOR: Duration = Duration::from_secs(2);
/// The most times that it is filled for [`FILL_FOR`].
const FILL_BOUND: u32 = 600;

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

/// A row whose Envoy serves, in one round.
pub(crate) struct RunningRow {
    row: BenchRow,
    envoy: Envoy,
    traffics: Vec<RunningTraffic>,
}

/// One kind of request to it.
struct RunningTraffic {
    plan: LoadPlan,
    lanes: LoadLanes,
    /// Over all slices so far.
    tally: LoadTally,
    cpu: CpuAccount,
    server: CpuAccount,
}

impl Bench {
    /// Starts a row's Envoy, or takes the one that was kept, and lets V8 compile what is hot.
    pub(crate) async fn begin(
        &self,
        row: &BenchRow,
        round: u64,
        kept: Option<Envoy>,
    ) -> RunningRow {
        let envoy = match kept {
            Some(envoy) => envoy,
            None => self.start(row).await,
        };
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, envoy.port));
        let running = |(number, traffic): (usize, &Traffic)| {
            let seed = (round << 16) + ((number as u64) << 8);
            let plan = LoadPlan { address, traffic: *traffic, seed };
            let lanes = LoadLanes::of(plan);
            let (cpu, server) = <(CpuAccount, CpuAccount)>::default();
            RunningTraffic { plan, lanes, tally: LoadTally::default(), cpu, server }
        };
        let traffics = row.traffics.iter().enumerate().map(running).collect();
        let mut running = RunningRow { row: *row, envoy, traffics };
        let _beside = self.load(&running);
        for traffic in &mut running.traffics {
            traffic.lanes.saturate(WARM_UP).await;
        }
        running
    }

    /// Measures a slice of each kind of request.
    pub(crate) async fn slice(&self, running: &mut RunningRow) {
        let _beside = self.load(running);
        let is_served = running.row.chain == BenchChain::ExtAuthz;
        let server =
            self.server.as_ref().filter(|_| is_served).map(AuthorisationServer::process_id);
        let cpu = || [Some(running.envoy.process_id()), server].map(|it| it.map(CpuAccount::of));
        for traffic in &mut running.traffics {
            let before = cpu();
            traffic.tally.add(traffic.lanes.saturate(SLICE).await);
            let after = cpu();
            let [cpu, server] = [0, 1].map(|process| {
                let (before, after) = (before[process], after[process]);
                after.unwrap_or_default().since(before.unwrap_or_default())
            });
            traffic.cpu.add(cpu);
            traffic.server.add(server);
        }
    }

    /// Measures latencies, and ends the round of a row. Its Envoy is kept if it is a filled one.
    ///
    /// # Panics
    /// If more than a hundredth of the answers are not what the row is about.
    pub(crate) async fn finish(&self, running: RunningRow) -> (Vec<Measured>, Option<Envoy>) {
        let _beside = self.load(&running);
        let RunningRow { row, envoy, traffics } = running;
        let mut all = Vec::new();
        for RunningTraffic { plan, tally, cpu, server, .. } in traffics {
            let plan = LoadPlan { seed: plan.seed + 1, ..plan };
            let paced = load::pace(plan, self.duration).await;
            for tally in [&tally, &paced] {
                nearly_all_expected(&row, tally);
            }
            let requests = tally.latencies.len() as f64;
            let each = |taken: u64| taken as f64 / 1000.0 / requests;
            let figures = RoundFigures {
                envoy_cpu_us: each(cpu.taken),
                server_cpu_us: each(server.taken),
                waited: cpu.waited as f64 / 1e9 / tally.seconds,
                per_second: requests / tally.seconds,
                connections: tally.connections as f64 / requests,
                resident_mib: envoy.resident_bytes() as f64 / f64::from(1 << 20),
            };
            let latencies = paced.latencies;
            all.push(Measured { traffic: plan.traffic, figures, latencies });
        }
        (all, row.is_filled.then_some(envoy))
    }

    /// Puts the load where it belongs for this row, and begins what runs beside it until the value is
    /// dropped.
    fn load(&self, running: &RunningRow) -> Option<Downloader> {
        match running.row.workers {
            1 => self.cores.to_load(),
            _ => self.cores.to_both(),
        }
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, running.envoy.port));
        running.row.is_beside_download.then(|| Downloader::start(address))
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
        let logins = LoadLanes::of(plan).saturate(FILL_FOR).await.latencies.len() as u64;
        let now = envoy.admin.metric("unstuff.state.entries").await;
        if now > 0 && now.saturating_sub(entries) * LOGINS_PER_ENTRY < logins {
            return;
        }
        entries = now;
    }
    panic!("the state is not full after {FILL_BOUND} times {FILL_FOR:?}: {entries} entries");
}
