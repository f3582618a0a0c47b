//! The load: as many requests as Envoy answers, or so many a second whatever Envoy does.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::SeedableRng as _;
use rand_pcg::Pcg64Mcg;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use crate::http::HttpLane;
use crate::traffic::Traffic;
use crate::upstream::DOWNLOAD;

/// Connections that always have a request on its way: enough to keep a worker busy.
const LANES: u64 = 16;

/// Connections that wait for their turn, where so many requests a second are sent.
const WAITING_LANES: u64 = 64;

/// A request a millisecond: less than half of what each row can do.
const PACE: Duration = Duration::from_millis(1);

/// Where the load goes, and what of.
#[derive(Clone, Copy)]
pub(crate) struct LoadPlan {
    /// Envoy's listener.
    pub address: SocketAddr,
    /// What is sent.
    pub traffic: Traffic,
    /// Another seed sends other people.
    pub seed: u64,
}

/// What has been answered.
#[derive(Default)]
pub(crate) struct LoadTally {
    /// Nanoseconds from the request to the end of its response.
    pub latencies: Vec<u64>,
    /// Answers that the traffic does not expect, by status; 0 is none at all.
    pub unexpected: BTreeMap<u16, u64>,
    /// Connections that were opened: more than lanes where Envoy closes them.
    pub connections: u64,
    /// Seconds that the load took.
    pub seconds: f64,
}

impl LoadTally {
    fn note(&mut self, plan: &LoadPlan, status: Option<u16>, since: Instant) {
        let nanoseconds = since.elapsed().as_nanos();
        self.latencies.push(u64::try_from(nanoseconds).unwrap_or(u64::MAX));
        let status = status.unwrap_or_default();
        if !plan.traffic.expects(status) {
            *self.unexpected.entry(status).or_default() += 1;
        }
    }

    /// Adds what another has.
    pub(crate) fn add(&mut self, other: Self) {
        self.latencies.extend(other.latencies);
        self.connections += other.connections;
        self.seconds += other.seconds;
        for (status, count) in other.unexpected {
            *self.unexpected.entry(status).or_default() += count;
        }
    }
}

/// [`LANES`] connections that stay open between two loads.
pub(crate) struct LoadLanes {
    plan: LoadPlan,
    lanes: Vec<(HttpLane, Pcg64Mcg)>,
}

impl LoadLanes {
    /// Lanes that are opened when something is sent.
    pub(crate) fn of(plan: LoadPlan) -> Self {
        let lane = |number: u64| {
            (HttpLane::to(plan.address), Pcg64Mcg::seed_from_u64(plan.seed ^ (number << 32)))
        };
        Self { plan, lanes: (0..LANES).map(lane).collect() }
    }

    /// Sends the next request as soon as the last one is answered, on each lane.
    pub(crate) async fn saturate(&mut self, duration: Duration) -> LoadTally {
        let (start, plan) = (Instant::now(), self.plan);
        let send = |(mut lane, mut random): (HttpLane, Pcg64Mcg)| async move {
            let (mut request, before) = (String::new(), lane.connections);
            let mut tally = LoadTally::default();
            while start.elapsed() < duration {
                plan.traffic.write(&mut random, &mut request);
                let sent = Instant::now();
                let status = lane.exchange(request.as_bytes()).await.ok();
                tally.note(&plan, status, sent);
            }
            tally.connections = lane.connections - before;
            (tally, (lane, random))
        };
        let lanes = self.lanes.drain(..).map(|lane| tokio::spawn(send(lane)));
        let lanes: Vec<_> = lanes.collect();
        let mut sum = LoadTally::default();
        for lane in lanes {
            let (tally, lane) = lane.await.expect("a lane");
            sum.add(tally);
            self.lanes.push(lane);
        }
        sum.seconds = start.elapsed().as_secs_f64();
        sum
    }
}

/// Sends a request each [`PACE`]. It counts from when it was due, also if it waits for a
/// connection that is free.
pub(crate) async fn pace(plan: LoadPlan, duration: Duration) -> LoadTally {
    let start = Instant::now();
    let (due, queue) = mpsc::unbounded_channel::<Instant>();
    let queue = Arc::new(Mutex::new(queue));
    let lane = |number: u64| {
        let queue = Arc::clone(&queue);
        async move {
            let mut random = Pcg64Mcg::seed_from_u64(plan.seed ^ (number << 32));
            let (mut lane, mut request) = (HttpLane::to(plan.address), String::new());
            let mut tally = LoadTally::default();
            loop {
                plan.traffic.write(&mut random, &mut request);
                let Some(due) = queue.lock().await.recv().await else { return tally };
                let status = lane.exchange(request.as_bytes()).await.ok();
                tally.note(&plan, status, due);
            }
        }
    };
    let lanes: Vec<_> = (0..WAITING_LANES).map(|number| tokio::spawn(lane(number))).collect();
    let mut ticks = interval(PACE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    while start.elapsed() < duration {
        ticks.tick().await;
        // The queue ends with the last lane, and the lanes with `due`.
        let _ = due.send(Instant::now());
    }
    drop(due);
    let mut sum = LoadTally::default();
    for lane in lanes {
        sum.add(lane.await.expect("a lane"));
    }
    sum.seconds = start.elapsed().as_secs_f64();
    sum
}

/// Downloads again and again. Dropping the value ends it.
pub(crate) struct Downloader(JoinHandle<()>);

impl Downloader {
    /// Begins.
    pub(crate) fn start(address: SocketAddr) -> Self {
        Self(tokio::spawn(async move {
            let request = format!("GET {DOWNLOAD} HTTP/1.1\r\nhost: shop.example\r\n\r\n");
            let mut lane = HttpLane::to(address);
            while lane.exchange(request.as_bytes()).await.is_ok() {}
        }))
    }
}

impl Drop for Downloader {
    fn drop(&mut self) {
        self.0.abort();
    }
}
