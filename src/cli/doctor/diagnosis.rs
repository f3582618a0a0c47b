//! Everything that was found out about an Envoy.

use serde_json::Value;
use unstuff_engine::config::Severity;

use super::{counted, dump};
use crate::check::{RunningPlugin, check_running};
use crate::envoy_admin::EnvoyStats;

/// No filter of ours is there.
const NONE: &str = "no Unstuff in this Envoy: no Wasm filter has `unstuff` in its name or its file, or a \
     configuration of it; look at another gateway, or in Envoy's log for an update that was refused";

/// What was found.
pub(super) struct Diagnosis {
    /// The version of Envoy.
    pub envoy: String,
    /// The version of the module that works, if it tells.
    pub module: Option<String>,
    /// Logins since Envoy started.
    pub attempts: u64,
    /// The filters of ours.
    pub plugins: Vec<RunningPlugin>,
    /// What is not right, the worst first.
    pub findings: Vec<DoctorFinding>,
}

/// Something that is not right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DoctorFinding {
    /// How much it matters.
    pub severity: Severity,
    /// Where: `listener web`, or `statistics`.
    pub place: String,
    /// What it is, and the mend.
    pub text: String,
}

impl DoctorFinding {
    /// What is probably a mistake.
    pub(super) fn warning(place: impl Into<String>, text: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, place: place.into(), text: text.into() }
    }

    /// What should be looked at.
    pub(super) fn reminder(place: impl Into<String>, text: impl Into<String>) -> Self {
        Self { severity: Severity::Reminder, place: place.into(), text: text.into() }
    }
}

impl Diagnosis {
    /// Reads Envoy's `/server_info`, `/config_dump` and statistics.
    ///
    /// # Errors
    /// The configuration is larger than any that is read.
    pub(super) fn of(info: &Value, dump: &Value, stats: &EnvoyStats) -> anyhow::Result<Self> {
        let parts = dump::parts(dump);
        let plugins = check_running(parts.iter().map(|part| part.json.as_str()))?;
        let place = |index: usize| parts.get(index).map_or("Envoy", |part| part.name.as_str());
        let mut findings = Vec::new();
        if plugins.is_empty() {
            findings.push(DoctorFinding::warning("Envoy", NONE));
        }
        for plugin in &plugins {
            findings.extend(of_configuration(plugin));
            findings.extend(plugin.remarks.iter().map(|remark| DoctorFinding {
                severity: remark.severity,
                place: place(remark.part).to_owned(),
                text: remark.text.clone(),
            }));
        }
        findings.extend(dump::refused(dump).into_iter().map(|name| {
            DoctorFinding::warning(
                format!("listener {name}"),
                "Envoy has refused its last update and works with the one before: its log says why",
            )
        }));
        if !plugins.is_empty() {
            findings.extend(counted::findings(stats));
        }
        findings.sort_by_key(|it| std::cmp::Reverse(it.severity));
        findings.dedup();
        Ok(Self {
            envoy: envoy_version(info),
            module: counted::module_version(stats),
            attempts: stats.of("unstuff.attempts"),
            plugins,
            findings,
        })
    }

    /// Whether something is probably a mistake.
    pub(super) fn has_warnings(&self) -> bool {
        self.count(Severity::Warning) > 0
    }

    /// How many findings are so severe.
    pub(super) fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|it| it.severity == severity).count()
    }
}

/// What the configuration itself says: its problems, or what in it is probably a mistake. What it
/// reminds of was looked at.
fn of_configuration(plugin: &RunningPlugin) -> Vec<DoctorFinding> {
    let found = |text: String| DoctorFinding::warning(plugin.title.clone(), text);
    match &plugin.outcome {
        Ok(configured) => {
            let notices = configured.notices.iter();
            let warnings = notices.filter(|it| it.severity == Severity::Warning);
            warnings.map(|it| found(it.text.clone())).collect()
        }
        Err(problems) => problems
            .iter()
            .map(|it| found(format!("this tool would refuse its configuration: {it}")))
            .collect(),
    }
}

/// `1.40.0` of `9e55…/1.40.0/Clean/RELEASE/BoringSSL`.
fn envoy_version(info: &Value) -> String {
    let version = info["version"].as_str().unwrap_or_default();
    version.split('/').nth(1).unwrap_or("of an unknown version").to_owned()
}
