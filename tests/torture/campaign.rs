//! A run: an Envoy under hostile requests, beside faults, and what must hold at the end.
//!
//! In the first part Envoy keeps its state, and the witnesses' failures are counted. Then it is
//! drained and started again, and junk is written over its state.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::{Interval, MissedTickBehavior};
use unstuff_tests::admin::Admin;
use unstuff_tests::envoy::{Envoy, EnvoyOptions};
use unstuff_tests::{ModuleBuild, PackedModule, Request, client, eventually, form};

use crate::hostile::{HostileRequest, NUMBER_HEADER};
use crate::lanes::Lanes;
use crate::memory::MemorySampler;
use crate::policies;
use crate::report::TortureReport;
use crate::settings::RunSettings;
use crate::upstream::{REMEMBER, TortureUpstream};
use crate::wire::TortureClient;
use crate::witnesses::{self, WitnessCount, Witnesses};

/// The part of a run in which Envoy keeps its state, in per cent.
const FIRST_PART: u32 = 85;

/// How many configurations each part has at most: each makes Envoy compile the module again, which
/// leaves no time for requests.
const MOST_CONFIGURATIONS: u32 = 260;

/// How many configurations come between two other faults.
const CONFIGURATIONS: u64 = 3;

/// How many values one round of junk overwrites.
const JUNK: u64 = 200;

/// An Envoy under torture.
struct TortureRun {
    settings: RunSettings,
    envoy: Envoy,
    upstream: TortureUpstream,
    trap: PackedModule,
    report: TortureReport,
    /// The number of the next configuration.
    configuration: u64,
}

/// Answers upgrades, as gateways do by default, and keeps no access log of a million requests.
fn manager(manager: &mut Value) {
    manager["upgrade_configs"] = json!([{ "upgrade_type": "websocket" }]);
    manager.as_object_mut().map(|manager| manager.remove("access_log"));
}

/// Runs the campaign and returns what it found.
pub(crate) async fn run(settings: RunSettings) -> TortureReport {
    let upstream = TortureUpstream::start().await;
    let options = options(0, upstream.port);
    let envoy = Envoy::start(options, policies::numbered(0)).await;
    let trap = PackedModule::trap_with_starter_filter();
    let report = TortureReport { seed: settings.seed, ..TortureReport::default() };
    let mut run = TortureRun { settings, envoy, upstream, trap, report, configuration: 1 };
    if let Some(number) = settings.only {
        run.send_alone(number).await;
        return run.report;
    }
    let start = Instant::now();
    let lanes = Lanes::start(run.envoy.port, settings.seed);
    run.keeping_state(settings.duration * FIRST_PART / 100).await;
    run.drain_and_restart().await;
    let left = settings.duration.saturating_sub(start.elapsed());
    run.under_junk(left.max(settings.duration / 20)).await;
    let tally = lanes.end().await;
    run.report.seconds = start.elapsed().as_secs_f64();
    run.report.sent = tally.sent();
    run.report.endings = tally.endings();
    run.report.hung = tally.hung();
    run.settle().await;
    run.take_the_log();
    run.report.expect_enough();
    run.report
}

/// Two workers, every path a login's, and the port to listen on.
pub(crate) fn options(port: u16, app_port: u16) -> EnvoyOptions {
    let behind = EnvoyOptions::behind(app_port);
    EnvoyOptions { workers: 2, any_path_and_tool: true, manager, port, ..behind }
}

impl TortureRun {
    /// The first part: faults of every kind in turn, and exact counts at the end.
    async fn keeping_state(&mut self, duration: Duration) {
        let start = Instant::now();
        let memory = MemorySampler::start(self.envoy.process_id(), duration);
        let witnesses = Witnesses::start(self.envoy.port);
        let mut fault = 0;
        let mut is_due = configurations_in(duration);
        while start.elapsed() < duration {
            for _ in 0..CONFIGURATIONS {
                is_due.tick().await;
                self.replace_configuration().await;
            }
            match fault % 5 {
                0 => self.push_bad_configuration().await,
                1 => self.kill_upstream().await,
                2 => self.trap().await,
                3 => self.replace_module(self.trap.module()).await,
                _ => self.replace_module(ModuleBuild::Shipped).await,
            }
            fault += 1;
        }
        let counts = witnesses.end(&self.upstream.tally).await;
        self.report.memory = Some(memory.level().await);
        self.compare(&counts).await;
        self.report.take_counts(self.envoy.admin).await;
    }

    async fn replace_configuration(&mut self) {
        let number = self.configuration;
        self.configuration += 1;
        match self.envoy.reconfigure(policies::numbered(number)).await {
            Ok(()) => self.report.configurations += 1,
            Err(log) => self.report.problems.push(format!("configuration {number}: {log}")),
        }
    }

    async fn push_bad_configuration(&mut self) {
        match self.envoy.reconfigure(policies::bad(self.configuration)).await {
            Ok(()) => self.report.problems.push("a bad configuration was accepted".to_owned()),
            Err(_) => self.report.refused_configurations += 1,
        }
    }

    async fn kill_upstream(&mut self) {
        self.upstream.kill().await;
        // So long it stays dead: requests meanwhile find nobody.
        tokio::time::sleep(Duration::from_secs(1)).await;
        self.upstream.listen().await;
        self.report.kills += 1;
    }

    async fn replace_module(&mut self, module: ModuleBuild) {
        self.envoy.use_module(module);
        self.replace_configuration().await;
        self.report.modules += 1;
    }

    /// Lets the VM of a worker trap, and waits until it is replaced.
    async fn trap(&mut self) {
        self.replace_module(self.trap.module()).await;
        let port = self.envoy.port;
        let sent = ask(port, form("alice", "wrong").header("x-unstuff-test-trap", "1")).await;
        self.report.traps += u64::from(sent == Some(503));
        eventually("both workers serve after a trap", || async {
            for _ in 0..8 {
                let login = form("alice", "wrong").from("192.0.2.77");
                if !matches!(ask(port, login).await, Some(401 | 429)) {
                    return false;
                }
            }
            true
        })
        .await;
    }

    /// Compares what the module has counted with what the witnesses know.
    async fn compare(&mut self, counts: &[WitnessCount]) {
        let policy = counts.iter().fold(policies::plain(), |policy, it| it.with_rules(policy));
        self.envoy.use_module(ModuleBuild::Shipped);
        if let Err(log) = self.envoy.reconfigure(policy).await {
            self.report.problems.push(format!("the witnesses' rules: {log}"));
            return;
        }
        for count in counts {
            let reasons = self.reasons_of(witnesses::login(count.witness, 0)).await;
            self.report.counted += count.at_least;
            self.report.uncertain += count.at_most - count.at_least;
            self.report.problems.extend(count.problem(&reasons));
        }
    }

    /// The reasons that the application is told with a request.
    async fn reasons_of(&self, request: Request) -> String {
        ask(self.envoy.port, request.header(NUMBER_HEADER, REMEMBER)).await;
        self.upstream.tally.last_reasons()
    }

    /// Ends Envoy as its operator does, and starts it on the same port.
    async fn drain_and_restart(&mut self) {
        let (port, admin) = (self.envoy.port, self.envoy.admin);
        assert!(admin.post("/drain_listeners?graceful&skip_exit").await, "Envoy drains");
        // So long it drains, under requests that go on.
        tokio::time::sleep(Duration::from_secs(2)).await;
        self.take_the_log();
        assert!(admin.post("/quitquitquit").await, "Envoy ends");
        self.envoy.wait_until_ended().await;
        let mut options = options(port, self.upstream.port);
        options.module = self.trap.module();
        self.envoy = Envoy::start(options, policies::numbered(0)).await;
        self.report.restarts += 1;
    }

    /// The second part: junk over the state, while requests and configurations come.
    async fn under_junk(&mut self, duration: Duration) {
        let start = Instant::now();
        let mut is_due = configurations_in(duration);
        let mut at = 0_u64;
        while start.elapsed() < duration {
            is_due.tick().await;
            for _ in 0..JUNK {
                let entry = junk_entry(at);
                let request = Request::get("/").header("x-unstuff-test-junk", entry);
                self.report.junk += u64::from(ask(self.envoy.port, request).await == Some(200));
                at += 1;
            }
            self.replace_configuration().await;
        }
        self.report.attempts += self.envoy.admin.metric("unstuff.attempts").await;
    }

    /// Nothing is left over once the clients are gone.
    async fn settle(&mut self) {
        nothing_is_left_over(self.envoy.admin).await;
        let serves = ask(self.envoy.port, form("alice", "wrong").from("192.0.2.78")).await;
        assert!(matches!(serves, Some(401 | 429)), "it serves at the end: {serves:?}");
    }

    fn take_the_log(&mut self) {
        let log = self.envoy.log();
        self.report.take_log(&log);
        let tally = &self.upstream.tally;
        self.report.arrived = tally.arrived.load(Ordering::Relaxed);
        self.report.with_password = tally.with_password.load(Ordering::Relaxed);
        self.report.clean = tally.clean.load(Ordering::Relaxed);
        self.report.clean_examples = tally.violations();
    }

    /// Sends one request to an Envoy of its own and prints what came of it.
    async fn send_alone(&mut self, number: u64) {
        self.upstream.tally.remembers_all.store(true, Ordering::Relaxed);
        let request = HostileRequest::generate(self.settings.seed, number);
        println!("{}", request.describe());
        let fate = TortureClient::default().send(self.envoy.port, &request).await;
        println!("{fate:?}\n{}", self.envoy.tail());
        self.take_the_log();
        let last = Arc::clone(&self.upstream.tally).last_reasons();
        println!("the application: {} requests, reasons {last:?}", self.report.arrived);
    }
}

/// Ticks when the next configuration of a part that takes so long may come.
fn configurations_in(duration: Duration) -> Interval {
    let mut is_due = tokio::time::interval(duration / MOST_CONFIGURATIONS);
    is_due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    is_due
}

/// Waits until neither a client nor the application has a request open.
pub(crate) async fn nothing_is_left_over(admin: Admin) {
    eventually("no request is left over", || async {
        admin.stat("http.web.downstream_rq_active").await == 0
            && admin.stat("cluster.app.upstream_rq_active").await == 0
    })
    .await;
}

/// The status of a request on a connection of its own.
async fn ask(port: u16, request: Request) -> Option<u16> {
    let response = client::send_alone((Ipv4Addr::LOCALHOST, port).into(), request).await;
    response.map(|response| response.status)
}

/// Key and value of an entry that is junk: another length, the right header before random bytes, or
/// nothing.
fn junk_entry(at: u64) -> String {
    const REGIONS: [&str; 7] = ["ip", "user", "net", "pass", "tool", "dev", "acct"];
    const OTHERS: [&str; 6] =
        ["unstuff/meta", "unstuff/learnt", "unstuff/key", "unstuff/wait/0", "unstuff/pass/0", "x"];
    let hash = crate::hostile::body_hash(&at.to_le_bytes());
    let kind = usize::try_from(hash % 7).unwrap_or(0);
    let key = match at % 50 {
        0 => OTHERS[usize::try_from(hash % 6).unwrap_or(0)].to_owned(),
        _ => format!("unstuff/{}/{:08x}", REGIONS[kind], hash / 7 % 1_500),
    };
    let schema = at / 7 % 20;
    let header = format!("5573{schema:02x}{kind:02x}");
    let random: String =
        (0..at % 3 * 500).map(|it| format!("{:02x}", hash >> (it % 56) & 0xff)).collect();
    match at % 4 {
        // Nothing: what is no hexadecimal is left out.
        0 => format!("{key} -"),
        1 => format!("{key} {random}ff"),
        // As long as a slot.
        2 => format!("{key} {header}{}", "a7".repeat(1_004)),
        _ => format!("{key} {header}{random}"),
    }
}
