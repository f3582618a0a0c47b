//! `unstuff trace import`: a trace of the logins in a log.
//!
//! A log line becomes a [`LogRecord`], the fields of a trace that the log has: [`json`], [`combined`]
//! and [`csv`] read one kind of log each. The trace's own parser makes an attempt of it, so its errors
//! are those of `replay`. What is no login is left out ([`logins`]). Servers log a request when it
//! ends, so attempts are sorted by time, and held in memory until then.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::ensure;

use crate::replay::{LoginFilter, policy};
use crate::trace_file;

mod combined;
mod csv;
mod input;
mod json;
mod logins;
mod mapping;
mod record;
mod summary;

use input::LogInput;
use logins::ImportedLogins;
use mapping::FieldMapping;
use record::LogRecord;
use summary::SummaryPolicy;

/// Make a trace of an access log, or of a table
///
/// Keeps the requests at an endpoint of the policy, sorts them by time, and says what such a log does
/// not have. No access log has passwords: `replay` then names the rules that can never match. A table
/// from the application has more.
///
/// Logs whose names end in .gz are decompressed. Passwords are written as their SHA-1.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  unstuff trace import --from nginx access.log access.log.1.gz -o logins.jsonl
  unstuff trace import --from envoy --field headers.accept-language=lang access.json -o logins.jsonl
  unstuff trace import --from csv --field user=email --field time=created_at logins.csv -o logins.jsonl
  kubectl logs deploy/gateway | unstuff trace import --from envoy - -o logins.jsonl

Exit status: 0 done, 1 no line is a login, or (with --strict) a line is bad, 2 something cannot be
read or written.")]
pub(crate) struct ImportArgs {
    /// Logs; - is standard input
    #[arg(required = true, value_name = "LOG")]
    logs: Vec<PathBuf>,
    /// What wrote the logs
    #[arg(long, value_enum)]
    from: LogFormat,
    /// The trace to write; gzip if it ends in .gz, - for standard output
    #[arg(short, long, value_name = "TRACE")]
    output: PathBuf,
    /// Read a field of the trace from this key or column: user=email, headers.user-agent=agent; can be
    /// repeated
    #[arg(long, value_name = "FIELD=NAME")]
    field: Vec<String>,
    /// Where the address is a list, take the one so many places from its right, as `trusted_hops` in
    /// the configuration; of nginx and Apache logs, that of the last quoted text
    #[arg(long, value_name = "N")]
    trusted_hops: Option<usize>,
    /// Keep the requests at an endpoint of this configuration; without one, of the default
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Keep every request
    #[arg(long, conflicts_with = "policy")]
    all: bool,
    /// Stop at the first bad line
    #[arg(long)]
    strict: bool,
}

/// What wrote a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum LogFormat {
    /// Envoy's access log in JSON, with the keys of Istio or of Envoy Gateway, or others by --field
    Envoy,
    /// nginx: the format `combined`, or one that continues it
    Nginx,
    /// Apache: the format `combined` or `vhost_combined`
    Apache,
    /// A table with names in its first line, those of the trace's fields, or others by --field
    Csv,
}

/// What became of a line of a log.
enum LogLine {
    /// A request with its answer.
    Request(LogRecord),
    /// A request that was not answered, or is none.
    Unanswered,
}

/// Runs the subcommand.
///
/// # Errors
/// A log cannot be read, or the trace cannot be written.
pub(super) fn run(args: &ImportArgs) -> anyhow::Result<ExitCode> {
    let of_stdin = args.logs.iter().filter(|path| path.as_os_str() == "-").count();
    ensure!(of_stdin <= 1, "standard input (-) can be one log, not {of_stdin}");
    let takes_fields = matches!(args.from, LogFormat::Envoy | LogFormat::Csv);
    ensure!(
        takes_fields || args.field.is_empty(),
        "--field is for --from envoy and --from csv: the fields of this log have no names"
    );
    let mapping = FieldMapping::of(&args.field, args.trusted_hops)?;
    let Some(chosen) = policy::choose(args.policy.as_deref(), false)? else {
        return Ok(ExitCode::FAILURE);
    };
    let fingerprint = chosen.policy.client.fingerprint.clone();
    let policy = SummaryPolicy { name: chosen.name, fingerprint };
    let filter = if args.all { None } else { Some(LoginFilter::new(chosen.policy)?) };
    let mut logins = ImportedLogins::new(filter, args.strict);
    for path in &args.logs {
        let input = LogInput::open(path)?;
        let stopped_by = match args.from {
            LogFormat::Envoy => input.each_line(&mut logins, |line| json::read(line, &mapping))?,
            LogFormat::Nginx | LogFormat::Apache => {
                input.each_line(&mut logins, |line| combined::read(line, args.trusted_hops))?
            }
            LogFormat::Csv => csv::read(input, &mapping, &mut logins)?,
        };
        if let Some(bad) = stopped_by {
            eprintln!("unstuff: {bad}");
            return Ok(ExitCode::FAILURE);
        }
    }
    if logins.is_empty() {
        eprint!("{}", summary::text(&logins, None, &policy));
        return Ok(ExitCode::FAILURE);
    }
    match trace_file::write(&args.output, |out| logins.write(out)) {
        // `| head` has closed the pipe.
        Err(error) if trace_file::is_closed(&error) => return Ok(ExitCode::SUCCESS),
        written => written?,
    }
    eprint!("{}", summary::text(&logins, Some(&args.output), &policy));
    Ok(ExitCode::SUCCESS)
}

/// The error of a log that cannot be read.
fn unreadable(file: &str) -> impl Fn(io::Error) -> anyhow::Error + '_ {
    move |error| anyhow::Error::new(error).context(format!("cannot read the log {file}"))
}
