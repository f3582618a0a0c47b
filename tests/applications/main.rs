//! `make applications`: real applications behind Envoy with the module.
//!
//! Each folder beside this file is an application: how it is prepared and started, how a person
//! logs in, which tools attack it, and which exchanges are recorded. They run one after the other:
//! first the person, in a browser, then each tool. The table tells how many attempts of each tool
//! the application's own log has.
//!
//! usage: applications [--json] [--record FOLDER] [APPLICATION …]

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests and their helpers fail by panicking"
)]

mod exchange;
mod manifest;
mod person;
mod record;
mod server;
mod table;
mod tool;

use std::path::PathBuf;
use std::process::ExitCode;

use manifest::AppManifest;
use serde_json::Value;
use server::AppServer;
use table::AttackRow;
use tool::AttackResult;
use unstuff_tests::envoy::Envoy;

/// What the command line asks for.
#[derive(Default)]
struct Wish {
    json: bool,
    record: Option<PathBuf>,
    names: Vec<String>,
}

fn wish() -> Wish {
    let mut wish = Wish::default();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--json" => wish.json = true,
            "--record" => wish.record = arguments.next().map(PathBuf::from),
            // `cargo bench` and `cargo test` add options of their own.
            option if option.starts_with("--") => {}
            name => wish.names.push(name.to_owned()),
        }
    }
    wish
}

#[tokio::main]
async fn main() -> ExitCode {
    let wish = wish();
    let applications = AppManifest::load_all(&wish.names);
    if let Some(folder) = &wish.record {
        for application in &applications {
            record::record(application, folder).await;
        }
        return ExitCode::SUCCESS;
    }
    let mut rows = Vec::new();
    for application in &applications {
        rows.extend(run(application).await);
    }
    if wish.json {
        let rows: Vec<Value> = rows.iter().map(AttackRow::json).collect();
        println!("{}", serde_json::to_string_pretty(&rows).expect("JSON"));
    } else {
        table::print(&rows);
    }
    let holds = !rows.is_empty() && rows.iter().all(AttackRow::holds);
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// An application: the person first, then each tool, with the module and without it.
async fn run(application: &AppManifest) -> Vec<AttackRow> {
    let server = AppServer::start(application).await;
    eprintln!("· {} {}", application.name, server.version);
    let person = person::log_in(application, &server).await;
    if let Err(why) = &person {
        eprintln!("{}: the person did not get in: {why}", application.folder);
    }
    let mut rows = Vec::new();
    for spec in &application.attacks {
        let without = tool::attack(application, &server, spec, server.address).await;
        // A new Envoy: it knows nothing of the person, nor of the last tool.
        let sandbox = person::in_front(application, &server, None).await;
        let with = tool::attack(application, &server, spec, sandbox.address()).await;
        let row = AttackRow {
            application: format!("{} {}", application.name, server.version),
            person: person.is_ok(),
            tool: spec.tool,
            limit: application.limit,
            without: said(without),
            with: said(with),
        };
        if !row.holds() {
            eprintln!(
                "{}: the end of Envoy's log:\n{}",
                application.folder,
                requests(&sandbox.envoy)
            );
        }
        rows.push(row);
    }
    rows
}

/// The result; what went wrong is printed.
fn said(result: Result<AttackResult, String>) -> Option<AttackResult> {
    result.inspect_err(|why| eprintln!("{why}")).ok()
}

/// The last requests in Envoy's log.
fn requests(envoy: &Envoy) -> String {
    let log = envoy.log();
    let lines: Vec<&str> = log.lines().filter(|line| line.contains(" verdict=")).collect();
    lines[lines.len().saturating_sub(80)..].join("\n")
}
