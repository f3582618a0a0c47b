//! What a run prints for GitHub Actions: workflow commands, which it shows as annotations in a pull
//! request, at the line of each problem.
//!
//! The form is that of GitHub's documentation of workflow commands. What the filter only mentions
//! is left out, because an annotation asks for attention.

use std::fmt::Write as _;

use unstuff_engine::config::{Configured, Problem, Severity};

use super::CheckedRun;
use super::limits::CheckedLimits;
use super::manifest::{FilePosition, Finding};

/// A line for each problem, warning and reminder.
pub(super) fn commands(run: &CheckedRun) -> String {
    let mut commands = Commands { run, text: String::new() };
    for file in &run.files {
        let problems = file.outcome.as_ref().err().into_iter().flatten();
        problems.for_each(|problem| commands.problem(file.place(&problem.path), problem));
        commands.notices(file.place("$"), file.outcome.as_ref().ok());
    }
    run.broken.iter().for_each(|(position, problem)| commands.problem(*position, problem));
    for manifest in &run.manifests {
        let problems = manifest.outcome.as_ref().err().into_iter().flatten();
        problems.for_each(|(position, problem)| commands.problem(*position, problem));
        commands.notices(manifest.position, manifest.outcome.as_ref().ok());
        for Finding { position, severity, text } in &manifest.surroundings {
            commands.add(*severity, *position, text);
        }
    }
    let limits = run.limits.iter().flat_map(CheckedLimits::problems);
    limits.for_each(|(position, problem)| commands.problem(*position, problem));
    commands.text
}

struct Commands<'r> {
    run: &'r CheckedRun,
    text: String,
}

impl Commands<'_> {
    fn problem(&mut self, position: FilePosition, problem: &Problem) {
        self.line("error", position, &problem.to_string());
    }

    fn notices(&mut self, position: FilePosition, configured: Option<&Configured>) {
        for notice in configured.iter().flat_map(|it| &it.notices) {
            self.add(notice.severity, position, &notice.text);
        }
    }

    fn add(&mut self, severity: Severity, position: FilePosition, text: &str) {
        match severity {
            Severity::Info => {}
            Severity::Reminder => self.line("notice", position, text),
            Severity::Warning => self.line("warning", position, text),
        }
    }

    fn line(&mut self, command: &str, FilePosition { file, at }: FilePosition, message: &str) {
        let name = escaped(self.run.name(file)).replace(':', "%3A").replace(',', "%2C");
        let (line, column, message) = (at.line, at.column, escaped(message));
        // Writing to a string cannot fail.
        let _ = writeln!(
            self.text,
            "::{command} file={name},line={line},col={column},title=unstuff::{message}"
        );
    }
}

/// A text without line breaks: a new line would begin another command.
fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}
