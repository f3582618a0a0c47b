//! `unstuff schema`: the JSON Schema of configurations, for editors.

use std::process::ExitCode;

use crate::stdout;

/// Written from the validator's own tables, and held up to date by the engine's tests.
const SCHEMA: &str = include_str!("../../docs/configuration.schema.json");

/// Print the JSON Schema of configurations, for editors that complete and check them
///
/// The schema (2020-12) comes from the validator's own tables: every key with its meaning, default
/// and range. It cannot tell what depends on other values, so `unstuff check` stays the judge.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  unstuff schema > configuration.schema.json
  then, first in unstuff.json: \"$schema\": \"configuration.schema.json\"

Exit status: 0 done, 2 standard output cannot be written.")]
pub(crate) struct SchemaArgs {}

/// Prints the schema.
///
/// # Errors
/// Standard output cannot be written.
pub(crate) fn run(SchemaArgs {}: SchemaArgs) -> anyhow::Result<ExitCode> {
    stdout::print(SCHEMA)?;
    Ok(ExitCode::SUCCESS)
}
