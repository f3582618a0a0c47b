//! Manifests: files that hold a configuration of the module somewhere inside.
//!
//! All files of a run are one set, because a `WasmPlugin` and the `EnvoyFilter` beside it are
//! seldom in one file. `istio`, `envoy_gateway` and `envoy` each find the plugins of their kind, and
//! say what surrounds them; `values` finds configurations in files of any other shape. Whether a
//! plugin is the module is told by its name, by its URL or by the look of its configuration.

mod clusters;
mod envoy;
mod envoy_gateway;
mod finding;
mod headers;
mod istio;
mod kubernetes;
mod node;
mod plugin;
mod text;
mod values;

use std::collections::BTreeSet;

use unstuff_engine::config::{self, Configured, Problem, Severity};
use unstuff_engine::policy::Policy;

use clusters::ClusterView;
use envoy::EnvoyView;
use envoy_gateway::GatewayView;
pub(super) use finding::Finding;
use istio::IstioView;
use kubernetes::objects;
pub(super) use node::{FilePosition, ManifestFile, ManifestNode};
use plugin::{FoundPlugin, looks_ours};
pub(super) use text::ConfigurationText;

use super::yaml::{TextPosition, YamlError};

/// What becomes of logins where the module stands in a chain twice.
const JUDGES_ALONE: &str =
    "the first in the chain alone judges the logins that both watch; keep one";

/// A configuration that a manifest holds, checked.
#[derive(Clone, Debug)]
pub(super) struct CheckedManifest {
    /// `WasmPlugin istio-system/unstuff`, for example.
    pub title: String,
    pub position: FilePosition,
    /// The policy's notices, or its problems, each with its place.
    pub outcome: Result<Configured, Vec<(FilePosition, Problem)>>,
    /// What surrounds it, in the order of the files.
    pub surroundings: Vec<Finding>,
}

impl CheckedManifest {
    /// Whether something around it is probably a mistake.
    pub(super) fn has_warnings(&self) -> bool {
        self.surroundings.iter().any(|it| it.severity == Severity::Warning)
    }
}

/// Whether a file is a manifest, and not a configuration by itself.
///
/// A configuration that is broken, or is written in YAML, is left to the validator, which says what
/// to do about it.
pub(super) fn is_manifest(file: &ManifestFile) -> bool {
    file.nodes().any(|document| {
        let is_list = document.items().next().is_some();
        let is_object = document.is_map() && !looks_ours(document);
        let view = || EnvoyView::of(&[document]);
        let known = || !objects(document).is_empty() || !view().is_empty();
        (is_list || is_object) && (known() || !values::found(document).is_empty())
    })
}

/// The text of a file that is a configuration by itself; `None` if it is nothing of the kind.
pub(super) fn own_text(file: &ManifestFile) -> Option<ConfigurationText> {
    ConfigurationText::of(file.nodes().next()?)
}

/// What is said of a manifest that cannot be read as it is: a template, or broken YAML. `error` is
/// the parser's.
pub(super) fn unreadable(
    source: &str,
    error: Option<&YamlError>,
) -> Option<(TextPosition, Problem)> {
    let find = |marks: &[&str]| {
        let mut lines = (1..).zip(source.lines());
        lines.find(|(_, line)| marks.iter().any(|mark| line.contains(mark))).map(|(line, _)| line)
    };
    find(&["apiVersion", "static_resources", "typed_config"])?;
    // To YAML, `{{ .Values.x }}` is an object.
    let template = find(&["{{ .", "{{- ", "{{ include ", "{{ toYaml "]);
    if let Some(line) = template {
        let fix = "check what it renders, with `helm template` for example";
        let at = TextPosition { line, column: 1 };
        return Some((at, Problem::of_document("this is a template", fix)));
    }
    error.map(|error| {
        let wrong = format!("not YAML: {}", error.what);
        (error.at, Problem::of_document(wrong, "a manifest is YAML or JSON"))
    })
}

/// Finds and checks all configurations of a set of manifests.
pub(super) fn check(files: &[ManifestFile]) -> Vec<CheckedManifest> {
    let documents: Vec<_> = files.iter().flat_map(ManifestFile::nodes).collect();
    let clusters = ClusterView::of(&documents);
    let (kubernetes, others): (Vec<_>, Vec<_>) =
        documents.into_iter().partition(|document| !objects(*document).is_empty());
    let all: Vec<_> = kubernetes.iter().flat_map(|document| objects(*document)).collect();
    let istio = IstioView::of(&all);
    let gateway = GatewayView::of(&all);
    let envoy = EnvoyView::of(&others);
    let mut checked = Vec::new();
    let mut add = |found: &FoundPlugin<'_>, around: &dyn Fn(&Policy) -> Vec<Finding>| {
        checked.push(check_one(found, around));
    };
    for (index, found) in istio.found().enumerate() {
        let asked = |policy: &Policy| clusters.findings(found.node, policy);
        add(found, &|policy| [istio.surroundings(index, policy), asked(policy)].concat());
    }
    for (index, found) in gateway.found().enumerate() {
        let asked = |policy: &Policy| clusters.findings(found.node, policy);
        add(found, &|policy| [gateway.surroundings(index, policy), asked(policy)].concat());
    }
    for (index, found) in envoy.found().enumerate() {
        let asked = |policy: &Policy| clusters.findings(found.node, policy);
        add(found, &|policy| [envoy.surroundings(index, policy), asked(policy)].concat());
    }
    for document in others {
        if EnvoyView::of(&[document]).is_empty() {
            values::found(document).iter().for_each(|found| add(found, &|_| Vec::new()));
        }
    }
    checked.sort_by_key(|it| it.position);
    checked
}

/// Finds and checks what one process of Envoy has. All of its plugins share memory.
pub(super) fn check_process(files: &[ManifestFile]) -> Vec<CheckedManifest> {
    let documents: Vec<_> = files.iter().flat_map(ManifestFile::nodes).collect();
    let envoy = EnvoyView::of(&documents);
    let around = |index, policy: &Policy| {
        let mut findings = envoy.surroundings(index, policy);
        findings.extend(envoy.sharing(index));
        findings
    };
    let found = envoy.found().enumerate();
    found.map(|(index, found)| check_one(found, &|policy| around(index, policy))).collect()
}

fn check_one(
    found: &FoundPlugin<'_>,
    surroundings: &dyn Fn(&Policy) -> Vec<Finding>,
) -> CheckedManifest {
    let position = found.node.position();
    let text = found.configuration.as_ref().ok().and_then(Option::as_ref);
    let outcome = match (&found.configuration, text) {
        (Err(problem), _) => Err(vec![(position, problem.as_ref().clone())]),
        (Ok(_), None) => config::parse(b"").map_err(|_| Vec::new()),
        (Ok(_), Some(text)) => config::parse(text.json.as_bytes())
            .map_err(|problems| problems.into_iter().map(|it| text.locate(it)).collect()),
    };
    // What surrounds a configuration that is rejected is checked for the default one.
    let default = || config::parse(b"").ok().map(|it| it.policy);
    let policy = outcome.as_ref().ok().map(|it| it.policy.clone()).or_else(default);
    let mut around: Vec<_> = policy.iter().flat_map(surroundings).collect();
    if let (Some(text), true) = (text, outcome.is_ok()) {
        let said = text.surprises().map(|(position, text)| Finding {
            position,
            severity: Severity::Info,
            text,
        });
        around.extend(said);
    }
    around.sort_by(|one, other| {
        (one.position, one.severity, &one.text).cmp(&(other.position, other.severity, &other.text))
    });
    let mut seen = BTreeSet::new();
    around.retain(|it| seen.insert((it.position, it.text.clone())));
    CheckedManifest {
        title: found.title.clone(),
        position: text.map_or(position, |it| it.position),
        outcome,
        surroundings: around,
    }
}
