//! Findings: what is said about the surroundings of a configuration, each with its place.

use unstuff_engine::config::Severity;

use super::node::{FilePosition, ManifestNode};

/// A remark on what surrounds a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Finding {
    pub position: FilePosition,
    pub severity: Severity,
    pub text: String,
}

impl Finding {
    /// What is probably a mistake.
    pub(super) fn warning(node: ManifestNode<'_>, text: impl Into<String>) -> Self {
        Self { position: node.position(), severity: Severity::Warning, text: text.into() }
    }

    /// What these files cannot show.
    pub(super) fn reminder(node: ManifestNode<'_>, text: impl Into<String>) -> Self {
        Self { position: node.position(), severity: Severity::Reminder, text: text.into() }
    }
}
