//! Soak: ordinary logins and page views, from many people, while configurations replace one another.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use unstuff_tests::application::RIGHT;
use unstuff_tests::envoy::Envoy;
use unstuff_tests::{Request, client, form, json_login};

use crate::campaign;
use crate::memory::MemorySampler;
use crate::policies;
use crate::report::TortureReport;
use crate::settings::RunSettings;
use crate::upstream::TortureUpstream;

/// How many people log in at once.
const PEOPLE: usize = 16;

/// The time between two configurations.
const RECONFIGURE_EVERY: Duration = Duration::from_secs(6);

/// How many answers that are wrong are printed.
const KEPT: usize = 20;

/// Runs the soak and returns what it found.
pub(crate) async fn run(settings: RunSettings) -> TortureReport {
    let upstream = TortureUpstream::start().await;
    let options = campaign::options(0, upstream.port);
    let mut envoy = Envoy::start(options, policies::plain()).await;
    let mut report = TortureReport { seed: settings.seed, ..TortureReport::default() };
    let (sent, is_over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let start = Instant::now();
    let memory = MemorySampler::start(envoy.process_id(), settings.duration);
    let person = |number: usize| {
        let rng = Pcg64::seed_from_u64(settings.seed ^ u64::try_from(number).expect("a number"));
        tokio::spawn(logs_in(envoy.port, rng, Arc::clone(&sent), Arc::clone(&is_over)))
    };
    let people: Vec<_> = (0..PEOPLE).map(person).collect();
    while start.elapsed() < settings.duration {
        match envoy.reconfigure(policies::harmless(report.configurations)).await {
            Ok(()) => report.configurations += 1,
            Err(log) => report.problems.push(log),
        }
        let left = settings.duration.saturating_sub(start.elapsed());
        tokio::time::sleep(left.min(RECONFIGURE_EVERY)).await;
    }
    is_over.store(true, Ordering::Relaxed);
    for person in people {
        report.problems.extend(person.await.expect("a person").into_iter().take(KEPT));
    }
    report.memory = Some(memory.level().await);
    report.seconds = start.elapsed().as_secs_f64();
    report.sent = sent.load(Ordering::Relaxed);
    report.arrived = upstream.tally.arrived.load(Ordering::Relaxed);
    report.take_counts(envoy.admin).await;
    campaign::nothing_is_left_over(envoy.admin).await;
    report.take_log(&envoy.log());
    report
}

/// A person who logs in again and again. Returns the answers that were wrong.
async fn logs_in(
    port: u16,
    mut rng: Pcg64,
    sent: Arc<AtomicU64>,
    is_over: Arc<AtomicBool>,
) -> Vec<String> {
    let address = (std::net::Ipv4Addr::LOCALHOST, port).into();
    let mut problems = Vec::new();
    let mut connection = client::connect(address).await.expect("Envoy listens");
    while !is_over.load(Ordering::Relaxed) {
        let (request, expected) = ordinary(&mut rng);
        sent.fetch_add(1, Ordering::Relaxed);
        let mut answer = connection.try_send(request.clone()).await;
        if answer.is_err() {
            // A configuration that is replaced closes the connections that it has: so do people's
            // browsers ask again.
            connection = client::connect(address).await.expect("Envoy listens");
            answer = connection.try_send(request.clone()).await;
        }
        match answer {
            Ok(answer) if answer.status == expected => {}
            Ok(answer) => problems.push(format!("{expected} became {}", answer.status)),
            Err(error) => problems.push(format!("no answer on a new connection: {error}")),
        }
    }
    problems
}

/// A request and the status of its answer.
fn ordinary(rng: &mut Pcg64) -> (Request, u16) {
    let user = format!("user-{}", rng.random_range(0..50_000));
    let address = format!("10.{}.{}.7", rng.random_range(0..100), rng.random_range(0..=255));
    let (request, status) = match rng.random_range(0..20) {
        0..4 => (Request::get("/"), 401),
        4..7 => (form(&user, "mistyped"), 401),
        7..12 => (json_login(&user, RIGHT), 200),
        12..14 => (form(&user, RIGHT).in_chunks_of(9), 200),
        _ => (form(&user, RIGHT), 200),
    };
    (request.from(&address), status)
}
