//! `make bench`: what the module costs in Envoy, beside what else could stand in its place.
//!
//! One worker of Envoy has a core of its own; the load, the application, the authorisation server and
//! the rate limit service share another. CPU is the Envoy process's own account. In a round the Envoys of
//! all rows serve in turn, a quarter of a second each, again and again, and ratios are formed within a
//! round. So what disturbs a while, as other machines on the same hardware do, disturbs all rows.
//!
//! `ROUNDS`, `ROWS` and `SECONDS` measure a part. Only a whole run on an idle machine replaces the
//! results in `tests/bench/results` and in the README; others are left in `target/bench`. The exit code is 1 if
//! a bar is missed.

#![allow(
    clippy::cast_possible_truncation,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a benchmark fails by panicking"
)]

mod authorisation;
mod chain;
mod chart;
mod cores;
mod figures;
mod http;
mod load;
mod measure;
mod native;
mod page;
mod progress;
mod report;
mod rows;
mod settings;
mod table;
mod traffic;
mod upstream;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use tokio::signal::unix::{SignalKind, signal};
use unstuff_tests::bench::{self, root};
use unstuff_tests::envoy::Envoy;
use unstuff_tests::limiter::{Limiter, OK};

use crate::authorisation::AuthorisationServer;
use crate::chain::BenchParts;
use crate::cores::CorePair;
use crate::figures::{LatencyFigures, RoundFigures, RowFigures};
use crate::measure::{Bench, SLICE};
use crate::progress::RoundProgress;
use crate::report::BenchReport;
use crate::rows::{BenchChain, BenchPolicy, BenchRow, ROWS};
use crate::settings::BenchSettings;
use crate::upstream::BenchUpstream;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut terminated = signal(SignalKind::terminate()).expect("a handler");
    let mut interrupted = signal(SignalKind::interrupt()).expect("a handler");
    // Whichever comes first drops the run, and with it every process that it has started.
    tokio::select! {
        code = run(BenchSettings::from_environment()) => code,
        _ = terminated.recv() => ExitCode::from(143),
        _ = interrupted.recv() => ExitCode::from(130),
    }
}

async fn run(settings: BenchSettings) -> ExitCode {
    let cores = CorePair::of_this_machine();
    let needs = |chain| settings.rows.iter().any(|row| row.chain == chain);
    let (empty, hold) = (bench::module("unstuff-bench-empty"), bench::module("unstuff-bench-hold"));
    let large_filter =
        needs(BenchChain::Unstuff(BenchPolicy::LargeFilter)).then(module_with_large_filter);
    let native = needs(BenchChain::Native).then(native::library);
    cores.to_load();
    let server = match needs(BenchChain::ExtAuthz) {
        true => Some(AuthorisationServer::start().await),
        false => None,
    };
    let upstream = BenchUpstream::start().await;
    let limiter = Limiter::start(|_| OK).await;
    let authorisation_port = server.as_ref().map(|server| server.port);
    let app_port = upstream.port;
    let limiter_port = limiter.port;
    let parts = BenchParts {
        empty,
        hold,
        large_filter,
        native,
        app_port,
        authorisation_port,
        limiter_port,
    };
    if parts.native.is_some() {
        native::prove(&parts).await;
    }
    let bench = Bench { cores, parts, server, duration: settings.duration };

    let rows = all_rounds(&bench, &settings).await;
    let is_asked = limiter.calls() > 0;
    assert_eq!(is_asked, needs(BenchChain::Unstuff(BenchPolicy::Fleet)), "the fleet's service");
    let report = BenchReport::new(rows, &settings);
    println!("{}", table::text(&report));
    keep(&report);
    match report.bars.iter().all(report::ProxyBar::is_kept) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// Measures every row in every round, slice by slice, in another order each round.
async fn all_rounds(bench: &Bench, settings: &BenchSettings) -> Vec<RowFigures> {
    let mut figures: BTreeMap<_, (Vec<RoundFigures>, Vec<u64>)> = BTreeMap::new();
    let mut kept: BTreeMap<&str, Envoy> = BTreeMap::new();
    let slices = settings.duration.div_duration_f64(SLICE).ceil() as usize;
    let progress = RoundProgress::of(settings.rounds, settings.rows.len(), slices);
    for round in 0..settings.rounds {
        let mut order: Vec<BenchRow> = settings.rows.clone();
        let turn = order.len() * round / settings.rounds;
        order.rotate_left(turn);
        let mut running = Vec::new();
        for row in &order {
            progress.step(round, "starting", row.about);
            running.push(bench.begin(row, round as u64, kept.remove(row.name)).await);
        }
        for slice in 0..slices {
            progress.step(round, "measuring", &format!("slice {} of {slices}", slice + 1));
            for row in &mut running {
                bench.slice(row).await;
            }
        }
        for (row, running) in order.iter().zip(running) {
            progress.step(round, "latencies", row.about);
            let (all, envoy) = bench.finish(running).await;
            for measured in all {
                let (rounds, latencies) = figures.entry((row.name, measured.traffic)).or_default();
                rounds.push(measured.figures);
                latencies.extend(measured.latencies);
            }
            envoy.into_iter().for_each(|envoy| drop(kept.insert(row.name, envoy)));
        }
    }
    let mut rows = Vec::new();
    for row in ROWS {
        for traffic in row.traffics {
            let Some((rounds, latencies)) = figures.remove(&(row.name, *traffic)) else { continue };
            let latency = LatencyFigures::of(latencies);
            let (about, traffic) = (row.about, traffic.name());
            rows.push(RowFigures { row: row.name, about, traffic, rounds, latency });
        }
    }
    rows
}

/// Packs the starter list into a filter with room for a hundred million keys.
///
/// A lookup reads one shard, which is as large as in a full filter.
fn module_with_large_filter() -> PathBuf {
    let folder = root().join("target/bench");
    std::fs::create_dir_all(&folder).expect("target/bench");
    let (filter, module) = (folder.join("100MiB.unstuff"), folder.join("100MiB.wasm"));
    let tool = |arguments: &[&str], paths: [&Path; 3]| {
        let mut run = Command::new(root().join("target/release/unstuff"));
        run.args(arguments).arg(paths[0]).arg("-o").arg(paths[1]).arg(paths[2]);
        let output = run.output().expect("the tool; `make build` makes it");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{run:?}: {errors}");
    };
    let list = root().join("filters/starter.txt");
    let size = ["build", "--fp-rate", "0.0195", "--keys", "100000000", "--passwords"];
    tool(&size, [&list, &filter, Path::new("--date=2026-01-01")]);
    tool(&["pack", "--passwords"], [&filter, &module, &root().join("target/unstuff-bare.wasm")]);
    module
}

/// Writes the result where it belongs: a whole one into the repository.
fn keep(report: &BenchReport) {
    let folder = match report.is_kept() {
        true => root().join("tests/bench/results"),
        false => root().join("target/bench"),
    };
    std::fs::create_dir_all(&folder).expect("a folder");
    let json = serde_json::to_string_pretty(report).expect("JSON") + "\n";
    let files = [("proxy.json", json), ("proxy.html", page::html(report))];
    for (name, content) in files {
        let path = folder.join(name);
        std::fs::write(&path, content).expect("a file");
        println!("{}", path.display());
    }
    if report.is_kept() {
        bench::write_part("README.md", "make bench", &table::markdown(report));
    }
}
