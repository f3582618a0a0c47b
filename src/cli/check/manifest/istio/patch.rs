//! The patches of `EnvoyFilter` objects.

use crate::check::manifest::kubernetes::{KubeObject, Workloads};
use crate::check::manifest::node::ManifestNode;

/// A patch of an `EnvoyFilter`.
#[derive(Clone, Debug)]
pub(super) struct Patch<'m> {
    /// `EnvoyFilter istio-system/unstuff`.
    pub title: String,
    /// Its number in the object, from 1.
    pub index: usize,
    pub node: ManifestNode<'m>,
    pub workloads: Workloads<'m>,
    /// `HTTP_FILTER`, for example.
    pub applies_to: &'m str,
    /// `GATEWAY`, for example.
    pub context: &'m str,
    pub operation: &'m str,
    /// What is put there.
    pub value: Option<ManifestNode<'m>>,
}

impl<'m> Patch<'m> {
    /// The patches of an object.
    pub(super) fn all(object: &KubeObject<'m>) -> Vec<Self> {
        let workloads = Workloads::of(object);
        let patches = (1..).zip(object.spec_items(&["configPatches"]));
        patches
            .map(|(index, node)| Self {
                title: object.title(),
                index,
                node,
                workloads: workloads.clone(),
                applies_to: node.text_at(&["applyTo"]).unwrap_or_default(),
                context: node.text_at(&["match", "context"]).unwrap_or("ANY"),
                operation: node.text_at(&["patch", "operation"]).unwrap_or_default(),
                value: node.at(&["patch", "value"]),
            })
            .collect()
    }

    /// The HTTP filter that a patch is put beside.
    pub(super) fn beside(&self) -> Option<&'m str> {
        let path = ["match", "listener", "filterChain", "filter", "subFilter", "name"];
        self.node.text_at(&path)
    }

    /// The name of the route that a patch is about.
    pub(super) fn route(&self) -> Option<ManifestNode<'m>> {
        self.node.at(&["match", "routeConfiguration", "vhost", "route", "name"])
    }
}
