//! What surrounds the module in Envoy Gateway: its `EnvoyExtensionPolicy`, the order of filters, the
//! request buffer, and the headers of `HTTPRoute` objects.

use unstuff_engine::config::Problem;
use unstuff_engine::policy::Policy;

use super::JUDGES_ALONE;
use super::finding::Finding;
use super::headers::{HeaderChanges, forged, unheard};
use super::kubernetes::{KubeObject, Workloads};
use super::node::ManifestNode;
use super::plugin::{FoundPlugin, looks_ours, names_ours};
use super::text::ConfigurationText;

/// A Wasm extension of a policy.
struct Extension<'m> {
    found: FoundPlugin<'m>,
    /// The entry of `spec.wasm`.
    entry: ManifestNode<'m>,
    workloads: Workloads<'m>,
}

/// The objects of Envoy Gateway and Gateway API among the manifests.
pub(super) struct GatewayView<'m> {
    extensions: Vec<Extension<'m>>,
    objects: Vec<KubeObject<'m>>,
}

const BUFFER: &str = "envoy.filters.http.buffer";
const WASM: &str = "envoy.filters.http.wasm";

impl<'m> GatewayView<'m> {
    /// What concerns Envoy Gateway among these objects.
    pub(super) fn of(objects: &[KubeObject<'m>]) -> Self {
        let policies = objects.iter().filter(|it| it.kind == "EnvoyExtensionPolicy");
        let entries =
            policies.flat_map(|it| it.spec_items(&["wasm"]).map(move |entry| (it, entry)));
        let extensions = entries.filter_map(|(policy, entry)| extension(policy, entry)).collect();
        Self { extensions, objects: objects.to_vec() }
    }

    /// The plugins of ours.
    pub(super) fn found(&self) -> impl Iterator<Item = &FoundPlugin<'m>> {
        self.extensions.iter().map(|it| &it.found)
    }

    fn of_kind(&self, kind: &'static str) -> impl Iterator<Item = &KubeObject<'m>> {
        self.objects.iter().filter(move |it| it.kind == kind)
    }

    /// What surrounds one of them.
    pub(super) fn surroundings(&self, index: usize, policy: &Policy) -> Vec<Finding> {
        let Some(ours) = self.extensions.get(index) else { return Vec::new() };
        let mut findings: Vec<_> = self.itself(ours).into_iter().collect();
        findings.extend(self.order(ours));
        findings.extend(self.buffer(ours, policy));
        findings.extend(self.headers(ours));
        let others = (0..).zip(&self.extensions).filter(|(other, _): &(usize, _)| *other != index);
        for (_, other) in others {
            let text = match ours.workloads.meet(&other.workloads) {
                true => format!(", on the same routes: {JUDGES_ALONE}"),
                false => ": each policy has counters and bans of its own, so keep one, on the \
                          Gateway"
                    .to_owned(),
            };
            let text = format!("{} is the module as well{text}", other.found.title);
            findings.push(Finding::warning(ours.found.node, text));
        }
        findings
    }

    /// What its own fields say.
    fn itself(&self, ours: &Extension<'m>) -> Vec<Finding> {
        let entry = ours.entry;
        let mut findings = Vec::new();
        if entry.get("config").is_none() {
            let text = "no config: the module takes its defaults, in shadow mode";
            findings.push(Finding::reminder(entry, text));
        }
        if let Some(open) = entry.get("failOpen").filter(|_| entry.is_true(&["failOpen"])) {
            let text = "every login passes unjudged where the module cannot be fetched or has trapped: \
                        set failOpen: false";
            findings.push(Finding::warning(open, text));
        }
        let reloads =
            self.of_kind("EnvoyPatchPolicy").flat_map(|it| it.spec_items(&["jsonPatches"]));
        let mut values = reloads.filter_map(|it| it.text_at(&["operation", "value"]));
        if !values.any(|value| value == "FAIL_RELOAD") {
            let text = "a module that has trapped answers 503 until Envoy restarts; only an \
                        EnvoyPatchPolicy can set failure_policy: FAIL_RELOAD";
            findings.push(Finding::reminder(entry, text));
        }
        let code =
            [&["code", "http"][..], &["code", "image"]].into_iter().find_map(|it| entry.at(it));
        let pinned = |it: ManifestNode<'_>| {
            it.get("sha256").is_some()
                || it.text_at(&["url"]).is_some_and(|url| url.contains("@sha256:"))
        };
        if let Some(code) = code.filter(|it| !pinned(*it)) {
            let text = "no sha256: nothing verifies the module that is fetched; for an image it is the \
                        digest of its manifest (`unstuff image` prints it), for http that of the file";
            findings.push(Finding::warning(code, text));
        }
        findings
    }

    /// Envoy Gateway puts the buffer before Wasm unless told otherwise.
    fn order(&self, ours: &Extension<'m>) -> Option<Finding> {
        let mut orders = self.of_kind("EnvoyProxy").flat_map(|it| it.spec_items(&["filterOrder"]));
        let is = |it: ManifestNode<'_>, name: &str, relation: &str, other: &str| {
            it.text_at(&["name"]) == Some(name) && it.text_at(&[relation]) == Some(other)
        };
        let behind =
            orders.any(|it| is(it, BUFFER, "after", WASM) || is(it, WASM, "before", BUFFER));
        (!behind).then(|| {
            Finding::warning(
                ours.found.node,
                format!(
                    "Envoy Gateway puts the buffer before the module, so the application is told no \
                     verdict, unless an EnvoyProxy has filterOrder: [{{name: {BUFFER}, after: {WASM}}}]"
                ),
            )
        })
    }

    /// The request buffer of the login routes.
    fn buffer(&self, ours: &Extension<'m>, policy: &Policy) -> Vec<Finding> {
        let buffers = self
            .of_kind("BackendTrafficPolicy")
            .filter_map(|it| Some((Workloads::of(it), it.spec(&["requestBuffer"])?)));
        let buffers: Vec<_> = buffers.collect();
        if buffers.is_empty() {
            return vec![Finding::warning(
                ours.found.node,
                "no BackendTrafficPolicy of these files has a requestBuffer: the application sees \
                 headers of stopped logins, and is told no verdict; give the login routes one",
            )];
        }
        let mut findings = Vec::new();
        for (workloads, buffer) in buffers {
            if workloads.is_gateway() {
                findings.push(Finding::warning(
                    buffer,
                    "the buffer is on for every route: larger uploads are answered with 413, and \
                     streams are held back; target the HTTPRoute of the logins",
                ));
            }
            let limit = buffer.get("limit").and_then(|it| Some((it, quantity(it.text()?)?)));
            let longest = policy.max_body_bytes;
            if let Some((node, _)) = limit.filter(|(_, bytes)| *bytes <= longest) {
                findings.push(Finding::warning(
                    node,
                    format!(
                        "a login that is longer is answered with 413 before the module has judged it: \
                         take more than its \"max_body\", {longest} bytes"
                    ),
                ));
            }
        }
        findings
    }

    /// What becomes of the headers on each rule of each `HTTPRoute`.
    fn headers(&self, ours: &Extension<'m>) -> Vec<Finding> {
        let mut early = HeaderChanges::default();
        for policy in self.of_kind("ClientTrafficPolicy") {
            early.remove(policy.spec_items(&["headers", "earlyRequestHeaders", "remove"]));
        }
        let rules = self.of_kind("HTTPRoute").flat_map(|it| it.spec_items(&["rules"]));
        let rules: Vec<_> = rules.map(|rule| (rule, of_rule(rule).and(&early))).collect();
        if rules.is_empty() {
            return vec![Finding::reminder(
                ours.found.node,
                "no HTTPRoute is in these files: the headers of the verdict were not checked",
            )];
        }
        let mut findings: Vec<_> = rules
            .iter()
            .filter_map(|(rule, changes)| {
                Some(Finding::warning(*rule, forged(&changes.forgeable()?)))
            })
            .collect();
        let told = rules.into_iter().fold(early, |all, (_, changes)| all.and(&changes));
        findings.extend(told.untold().map(|it| Finding::warning(ours.found.node, unheard(&it))));
        findings
    }
}

fn extension<'m>(policy: &KubeObject<'m>, entry: ManifestNode<'m>) -> Option<Extension<'m>> {
    let config = entry.get("config");
    let code = [&["code", "http", "url"][..], &["code", "image", "url"]];
    let ours = names_ours(Some(policy.name))
        || names_ours(entry.text_at(&["name"]))
        || code.into_iter().any(|path| names_ours(entry.text_at(path)))
        || config.is_some_and(looks_ours);
    let configuration = match config {
        Some(node) if node.is_map() => Ok(ConfigurationText::of(node)),
        Some(_) => Err(Box::new(Problem::of_document(
            "config is not an object",
            "write the configuration below it, in YAML, without quotes around the whole",
        ))),
        None => Ok(None),
    };
    ours.then(|| Extension {
        found: FoundPlugin { title: policy.title(), node: entry, configuration },
        entry,
        workloads: Workloads::of(policy),
    })
}

/// What a rule of an `HTTPRoute` does to the headers of requests.
fn of_rule(rule: ManifestNode<'_>) -> HeaderChanges {
    let mut changes = HeaderChanges::default();
    for filter in rule.items_at(&["filters"]) {
        changes.remove(filter.items_at(&["requestHeaderModifier", "remove"]));
        for kind in ["set", "add"] {
            let made = filter.items_at(&["requestHeaderModifier", kind]);
            made.for_each(|header| changes.tell(header.text_at(&["value"])));
        }
    }
    changes
}

/// Bytes as Kubernetes writes them, such as `64Ki`.
fn quantity(text: &str) -> Option<usize> {
    let end = text.find(|it: char| !it.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at_checked(end)?;
    let scale = match unit {
        "" => 1,
        "k" => 1000,
        "Ki" => 1 << 10,
        "M" => 1_000_000,
        "Mi" => 1 << 20,
        _ => return None,
    };
    digits.parse::<usize>().ok()?.checked_mul(scale)
}
