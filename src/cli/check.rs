//! `unstuff check`: prints what the filter would log about a configuration, before it is deployed.
//!
//! It uses the filter's own validator, so the lines on standard output are the filter's: the
//! problems of a configuration that it would reject, or the notices of one that it would accept. A
//! line per file on standard error says which.

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;
use unstuff_engine::config::{self, Configured, Problem};

use crate::config_input;
use crate::stdout::{self, OutputFormat};

/// Check configurations, and print what the filter would log
///
/// Prints every problem with its place and its fix, or the notices if the configuration is
/// accepted. Run it before you deploy a configuration.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  unstuff check unstuff.json
  unstuff check --format json unstuff.json

Exit status: 0 all are accepted, 1 at least one is rejected, 2 at least one cannot be read.")]
pub(crate) struct CheckArgs {
    /// Configurations in JSON; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Text is what the filter logs; JSON has the fields of each problem
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    format: OutputFormat,
}

/// The result for one file.
struct CheckedFile {
    name: String,
    outcome: Result<Configured, Vec<Problem>>,
}

/// Runs the subcommand. It checks every file, also after one that cannot be read.
///
/// # Errors
/// Standard output cannot be written.
pub(crate) fn run(args: CheckArgs) -> anyhow::Result<ExitCode> {
    let mut unreadable = false;
    let mut checked = Vec::new();
    for file in &args.files {
        let name = file.display().to_string();
        match config_input::read(file) {
            Ok(bytes) => checked.push(CheckedFile { name, outcome: config::parse(&bytes) }),
            Err(error) => {
                unreadable = true;
                eprintln!("unstuff: {error:#}");
            }
        }
    }
    stdout::print(&match args.format {
        OutputFormat::Text => to_text(&checked),
        OutputFormat::Json => format!("{:#}\n", to_json(&checked)),
    })?;
    for CheckedFile { name, outcome } in &checked {
        match outcome {
            Ok(_) => eprintln!("{name}: accepted"),
            Err(problems) => eprintln!("{name}: rejected, {} to fix", problems.len()),
        }
    }
    Ok(match (unreadable, checked.iter().all(|it| it.outcome.is_ok())) {
        (true, _) => ExitCode::from(2),
        (false, false) => ExitCode::FAILURE,
        (false, true) => ExitCode::SUCCESS,
    })
}

/// The filter's lines; with several files, below the file's name.
fn to_text(checked: &[CheckedFile]) -> String {
    let mut lines = Vec::new();
    for CheckedFile { name, outcome } in checked {
        if checked.len() > 1 {
            lines.push(format!("{name}:"));
        }
        match outcome {
            Ok(configured) => lines.extend(configured.notices.iter().map(ToString::to_string)),
            Err(problems) => lines.extend(problems.iter().map(ToString::to_string)),
        }
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

fn to_json(checked: &[CheckedFile]) -> serde_json::Value {
    let one = |CheckedFile { name, outcome }: &CheckedFile| {
        let problems = outcome.as_ref().err().map(Vec::as_slice).unwrap_or_default();
        let notices = outcome.as_ref().map(|it| it.notices.as_slice()).unwrap_or_default();
        let notices: Vec<String> = notices.iter().map(ToString::to_string).collect();
        json!({
            "file": name,
            "accepted": outcome.is_ok(),
            "problems": problems,
            "notices": notices,
        })
    };
    checked.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn checked(fixture: &str) -> CheckedFile {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/config");
        let bytes = config_input::read(&folder.join(fixture)).expect("the fixture");
        CheckedFile { name: fixture.to_owned(), outcome: config::parse(&bytes) }
    }

    #[test]
    fn text_is_the_lines_of_the_filter_and_nothing_else() {
        let said = to_text(&[checked("bad/many_problems_in_document_order.json")]);
        let problems = checked("bad/many_problems_in_document_order.json").outcome;
        let logged: String =
            problems.expect_err("a bad one").iter().map(|problem| format!("{problem}\n")).collect();
        assert_eq!(said, logged);
        assert!(
            to_text(&[checked("good/empty.json")]).starts_with("mode shadow: nothing is enforced")
        );
    }

    #[test]
    fn lines_of_several_files_are_below_their_names() {
        let said = to_text(&[checked("good/empty.json"), checked("bad/mode_misspelt.json")]);
        assert!(said.starts_with("good/empty.json:\nmode shadow"), "{said}");
        assert!(said.contains("\nbad/mode_misspelt.json:\n$.mode: "), "{said}");
    }

    #[test]
    fn json_has_the_fields_of_each_problem() {
        let said = to_json(&[checked("bad/mode_misspelt.json"), checked("good/empty.json")]);
        assert_eq!(said[0]["accepted"], false);
        assert_eq!(said[0]["problems"][0]["path"], "$.mode");
        assert_eq!(said[0]["problems"][0]["fix"], "did you mean \"enforce\"?");
        assert_eq!(said[1]["accepted"], true);
        assert!(said[1]["notices"][0].is_string());
    }
}
