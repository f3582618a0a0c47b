//! A run: requests are generated, judged, and sent to every application.
//!
//! A request that the verdict mentions cannot be a bypass, so only one in twenty of those is sent:
//! enough to tell how many of them the applications read.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{IsTerminal, Write};
use std::thread;

use rand::SeedableRng;
use rand_pcg::Pcg64;

use crate::application::RunningApplication;
use crate::generator;
use crate::judge::Judge;
use crate::login_request::LoginRequest;
use crate::report::{Bypass, CampaignReport};
use crate::samples;
use crate::shrink::shrink;

/// Requests that are sent together.
const BATCH: usize = 400;
/// One in so many requests that the verdict mentions is sent.
const SAMPLE: usize = 20;
/// Bypasses of one application that are shrunk and printed.
const PRINTED: usize = 12;
/// Requests that were read, kept for mutation.
const POOL: usize = 2_000;

/// The settings of a run.
pub(crate) struct Campaign {
    seed: u64,
    requests: usize,
}

impl Campaign {
    /// `SEED` and `REQUESTS`, or seed 1 and this number.
    pub(crate) fn from_environment(requests: usize) -> Self {
        let number = |name: &str| std::env::var(name).ok().and_then(|it| it.parse::<u64>().ok());
        let requests =
            number("REQUESTS").and_then(|it| usize::try_from(it).ok()).unwrap_or(requests);
        Self { seed: number("SEED").unwrap_or(1), requests }
    }

    pub(crate) fn run(&self, mut applications: Vec<RunningApplication>) -> CampaignReport {
        let judge = Judge::new();
        let mut report = CampaignReport { seed: self.seed, ..CampaignReport::default() };
        let (ordinary, logins) = (samples::ordinary(), samples::logins());
        report.ordinary = ordinary.len() + logins.len();
        let alarm = |(what, request): &(String, LoginRequest), login| {
            Some(format!("{what}: {}: {}", judge.alarm(request, login)?, request.to_json()))
        };
        report.false_alarms.extend(ordinary.iter().filter_map(|it| alarm(it, false)));
        report.false_alarms.extend(logins.iter().filter_map(|it| alarm(it, true)));
        let mut rng = Pcg64::seed_from_u64(self.seed);
        let mut pool: Vec<LoginRequest> = Vec::new();
        let mut found: BTreeMap<String, Vec<LoginRequest>> = BTreeMap::new();
        let mut batch = samples::bypasses();
        while report.generated < self.requests || !batch.is_empty() {
            while batch.len() < BATCH && report.generated + batch.len() < self.requests {
                batch.push(generator::request(&mut rng, &pool));
            }
            let mut sent: Vec<(LoginRequest, bool)> = Vec::new();
            for (number, request) in batch.drain(..).enumerate() {
                report.generated += 1;
                let clean = judge.remarks(&request).is_none();
                report.clean += usize::from(clean);
                if clean || number % SAMPLE == 0 {
                    sent.push((request, clean));
                }
            }
            for (name, read) in ask(&mut applications, &sent) {
                let tally = report.tallies.entry(name.clone()).or_default();
                tally.asked += sent.len();
                for (request, clean) in read {
                    tally.read += 1;
                    if clean {
                        tally.bypasses += 1;
                        found.entry(name.clone()).or_default().push(request.clone());
                    }
                    if !clean && pool.len() < POOL && !pool.contains(&request) {
                        pool.push(request);
                    }
                }
            }
            progress(&report, self.requests);
        }
        for application in &mut applications {
            let name = application.plan.name.clone();
            if !application.is_running() {
                report.stopped.push(name.clone());
            }
            report.tallies.entry(name).or_default().unanswered = application.unanswered;
        }
        report.print();
        report.bypasses = shrink_all(&mut applications, &found);
        report.print_bypasses();
        report
    }
}

/// Shrinks the shortest bypasses of each application, each request for one application only.
fn shrink_all(
    applications: &mut [RunningApplication],
    found: &BTreeMap<String, Vec<LoginRequest>>,
) -> Vec<Bypass> {
    let mut taken = BTreeSet::new();
    let mut chosen: BTreeMap<&str, Vec<&LoginRequest>> = BTreeMap::new();
    for (name, requests) in found {
        let mut requests: Vec<&LoginRequest> = requests.iter().collect();
        requests.sort_by_key(|it| it.wire().len());
        let new = requests.into_iter().filter(|it| taken.insert(it.wire()));
        chosen.insert(name, new.take(PRINTED).collect());
    }
    let shrunk = thread::scope(|scope| {
        let workers: Vec<_> = applications
            .iter_mut()
            .map(|application| {
                let requests = chosen.remove(application.plan.name.as_str()).unwrap_or_default();
                scope.spawn(move || {
                    let judge = Judge::new();
                    let bypasses = requests.into_iter().map(|request| {
                        let request = shrink(request, |it| {
                            judge.remarks(it).is_none() && application.reads(it).is_some()
                        });
                        let from = application.reads(&request).unwrap_or_default();
                        Bypass { application: application.plan.name.clone(), from, request }
                    });
                    bypasses.collect::<Vec<_>>()
                })
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|it| it.join().expect("requests are shrunk"))
            .collect::<Vec<_>>()
    });
    let mut seen = BTreeSet::new();
    shrunk.into_iter().filter(|it| seen.insert(it.request.wire())).collect()
}

/// What each application read: the requests, and whether the verdict was clean.
type ReadRequests = Vec<(LoginRequest, bool)>;

fn ask(
    applications: &mut [RunningApplication],
    sent: &[(LoginRequest, bool)],
) -> Vec<(String, ReadRequests)> {
    thread::scope(|scope| {
        let workers: Vec<_> = applications
            .iter_mut()
            .map(|application| {
                scope.spawn(move || {
                    let read = sent.iter().filter_map(|(request, clean)| {
                        application.reads(request).map(|_| (request.clone(), *clean))
                    });
                    let read: ReadRequests = read.collect();
                    (application.plan.name.clone(), read)
                })
            })
            .collect();
        workers.into_iter().map(|it| it.join().expect("an application is asked")).collect()
    })
}

fn progress(report: &CampaignReport, of: usize) {
    if std::io::stderr().is_terminal() {
        let bypasses: usize = report.tallies.values().map(|it| it.bypasses).sum();
        eprint!("\r{} of {of} requests, {bypasses} bypasses ", report.generated);
        let _ = std::io::stderr().flush();
    }
}
