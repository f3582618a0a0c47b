//! A Wasm filter of Envoy, as it stands in a listener, a patch or an extension configuration.

use unstuff_engine::config::Problem;

use crate::check::manifest::finding::Finding;
use crate::check::manifest::node::ManifestNode;
use crate::check::manifest::plugin::{looks_ours, names_ours};
use crate::check::manifest::text::ConfigurationText;

/// A Wasm filter.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct WasmFilter<'m> {
    /// The filter, with its name.
    pub node: ManifestNode<'m>,
    /// Its `PluginConfig`.
    pub config: ManifestNode<'m>,
}

impl<'m> WasmFilter<'m> {
    /// `None` if it is another filter.
    pub(in super::super) fn of(node: ManifestNode<'m>) -> Option<Self> {
        let typed = node.get("typed_config")?;
        let is_struct = typed.type_name() == "TypedStruct";
        let typed = if is_struct { typed.get("value")? } else { typed };
        let config = typed.get("config")?;
        config.get("vm_config").map(|_| Self { node, config })
    }

    /// What shares the counters.
    pub(in super::super) fn vm_id(&self) -> &'m str {
        self.config.text_at(&["vm_config", "vm_id"]).unwrap_or_default()
    }

    /// The name under which a chain refers to it.
    pub(in super::super) fn name(&self) -> &'m str {
        self.node.text_at(&["name"]).unwrap_or_default()
    }

    /// Whether it is our module.
    pub(in super::super) fn is_ours(&self) -> bool {
        let code = |path: &[&str]| self.config.at(&["vm_config", "code"])?.text_at(path);
        let value = self.config.at(&["configuration", "value"]);
        [
            self.node.text_at(&["name"]),
            self.config.text_at(&["name"]),
            self.config.text_at(&["root_id"]),
            code(&["local", "filename"]),
            code(&["remote", "http_uri", "uri"]),
        ]
        .into_iter()
        .any(names_ours)
            || value.or_else(|| self.config.get("configuration")).is_some_and(looks_ours)
    }

    /// What the module is given.
    pub(in super::super) fn configuration(
        &self,
    ) -> Result<Option<ConfigurationText>, Box<Problem>> {
        let Some(given) = self.config.get("configuration") else { return Ok(None) };
        let text = given.get("value").filter(|_| given.type_name() == "StringValue");
        match text.map(ConfigurationText::of) {
            Some(Some(text)) if text.is_string => Ok(Some(text)),
            _ => Err(Box::new(Problem::of_document(
                "the configuration is not a google.protobuf.StringValue: Envoy hands a Struct over in \
                 binary, which the module refuses",
                "give the JSON as the value of one: {\"@type\": \
                 \"type.googleapis.com/google.protobuf.StringValue\", \"value\": \"{…}\"}",
            ))),
        }
    }
}

/// What the settings of a filter mean; `node` is where it stands.
pub(in super::super) fn settings<'m>(
    config: ManifestNode<'m>,
    node: ManifestNode<'m>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let policy = config.get("failure_policy");
    match policy.and_then(ManifestNode::text) {
        Some("FAIL_RELOAD") => {}
        Some("FAIL_OPEN") => findings.push(open(policy.unwrap_or(node))),
        _ if config.is_true(&["fail_open"]) => {
            findings.push(open(config.get("fail_open").unwrap_or(node)));
        }
        _ => findings.push(Finding::warning(
            policy.unwrap_or(node),
            "a module that has trapped answers 503 until Envoy restarts: set failure_policy: \
             FAIL_RELOAD",
        )),
    }
    if config.text_at(&["vm_config", "vm_id"]).unwrap_or_default().is_empty() {
        findings.push(Finding::reminder(
            node,
            "vm_id is empty: each other Wasm plugin in the proxy without one can read and overwrite \
             the counters and the bans",
        ));
    }
    findings
}

fn open(node: ManifestNode<'_>) -> Finding {
    Finding::warning(
        node,
        "every login passes unjudged where the module could not be loaded or has trapped: set \
         failure_policy: FAIL_RELOAD",
    )
}
