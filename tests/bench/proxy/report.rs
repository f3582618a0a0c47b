//! The result of a run: the machine, the versions, the rows and the bars.

use std::process::Command;

use serde::Serialize;
use unstuff_tests::bench::root;
use unstuff_tests::envoy::version;

use crate::figures::{RowFigures, ratio_by_round};
use crate::rows::ROWS;
use crate::settings::BenchSettings;
use crate::traffic::Traffic;

/// The most that Envoy may wait for its core in a result that is kept.
const MOST_WAITED: f64 = 0.1;

/// A run, as it is kept.
#[derive(Serialize)]
pub(crate) struct BenchReport {
    /// The day, in UTC.
    pub date: String,
    /// Model, cores and kernel.
    pub machine: String,
    /// Envoy's version.
    pub envoy: String,
    /// The module's version, commit and size.
    pub module: String,
    /// Rounds over all rows.
    pub rounds: usize,
    /// Seconds that each figure of a row was measured in a round.
    pub seconds: u64,
    /// Whether all rows were measured as often and as long as a kept result needs.
    pub is_whole: bool,
    /// The part of the time that Envoy waited for its core in the row that waited most, of those
    /// with one worker: 0 on an idle machine.
    pub waited: f64,
    /// The bars of which all rows were measured.
    pub bars: Vec<ProxyBar>,
    /// The rows in the order of the table.
    pub rows: Vec<RowFigures>,
}

/// A limit of a ratio.
#[derive(Serialize)]
pub(crate) struct ProxyBar {
    /// What is compared with what.
    pub what: &'static str,
    /// The median of the rounds' ratios; of times, the ratio of the medians over all rounds.
    pub measured: f64,
    /// The bar.
    pub at_most: f64,
}

impl ProxyBar {
    /// Whether the bar is kept, to two digits behind the point.
    pub(crate) fn is_kept(&self) -> bool {
        (self.measured * 100.0).round() <= (self.at_most * 100.0).round()
    }
}

impl BenchReport {
    /// Puts a run's rows together with where they were measured.
    pub(crate) fn new(rows: Vec<RowFigures>, settings: &BenchSettings) -> Self {
        Self {
            date: jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
            machine: machine(),
            envoy: version(),
            module: module(),
            rounds: settings.rounds,
            seconds: settings.duration.as_secs(),
            is_whole: settings.are_whole(),
            waited: waited(&rows),
            bars: bars(&rows),
            rows,
        }
    }

    /// Whether the result may replace the one in the repository.
    pub(crate) fn is_kept(&self) -> bool {
        self.is_whole && !self.is_disturbed()
    }

    /// Whether something else took Envoy's core.
    pub(crate) fn is_disturbed(&self) -> bool {
        self.waited > MOST_WAITED
    }

    /// What was measured of a row, if it was.
    pub(crate) fn row(&self, name: &str, traffic: Traffic) -> Option<&RowFigures> {
        find(&self.rows, name, traffic)
    }
}

fn waited(rows: &[RowFigures]) -> f64 {
    let alone = ROWS.iter().filter(|row| row.workers == 1).map(|row| row.name);
    let alone: Vec<&str> = alone.collect();
    let rows = rows.iter().filter(|row| alone.contains(&row.row));
    rows.map(|row| row.median(|figures| figures.waited)).fold(0.0, f64::max)
}

fn find<'a>(rows: &'a [RowFigures], name: &str, traffic: Traffic) -> Option<&'a RowFigures> {
    rows.iter().find(|row| row.row == name && row.traffic == traffic.name())
}

/// The bars of issues 14, 15 and 16.
fn bars(rows: &[RowFigures]) -> Vec<ProxyBar> {
    let login = |name| find(rows, name, Traffic::Login);
    let other = |name| find(rows, name, Traffic::Other);
    let banned = find(rows, "banned", Traffic::BannedLogin);
    let simple = |what, of: Option<&RowFigures>, to: Option<&RowFigures>, at_most| {
        let measured = ratio_by_round([of?, to?], |[of, to]| of / to);
        Some(ProxyBar { what, measured, at_most })
    };
    let added = || {
        let rows = [login("default")?, login("authz")?, login("alone")?];
        let measured =
            ratio_by_round(rows, |[unstuff, authz, alone]| (unstuff - alone) / (authz - alone));
        let what = "what Unstuff adds to a login, to what ext_authz and its server add";
        Some(ProxyBar { what, measured, at_most: 0.55 })
    };
    let median = || {
        let median = |row: &RowFigures| row.latency.p50_us;
        let measured = median(login("fleet")?) / median(login("default")?);
        let what = "median time of a login that counts with a fleet, to one without";
        Some(ProxyBar { what, measured, at_most: 1.05 })
    };
    let all = [
        simple(
            "login, default rules, to the module that only holds and reads the body",
            login("default"),
            login("hold"),
            1.30,
        ),
        added(),
        simple(
            "a request that is no login, to the empty module",
            other("default"),
            other("empty"),
            1.05,
        ),
        simple("a banned address, to Envoy alone", banned, login("alone"), 1.0),
        simple("login, state full, to state empty", login("full"), login("default"), 1.1),
        simple(
            "login that is recorded, to one that is not",
            login("record"),
            login("default"),
            1.1,
        ),
        median(),
    ];
    all.into_iter().flatten().collect()
}

fn machine() -> String {
    let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let models = || cpus.lines().filter_map(|line| line.strip_prefix("model name"));
    let model = models().next().map_or("unknown", |rest| rest.trim_start_matches([' ', '\t', ':']));
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{model}, {} cores, Linux {}", models().count(), kernel.trim())
}

fn module() -> String {
    let said = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).current_dir(root()).output();
        output.map_or_else(|_| String::new(), |it| String::from_utf8_lossy(&it.stdout).into_owned())
    };
    let version = said("target/release/unstuff", &["--version"]);
    let commit = said("git", &["describe", "--always", "--dirty"]);
    let size = std::fs::metadata(root().join("target/unstuff.wasm")).map_or(0, |it| it.len());
    format!("{} ({}), {} KiB", version.trim(), commit.trim(), size >> 10)
}
