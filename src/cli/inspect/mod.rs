//! `unstuff inspect`: prints the header of a filter, its rate of false positives, and the version
//! of a module.

mod sample;

use std::fmt::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use serde::Serialize;
use unstuff_engine::breached::{FilterHeader, header};

use crate::filter_file::{FilterFile, OpenFilter};
use crate::{format, stdout};

/// Print what a filter contains, and the version of a module
///
/// Prints everything in its header, its size, and the expected rate of false positives; with
/// --sample also the measured rate.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  unstuff inspect target/unstuff.wasm
  unstuff inspect hibp.unstuff --sample 1000000

Exit status: 0 printed, 2 an error.")]
pub(crate) struct InspectArgs {
    /// A filter, or a module with or without filters
    #[arg(value_name = "FILE|MODULE")]
    file: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Measure the rate of false positives with N random keys
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    sample: Option<u64>,
}

/// Runs the subcommand.
pub(crate) fn run(args: InspectArgs) -> Result<ExitCode> {
    let filters = FilterFile::open_any(&args.file)?;
    let opened = filters.filters().with_context(|| args.file.display().to_string())?;
    let mut described = Vec::new();
    for filter in &opened {
        let measured = args.sample.map(|strangers| sample::measure(filter, strangers));
        described.push(FilterDescription::new(filter, measured.transpose()?));
    }
    let mut text = String::new();
    let name = args.file.display().to_string();
    if args.json {
        let all = serde_json::json!({
            "file": name,
            "packed": filters.is_packed(),
            "module_version": filters.module_version(),
            "filters": described,
        });
        writeln!(text, "{}", serde_json::to_string_pretty(&all)?)?;
    } else {
        if filters.is_packed() {
            writeln!(text, "{name}")?;
            write_line(
                &mut text,
                "module version",
                &filters.module_version().unwrap_or("unknown"),
            )?;
            if described.is_empty() {
                write_line(&mut text, "filters", &"none; `unstuff pack` puts one in")?;
            }
            writeln!(text)?;
        }
        for description in described {
            writeln!(text, "{name}\n{description}")?;
        }
    }
    stdout::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Writes a name and its value, for a person.
fn write_line(
    into: &mut dyn fmt::Write,
    name: &str,
    value: &dyn fmt::Display,
) -> Result<(), fmt::Error> {
    writeln!(into, "  {name:17} {value}")
}

/// The printed facts about a filter; the field names are the keys of the JSON.
#[derive(Serialize)]
struct FilterDescription {
    kind: String,
    hash: &'static str,
    format_version: u16,
    keys: u64,
    min_count: u64,
    source: String,
    date: Option<String>,
    bytes: u64,
    bits_per_key: f64,
    shards: u64,
    bytes_per_shard: u32,
    hash_functions: u32,
    checksum: String,
    fp_rate: FilterRates,
}

/// FilterRates of false positives.
#[derive(Serialize)]
struct FilterRates {
    /// The rate that the filter was built for.
    target: f64,
    /// The rate that follows from the number of keys and shards.
    expected: f64,
    /// The rate measured with random keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    measured: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    strangers: Option<u64>,
}

impl FilterDescription {
    fn new(filter: &OpenFilter<'_>, measured: Option<sample::MeasuredRate>) -> Self {
        let header: &FilterHeader = filter.header();
        let shape = header.shape;
        Self {
            kind: header.kind.to_string(),
            hash: "SHA-1",
            format_version: header::VERSION,
            keys: header.keys,
            min_count: header.min_count,
            source: header.source.as_str().to_owned(),
            date: header.date.map(|date| date.to_string()),
            bytes: shape.file_len(),
            bits_per_key: shape.file_len() as f64 * 8.0 / header.keys.max(1) as f64,
            shards: shape.shard_count(),
            bytes_per_shard: shape.shard_len(),
            hash_functions: shape.hashes(),
            checksum: hex::encode(header.checksum),
            fp_rate: FilterRates {
                target: header.fp_rate,
                expected: shape.expected_fp_rate(header.keys),
                measured: measured.map(|measured| measured.rate()),
                strangers: measured.map(|measured| measured.strangers),
            },
        }
    }
}

impl fmt::Display for FilterDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unknown = || "unknown".to_owned();
        let mut line = |name: &str, value: &dyn fmt::Display| write_line(f, name, value);
        line("kind", &self.kind)?;
        line("keys", &format::count(self.keys))?;
        let seen = match self.min_count {
            0 => unknown(),
            1 => "at least once".to_owned(),
            count => format!("at least {} times", format::count(count)),
        };
        line("seen in breaches", &seen)?;
        line("source", &self.source)?;
        line("date", &self.date.clone().unwrap_or_else(unknown))?;
        let size = format!("{} ({:.1} bits a key)", format::bytes(self.bytes), self.bits_per_key);
        line("size", &size)?;
        let shard = format::bytes(self.bytes_per_shard.into());
        line("shards", &format!("{} of {shard}", format::count(self.shards)))?;
        let hashing = format!("{}, then {} bits of a shard", self.hash, self.hash_functions);
        line("hash", &hashing)?;
        line("format version", &self.format_version)?;
        line("checksum", &self.checksum)?;
        let rates = &self.fp_rate;
        let (target, expected) = (format::rate(rates.target), format::rate(rates.expected));
        line("false positives", &format!("{expected} expected, {target} aimed at"))?;
        if let Some((measured, strangers)) = rates.measured.zip(rates.strangers) {
            let strangers = format::count(strangers);
            line("", &format!("{} measured, of {strangers} strangers", format::rate(measured)))?;
        }
        Ok(())
    }
}
