//! `unstuff`: the native tool beside the module.
//!
//! Each subcommand has a module with its arguments and a `run` that returns the exit code: 0 for
//! done, 1 for a negative result, 2 for an error (also clap's, for a wrong command line). This file
//! lists and dispatches them.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod atomic_file;
mod audit;
mod bad_lines;
mod build;
mod check;
mod client_script;
mod compare;
mod config_input;
mod doctor;
mod envoy_admin;
mod explain;
mod fetch;
mod filter_file;
mod fleet;
mod format;
mod image;
mod inspect;
mod interrupt;
mod pack;
mod parallel;
mod presets;
mod progress;
mod query;
mod replay;
mod schema;
mod serve_ranges;
mod simulate;
mod stdout;
mod tls;
mod top;
mod trace;
mod trace_file;
mod verify;

/// A replay allocates for every field of every line. With this allocator it takes 9 % fewer
/// instructions than with the system's (`make bench-replay`).
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Tools for Unstuff, the filter for Envoy that stops credential stuffing
///
/// Makes the breached-password filters that the module carries, and checks and evaluates its
/// configuration. A typical sequence:
///
///   1. `unstuff fetch` downloads the hashes of breached passwords.
///   2. `unstuff build` makes a filter from them, `unstuff pack` puts it into the module,
///      `unstuff image` makes an image of it for Istio and Envoy Gateway.
///   3. `unstuff presets` lists the applications whose logins are known, `unstuff schema` lets an
///      editor complete a configuration, `unstuff check` validates it, `unstuff explain` prints its
///      rules, `unstuff fleet` prints the limits of a fleet's rate limit service, `unstuff
///      client-script` the script of login pages.
///   4. `unstuff trace` makes traces of logs. `unstuff replay` shows what a configuration would
///      have done with them; `unstuff compare` shows this for several policies, and `unstuff
///      simulate` makes logins to try them on.
///   5. `unstuff doctor` looks at a running Envoy and says what is not right, `unstuff top` shows
///      what the module does there now.
///   6. `unstuff audit` checks that a decision record was not changed.
#[derive(Parser)]
#[command(version, verbatim_doc_comment)]
struct Cli {
    #[command(subcommand)]
    command: UnstuffCommand,
}

/// The subcommands; the module of each documents it.
#[derive(Subcommand)]
enum UnstuffCommand {
    Audit(audit::AuditArgs),
    Build(build::BuildArgs),
    Check(check::CheckArgs),
    ClientScript(client_script::ClientScriptArgs),
    Compare(compare::CompareArgs),
    Doctor(doctor::DoctorArgs),
    Explain(explain::ExplainArgs),
    Fetch(fetch::FetchArgs),
    Fleet(fleet::FleetArgs),
    Image(image::ImageArgs),
    Inspect(inspect::InspectArgs),
    Pack(pack::PackArgs),
    Presets(presets::PresetsArgs),
    Query(query::QueryArgs),
    Replay(replay::ReplayArgs),
    Schema(schema::SchemaArgs),
    ServeRanges(serve_ranges::ServeRangesArgs),
    Simulate(simulate::SimulateArgs),
    Top(top::TopArgs),
    Trace(trace::TraceArgs),
    Verify(verify::VerifyArgs),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        UnstuffCommand::Audit(args) => audit::run(args),
        UnstuffCommand::Build(args) => build::run(args),
        UnstuffCommand::Check(args) => check::run(args),
        UnstuffCommand::ClientScript(args) => client_script::run(args),
        UnstuffCommand::Compare(args) => compare::run(args),
        UnstuffCommand::Doctor(args) => doctor::run(&args),
        UnstuffCommand::Explain(args) => explain::run(args),
        UnstuffCommand::Fetch(args) => fetch::run(args),
        UnstuffCommand::Fleet(args) => fleet::run(args),
        UnstuffCommand::Image(args) => image::run(args),
        UnstuffCommand::Inspect(args) => inspect::run(args),
        UnstuffCommand::Pack(args) => pack::run(args),
        UnstuffCommand::Presets(args) => presets::run(args),
        UnstuffCommand::Query(args) => query::run(args),
        UnstuffCommand::Replay(args) => replay::run(args),
        UnstuffCommand::Schema(args) => schema::run(args),
        UnstuffCommand::ServeRanges(args) => serve_ranges::run(args),
        UnstuffCommand::Simulate(args) => simulate::run(args),
        UnstuffCommand::Top(args) => top::run(&args),
        UnstuffCommand::Trace(args) => trace::run(args),
        UnstuffCommand::Verify(args) => verify::run(args),
    };
    result.unwrap_or_else(|error| {
        eprintln!("unstuff: {error:#}");
        ExitCode::from(2)
    })
}
