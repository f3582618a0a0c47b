//! What a running Envoy has, checked like the manifests that it came from. For `unstuff doctor`.

use unstuff_engine::config::{Configured, Problem, Severity};

use super::manifest::{self, ManifestFile};
use super::yaml;

/// A filter of ours in a running Envoy.
#[derive(Clone, Debug)]
pub(crate) struct RunningPlugin {
    /// `filter unstuff in listener web`, for example.
    pub title: String,
    /// What its configuration means, or its problems.
    pub outcome: Result<Configured, Vec<Problem>>,
    /// What surrounds it.
    pub remarks: Vec<Remark>,
}

/// Something that surrounds a plugin.
#[derive(Clone, Debug)]
pub(crate) struct Remark {
    /// The part of the configuration that it is about, as an index.
    pub part: usize,
    /// How much it matters.
    pub severity: Severity,
    /// What it is, and the mend.
    pub text: String,
}

/// Finds and checks the filters of ours in the parts of an Envoy's configuration: listeners, route
/// tables, extensions, each as JSON.
///
/// # Errors
/// A part is not JSON, or it is larger than any manifest.
pub(crate) fn check_running<'a>(
    parts: impl Iterator<Item = &'a str>,
) -> anyhow::Result<Vec<RunningPlugin>> {
    let file = |(index, source): (usize, &str)| {
        let documents = yaml::parse(source).map_err(|error| anyhow::anyhow!(error.what))?;
        Ok(ManifestFile { index, source: source.to_owned(), documents })
    };
    let files = parts.enumerate().map(file).collect::<anyhow::Result<Vec<_>>>()?;
    let plugin = |checked: manifest::CheckedManifest| RunningPlugin {
        title: checked.title,
        outcome: checked
            .outcome
            .map_err(|problems| problems.into_iter().map(|(_, problem)| problem).collect()),
        remarks: checked.surroundings.into_iter().map(remark).collect(),
    };
    Ok(manifest::check_process(&files).into_iter().map(plugin).collect())
}

/// A finding about manifests, in words for a process.
fn remark(finding: manifest::Finding) -> Remark {
    let text = finding.text.replace(" in these files", " in this Envoy");
    Remark {
        part: finding.position.file,
        severity: finding.severity,
        text: text.replace(" of these files", " of this Envoy"),
    }
}
