//! What a run prints: lines for a person, objects for a program, and a line per configuration on
//! standard error.

use serde_json::{Value, json};
use unstuff_engine::config::{Configured, Problem, Severity};

use super::limits::CheckedLimits;
use super::manifest::{CheckedManifest, FilePosition, Finding};
use super::{CheckedFile, CheckedRun};

/// What is said of manifests that hold no configuration.
const NONE: &str = "no configuration of Unstuff in these files: none of their plugins has `unstuff` in \
     its name or URL, and nothing in them has \"endpoints\", \"rules\" or a \"mode\"";

/// The filter's lines; with several files, below the file's name. Those about manifests begin with
/// their place.
pub(super) fn text(run: &CheckedRun) -> String {
    let mut lines = Vec::new();
    for CheckedFile { index, outcome, .. } in &run.files {
        if run.names.len() > 1 {
            lines.push(format!("{}:", run.name(*index)));
        }
        match outcome {
            Ok(configured) => lines.extend(notices(configured)),
            Err(problems) => lines.extend(problems.iter().map(ToString::to_string)),
        }
    }
    for (position, problem) in &run.broken {
        lines.push(format!("{}: {problem}", run.place(*position)));
    }
    for manifest in &run.manifests {
        match &manifest.outcome {
            Ok(configured) => {
                let place = run.place(manifest.position);
                lines.extend(notices(configured).map(|notice| format!("{place}: {notice}")));
            }
            Err(problems) => lines.extend(
                problems.iter().map(|(at, problem)| format!("{}: {problem}", run.place(*at))),
            ),
        }
        let said = |it: &Finding| format!("{}: {}{}", run.place(it.position), prefix(it), it.text);
        lines.extend(manifest.surroundings.iter().map(said));
    }
    for (position, problem) in run.limits.iter().flat_map(CheckedLimits::problems) {
        lines.push(format!("{}: {problem}", run.place(*position)));
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

fn notices(configured: &Configured) -> impl Iterator<Item = String> + '_ {
    configured.notices.iter().map(ToString::to_string)
}

fn prefix(finding: &Finding) -> &'static str {
    match finding.severity {
        Severity::Info => "",
        Severity::Reminder => "reminder: ",
        Severity::Warning => "warning: ",
    }
}

/// An object per configuration.
pub(super) fn json(run: &CheckedRun) -> Value {
    let mut all: Vec<Value> = run.files.iter().map(|file| file_json(run, file)).collect();
    all.extend(run.broken.iter().map(|(position, problem)| {
        let problems = json!([run.located(*position, problem)]);
        let file = run.name(position.file);
        json!({ "file": file, "accepted": false, "problems": problems, "notices": [] })
    }));
    all.extend(run.manifests.iter().map(|manifest| manifest_json(run, manifest)));
    if all.is_empty() {
        let is_given = |(index, _): &(usize, &String)| {
            run.limits.as_ref().is_none_or(|limits| limits.file != *index)
        };
        all.extend(run.names.iter().enumerate().filter(is_given).map(|(_, name)| {
            let problem = Problem::of_document(NONE, "name one that holds it");
            json!({ "file": name, "accepted": false, "problems": [problem], "notices": [] })
        }));
    }
    let compared = run.limits.as_ref().filter(|limits| limits.problems.is_some());
    all.extend(compared.map(|limits| limits_json(run, limits)));
    Value::Array(all)
}

fn limits_json(run: &CheckedRun, limits: &CheckedLimits) -> Value {
    let problems = limits.problems().iter().map(|(at, problem)| run.located(*at, problem));
    json!({
        "file": run.name(limits.file),
        "accepted": limits.is_accepted(),
        "problems": problems.collect::<Vec<_>>(),
        "notices": [],
    })
}

fn file_json(run: &CheckedRun, CheckedFile { index, outcome, .. }: &CheckedFile) -> Value {
    let problems = outcome.as_ref().err().map(Vec::as_slice).unwrap_or_default();
    let notices: Vec<String> = outcome.iter().flat_map(notices).collect();
    json!({
        "file": run.name(*index),
        "accepted": outcome.is_ok(),
        "problems": problems,
        "notices": notices,
    })
}

fn manifest_json(run: &CheckedRun, manifest: &CheckedManifest) -> Value {
    let located = |(at, problem): &(FilePosition, Problem)| run.located(*at, problem);
    let problems: Vec<Value> =
        manifest.outcome.as_ref().err().into_iter().flatten().map(located).collect();
    let notices: Vec<String> = manifest.outcome.iter().flat_map(notices).collect();
    let around = |it: &Finding| {
        json!({
            "file": run.name(it.position.file),
            "line": it.position.at.line,
            "column": it.position.at.column,
            "severity": it.severity.name(),
            "text": it.text,
        })
    };
    let surroundings: Vec<Value> = manifest.surroundings.iter().map(around).collect();
    json!({
        "file": run.name(manifest.position.file),
        "line": manifest.position.at.line,
        "column": manifest.position.at.column,
        "configuration": manifest.title,
        "accepted": manifest.outcome.is_ok() && !(run.strict && manifest.has_warnings()),
        "problems": problems,
        "notices": notices,
        "surroundings": surroundings,
    })
}

/// A line per configuration: whether it is accepted.
pub(super) fn summary(run: &CheckedRun) -> Vec<String> {
    let mut lines = Vec::new();
    for CheckedFile { index, outcome, .. } in &run.files {
        let name = run.name(*index);
        lines.push(match outcome {
            Ok(_) => format!("{name}: accepted"),
            Err(problems) => format!("{name}: rejected, {} to fix", problems.len()),
        });
    }
    for (position, _) in &run.broken {
        lines.push(format!("{}: rejected, 1 to fix", run.name(position.file)));
    }
    for manifest in &run.manifests {
        let name = run.name(manifest.position.file);
        let warnings =
            manifest.surroundings.iter().filter(|it| it.severity == Severity::Warning).count();
        let around = match warnings {
            0 => String::new(),
            1 => ", 1 warning about what surrounds it".to_owned(),
            more => format!(", {more} warnings about what surrounds it"),
        };
        let result = match &manifest.outcome {
            Err(problems) => format!("rejected, {} to fix", problems.len()),
            Ok(_) if run.strict && warnings > 0 => "rejected".to_owned(),
            Ok(_) => "accepted".to_owned(),
        };
        lines.push(format!("{name}: {}: {result}{around}", manifest.title));
    }
    for file in &run.empty {
        lines
            .push(format!("{}: no configuration, read for what surrounds others", run.name(*file)));
    }
    if let Some(limits) = &run.limits {
        let name = run.name(limits.file);
        lines.push(match &limits.problems {
            None => format!("{name}: not compared, because no configuration is accepted"),
            Some(problems) if problems.is_empty() => format!("{name}: as the configuration needs"),
            Some(problems) => format!("{name}: rejected, {} to fix", problems.len()),
        });
    }
    if run.files.is_empty() && run.manifests.is_empty() && !run.empty.is_empty() {
        lines.push(format!("unstuff: {NONE}"));
    }
    lines
}

impl CheckedRun {
    pub(super) fn name(&self, file: usize) -> &str {
        self.names.get(file).map(String::as_str).unwrap_or_default()
    }

    /// `gateway.yaml:12:3`.
    fn place(&self, position: FilePosition) -> String {
        let FilePosition { file, at } = position;
        format!("{}:{}:{}", self.name(file), at.line, at.column)
    }

    /// The fields of a problem, and its place in the file.
    fn located(&self, position: FilePosition, problem: &Problem) -> Value {
        let mut value = json!(problem);
        if let Some(fields) = value.as_object_mut() {
            fields.insert("line".to_owned(), position.at.line.into());
            fields.insert("column".to_owned(), position.at.column.into());
        }
        value
    }
}
