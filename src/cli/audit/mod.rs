//! `unstuff audit`: whether a decision record is as it was written, and which lines are one person's.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use clap::Subcommand;
use serde_json::Value;
use unstuff_engine::record::RecordKey;
use unstuff_engine::request::credentials::normalise_username;
use unstuff_trace::gzip::GzipMembers;

use crate::{config_input, stdout};

mod chains;
mod report;
mod worker_chain;

use chains::Chains;

/// Check decision records, and find one person's lines
///
/// Lines of a record (docs/record.md) form a chain for each worker, under the record's key.
#[derive(Debug, clap::Args)]
pub(crate) struct AuditArgs {
    #[command(subcommand)]
    command: AuditCommand,
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    Verify(AuditVerifyArgs),
    Tag(AuditTagArgs),
}

/// Check that no line of a record was removed, changed, moved or repeated
///
/// Give all files of a rotated log, in any order; names that end in .gz are decompressed. Other lines of a
/// log are passed over. Names the first line that breaks a chain.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  unstuff audit verify --policy unstuff.json envoy.log.1 envoy.log
  unstuff audit verify --key-file record.key --expect 51234 envoy.log

Exit status: 0 sound, 1 broken, 2 an error.")]
struct AuditVerifyArgs {
    /// Logs with a record; - is standard input
    #[arg(required = true, value_name = "LOG")]
    logs: Vec<PathBuf>,
    #[command(flatten)]
    keys: RecordKeyArgs,
    /// The lines that the latest process has written: its gauge `unstuff.record.lines`
    #[arg(long, value_name = "N")]
    expect: Option<u64>,
    /// Accept chains whose beginning was rotated away; they are checked from their first heartbeat on
    #[arg(long)]
    partial: bool,
}

/// Print the tag that stands for a username in the lines of a record
///
/// One tag a line, for each key and each username: what `grep --fixed-strings` needs to find one person's
/// lines, or to delete them (docs/record.md). Letter case, blanks at the ends and other spellings of the
/// same name make no difference.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  unstuff audit tag --policy unstuff.json anna@example.com
  unstuff audit tag --key-file record.key anna anna@example.com")]
struct AuditTagArgs {
    /// Usernames, as people type them
    #[arg(required = true, value_name = "USERNAME")]
    usernames: Vec<String>,
    #[command(flatten)]
    keys: RecordKeyArgs,
}

/// The keys of a record.
#[derive(Debug, clap::Args)]
struct RecordKeyArgs {
    /// A configuration with the record's key, which it may name as a variable of the environment; can be
    /// repeated, for keys that were in use
    #[arg(long, value_name = "FILE")]
    policy: Vec<PathBuf>,
    /// A file with the record's key, in hexadecimal or base64; can be repeated
    #[arg(long, value_name = "FILE")]
    key_file: Vec<PathBuf>,
}

impl RecordKeyArgs {
    /// At least one key.
    fn read(&self) -> anyhow::Result<Vec<RecordKey>> {
        let of_policies = self.policy.iter().map(|file| key_of_policy(file));
        let of_files = self.key_file.iter().map(|file| key_of_file(file));
        let keys: Vec<_> = of_policies.chain(of_files).collect::<anyhow::Result<_>>()?;
        ensure!(!keys.is_empty(), "no key: give --policy FILE or --key-file FILE");
        Ok(keys)
    }
}

/// Runs the subcommand.
///
/// # Errors
/// A log or a key cannot be read.
pub(crate) fn run(args: AuditArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        AuditCommand::Verify(args) => verify(&args),
        AuditCommand::Tag(args) => print_tags(&args),
    }
}

fn print_tags(args: &AuditTagArgs) -> anyhow::Result<ExitCode> {
    let mut tags = String::new();
    for key in args.keys.read()? {
        for username in &args.usernames {
            let name = normalise_username(username.as_bytes());
            ensure!(!name.is_empty(), "{username:?}: a username has at least one letter");
            tags.push_str(&hex::encode(key.username(&name)));
            tags.push('\n');
        }
    }
    stdout::print(&tags)?;
    Ok(ExitCode::SUCCESS)
}

fn verify(args: &AuditVerifyArgs) -> anyhow::Result<ExitCode> {
    let mut chains = Chains::new(args.keys.read()?, args.partial);
    for log in &args.logs {
        let name = log.display().to_string();
        read(&mut chains, log, &name).with_context(|| format!("cannot read {name}"))?;
    }
    let verified = chains.finish(args.expect);
    stdout::print(&report::text(&verified))?;
    Ok(if verified.first_break.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn read(chains: &mut Chains, log: &Path, name: &str) -> anyhow::Result<()> {
    chains.begin_file(name);
    if log == Path::new("-") {
        return lines(chains, io::stdin().lock());
    }
    let file = BufReader::with_capacity(1 << 20, File::open(log)?);
    match log.extension() {
        Some(gz) if gz == "gz" => lines(chains, BufReader::new(GzipMembers::new(file))),
        _ => lines(chains, file),
    }
}

fn lines(chains: &mut Chains, mut input: impl BufRead) -> anyhow::Result<()> {
    let (mut line, mut number) = (Vec::new(), 0);
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        number += 1;
        chains.line(number, line.trim_ascii_end());
    }
}

/// The key in a configuration, or in the variable that it names.
fn key_of_policy(file: &Path) -> anyhow::Result<RecordKey> {
    let name = file.display();
    let policy: Value = serde_json::from_slice(&config_input::read(file)?)
        .with_context(|| format!("{name}: not JSON"))?;
    let at = |pointer: &str| policy.pointer(pointer).and_then(Value::as_str);
    let text = match (at("/record/key"), at("/record/key/env")) {
        (Some(text), _) => text.to_owned(),
        (_, Some(variable)) => std::env::var(variable)
            .with_context(|| format!("{name}: set {variable}, which holds the record's key"))?,
        _ => bail!("{name}: no \"record\" with a \"key\""),
    };
    key_of(&text).with_context(|| format!("{name}: record.key"))
}

fn key_of_file(file: &Path) -> anyhow::Result<RecordKey> {
    let name = file.display();
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {name}"))?;
    key_of(&text).with_context(|| format!("{name}"))
}

fn key_of(text: &str) -> anyhow::Result<RecordKey> {
    RecordKey::parse(text.trim()).context("not a key: at least 32 bytes, in hexadecimal or base64")
}
