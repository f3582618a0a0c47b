//! `make applications`: real applications behind Envoy with the module.
//!
//! Each folder beside this file is an application: how it is prepared and started, how a person
//! logs in, which tools attack it, and which exchanges are recorded. They run one after the other:
//! first the person, in a browser, then each tool. A table tells how many attempts of each tool the
//! application's own log has, and another how long a login takes that is challenged unseen.
//!
//! usage: applications [--json] [--only-people] [--logins 7] [--record FOLDER] [APPLICATION …]

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests and their helpers fail by panicking"
)]

mod exchange;
mod invisible;
mod manifest;
mod person;
mod record;
mod server;
mod table;
mod tool;

use std::path::PathBuf;
use std::process::ExitCode;

use invisible::{DELAY_BAR_MS, PeopleRow, ScriptSource};
use manifest::AppManifest;
use serde_json::{Value, json};
use server::AppServer;
use table::AttackRow;
use tool::AttackResult;
use unstuff_tests::envoy::Envoy;

/// What the command line asks for.
#[derive(Default)]
struct Wish {
    json: bool,
    /// No attacks.
    only_people: bool,
    /// How many logins are measured.
    logins: Option<u64>,
    record: Option<PathBuf>,
    names: Vec<String>,
}

fn wish() -> Wish {
    let mut wish = Wish::default();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--json" => wish.json = true,
            "--only-people" => wish.only_people = true,
            "--logins" => wish.logins = arguments.next().and_then(|number| number.parse().ok()),
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
    let (mut rows, mut people) = (Vec::new(), Vec::new());
    for application in &applications {
        let (attacks, person) = run(application, &wish).await;
        rows.extend(attacks);
        people.push(person);
    }
    if wish.json {
        let attacks: Vec<Value> = rows.iter().map(AttackRow::json).collect();
        let people: Vec<Value> = people.iter().map(PeopleRow::json).collect();
        let all = json!({ "attacks": attacks, "people": people });
        println!("{}", serde_json::to_string_pretty(&all).expect("JSON"));
    } else {
        if !wish.only_people {
            table::print(&rows);
            println!();
        }
        table::print_people(&people);
    }
    let are_stopped = wish.only_people || !rows.is_empty();
    let are_stopped = are_stopped && rows.iter().all(AttackRow::holds);
    let is_quick = invisible::delay_of_all(&people).is_some_and(|delay| delay <= DELAY_BAR_MS);
    if are_stopped && is_quick { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// An application: the person first, then each tool, with the module and without it.
async fn run(application: &AppManifest, wish: &Wish) -> (Vec<AttackRow>, PeopleRow) {
    let server = AppServer::start(application).await;
    eprintln!("· {} {}", application.name, server.version);
    let person = person::log_in(application, &server).await;
    if let Err(why) = &person {
        eprintln!("{}: the person did not get in: {why}", application.folder);
    }
    let times =
        invisible::log_in(application, &server, wish.logins.unwrap_or(invisible::LOGINS)).await;
    if let Err(why) = &times {
        eprintln!("{}: the person was not let in unseen: {why}", application.folder);
    }
    let people = PeopleRow {
        application: format!("{} {}", application.name, server.version),
        is_in: person.is_ok(),
        script: ScriptSource::of(application),
        times: times.ok(),
    };
    let mut rows = Vec::new();
    let attacks = if wish.only_people { &[][..] } else { &application.attacks };
    for spec in attacks {
        let without = tool::attack(application, &server, spec, server.address).await;
        // A new Envoy: it knows nothing of the person, nor of the last tool.
        let sandbox = person::in_front(application, &server, json!({})).await;
        let with = tool::attack(application, &server, spec, sandbox.address()).await;
        let row = AttackRow {
            application: people.application.clone(),
            person: people.is_in,
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
    (rows, people)
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
