//! `unstuff check`: prints what the filter would log about a configuration, before it is deployed.
//!
//! It uses the filter's own validator, so the lines on standard output are the filter's: the
//! problems of a configuration that it would reject, or the notices of one that it would accept. A
//! line per file on standard error says which. In a `manifest` it finds the configuration by
//! itself, names the place of each problem in the file, and says what surrounds the configuration.
//! What a fleet's rate limit service has is compared with what the configurations need (`limits`).

mod github;
mod limits;
mod manifest;
mod report;
mod running;
mod yaml;

use std::path::PathBuf;
use std::process::ExitCode;

use unstuff_engine::config::{self, Configured, Problem};
use unstuff_engine::policy::Policy;

use crate::config_input;
use crate::stdout;
pub(crate) use running::{RunningPlugin, check_running};

use limits::CheckedLimits;
use manifest::{CheckedManifest, ConfigurationText, FilePosition, ManifestFile};
use yaml::TextPosition;

/// Check configurations, and print what the filter would log
///
/// Prints every problem with its place and its fix, or the notices if the configuration is
/// accepted. Run it before you deploy a configuration.
///
/// A file is a configuration, or a manifest that holds one: a WasmPlugin, a TrafficExtension, an
/// EnvoyFilter, an EnvoyExtensionPolicy, the values of a Helm chart, or a configuration of Envoy, in
/// YAML or JSON. All manifests of a run are read together, because the buffer filter and the headers
/// around the module often stand in another file; what is missing there is warned of.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  unstuff check unstuff.json
  unstuff check --format json unstuff.json
  unstuff check --format github unstuff.json
  unstuff check --strict wasmplugin.yaml envoyfilter.yaml routes.yaml
  kubectl kustomize envoy/istio | unstuff check -
  unstuff check --limits limits.yaml unstuff.json

Exit status: 0 all are accepted, 1 at least one is rejected or none is found, 2 at least one cannot
be read.")]
pub(crate) struct CheckArgs {
    /// Configurations in JSON, or manifests that hold one; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The format of the result
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    format: CheckFormat,
    /// Reject a configuration with a warning about what surrounds it, too
    #[arg(long)]
    strict: bool,
    /// The limits of the fleet's rate limit service; those that are missing, differ or are left over
    /// are problems
    #[arg(long, value_name = "FILE")]
    limits: Option<PathBuf>,
}

/// The format of the result.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum CheckFormat {
    /// What the filter logs
    Text,
    /// The fields of each problem
    Json,
    /// Annotations of GitHub Actions, at the line of each problem
    Github,
}

/// A file that is a configuration by itself, and the result.
struct CheckedFile {
    /// Its place among the files of the run.
    index: usize,
    /// The places of its values, if it can be read at all.
    text: Option<ConfigurationText>,
    outcome: Result<Configured, Vec<Problem>>,
}

/// What became of all files of a run.
#[derive(Default)]
struct CheckedRun {
    /// The names of all files, by their number.
    names: Vec<String>,
    files: Vec<CheckedFile>,
    manifests: Vec<CheckedManifest>,
    /// Manifests without a configuration, by their number; they surround the others.
    empty: Vec<usize>,
    /// Manifests that are not YAML.
    broken: Vec<(FilePosition, Problem)>,
    /// What the service of the fleet has.
    limits: Option<CheckedLimits>,
    strict: bool,
}

/// Runs the subcommand. It checks every file, also after one that cannot be read.
///
/// # Errors
/// Standard output cannot be written.
pub(crate) fn run(args: CheckArgs) -> anyhow::Result<ExitCode> {
    let mut unreadable = false;
    let mut read = |file: &PathBuf| match config_input::read(file) {
        Ok(bytes) => Some((file.display().to_string(), bytes)),
        Err(error) => {
            unreadable = true;
            eprintln!("unstuff: {error:#}");
            None
        }
    };
    let given = args.files.iter().filter_map(&mut read).collect();
    let limits = args.limits.as_ref().and_then(read);
    let mut run = check(given, args.strict);
    if let Some((name, bytes)) = limits {
        run.compare(name, &bytes);
    }
    stdout::print(&match args.format {
        CheckFormat::Text => report::text(&run),
        CheckFormat::Json => format!("{:#}\n", report::json(&run)),
        CheckFormat::Github => github::commands(&run),
    })?;
    report::summary(&run).iter().for_each(|line| eprintln!("{line}"));
    Ok(match (unreadable, run.is_accepted()) {
        (true, _) => ExitCode::from(2),
        (false, false) => ExitCode::FAILURE,
        (false, true) => ExitCode::SUCCESS,
    })
}

/// The policies of a file: a configuration, or a manifest that holds one or several.
///
/// # Errors
/// What is wrong with them, in lines.
pub(crate) fn policies(name: String, bytes: Vec<u8>) -> Result<Vec<Policy>, String> {
    let run = check(vec![(name, bytes)], false);
    if !run.is_accepted() {
        return Err(report::text(&run) + &report::summary(&run).join("\n") + "\n");
    }
    Ok(run.policies().into_iter().cloned().collect())
}

/// Checks files, given by their names and bytes.
fn check(given: Vec<(String, Vec<u8>)>, strict: bool) -> CheckedRun {
    let mut run = CheckedRun { strict, ..CheckedRun::default() };
    let mut manifests = Vec::new();
    for (index, (name, bytes)) in given.into_iter().enumerate() {
        run.names.push(name);
        let mut text = None;
        if let Ok(source) = std::str::from_utf8(&bytes) {
            let documents = yaml::parse(source);
            if let Some((at, problem)) = manifest::unreadable(source, documents.as_ref().err()) {
                run.broken.push((FilePosition { file: index, at }, problem));
                continue;
            }
            let documents = documents.unwrap_or_default();
            let file = ManifestFile { index, source: source.to_owned(), documents };
            if manifest::is_manifest(&file) {
                manifests.push(file);
                continue;
            }
            text = manifest::own_text(&file);
        }
        run.files.push(CheckedFile { index, text, outcome: config::parse(&bytes) });
    }
    run.manifests = manifest::check(&manifests);
    let has_one = |file: usize| run.manifests.iter().any(|it| it.position.file == file);
    run.empty = manifests.iter().map(|it| it.index).filter(|file| !has_one(*file)).collect();
    run
}

impl CheckedFile {
    /// The place of the value at a path; where the file cannot be read, its beginning.
    fn place(&self, path: &str) -> FilePosition {
        let beginning = FilePosition { file: self.index, at: TextPosition { line: 1, column: 1 } };
        self.text.as_ref().map_or(beginning, |text| text.place(path))
    }
}

impl CheckedRun {
    /// Compares the limits of a service with what the accepted configurations need.
    fn compare(&mut self, name: String, bytes: &[u8]) {
        let limits = limits::check(self.names.len(), bytes, &self.policies());
        self.names.push(name);
        self.limits = Some(limits);
    }

    /// The accepted configurations.
    fn policies(&self) -> Vec<&Policy> {
        let manifests = self.manifests.iter().map(|it| it.outcome.as_ref().ok());
        let files = self.files.iter().map(|it| it.outcome.as_ref().ok());
        files.chain(manifests).flatten().map(|it| &it.policy).collect()
    }

    /// Whether there is a configuration, and each is accepted.
    fn is_accepted(&self) -> bool {
        let found = !self.files.is_empty() || !self.manifests.is_empty();
        let manifest =
            |it: &CheckedManifest| it.outcome.is_ok() && !(self.strict && it.has_warnings());
        found
            && self.broken.is_empty()
            && self.files.iter().all(|it| it.outcome.is_ok())
            && self.manifests.iter().all(manifest)
            && self.limits.as_ref().is_none_or(CheckedLimits::is_accepted)
    }
}

#[cfg(test)]
mod tests;
