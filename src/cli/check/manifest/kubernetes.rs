//! Kubernetes objects, and which workloads they are about.

use std::collections::BTreeSet;

use super::node::ManifestNode;

/// The namespace whose objects of Istio are for all namespaces, unless the mesh says otherwise.
const ROOT_NAMESPACE: &str = "istio-system";

/// An object with a kind and a name.
#[derive(Clone, Copy, Debug)]
pub(super) struct KubeObject<'m> {
    pub node: ManifestNode<'m>,
    pub kind: &'m str,
    pub name: &'m str,
    pub namespace: &'m str,
}

impl<'m> KubeObject<'m> {
    /// `None` if it is no object of Kubernetes.
    pub(super) fn of(node: ManifestNode<'m>) -> Option<Self> {
        node.get("apiVersion")?;
        let kind = node.text_at(&["kind"])?;
        let name = node.text_at(&["metadata", "name"]).unwrap_or_default();
        let namespace = node.text_at(&["metadata", "namespace"]).unwrap_or("default");
        Some(Self { node, kind, name, namespace })
    }

    /// `WasmPlugin istio-system/unstuff`.
    pub(super) fn title(&self) -> String {
        format!("{} {}/{}", self.kind, self.namespace, self.name)
    }

    /// The value under a path below `spec`.
    pub(super) fn spec(&self, path: &[&str]) -> Option<ManifestNode<'m>> {
        self.node.get("spec")?.at(path)
    }

    /// The values of the list under a path below `spec`.
    pub(super) fn spec_items(
        &self,
        path: &[&str],
    ) -> impl Iterator<Item = ManifestNode<'m>> + use<'m> {
        self.spec(path).into_iter().flat_map(ManifestNode::items)
    }
}

/// All objects of a document, those of a list one by one.
pub(super) fn objects(document: ManifestNode<'_>) -> Vec<KubeObject<'_>> {
    match KubeObject::of(document) {
        Some(list) if list.kind.ends_with("List") => {
            list.node.items_at(&["items"]).flat_map(objects).collect()
        }
        found => found.into_iter().collect(),
    }
}

/// The workloads that an object of Istio or of Gateway API is about.
#[derive(Clone, Debug)]
pub(super) struct Workloads<'m> {
    namespace: &'m str,
    pub labels: BTreeSet<(&'m str, &'m str)>,
    /// Kind and name.
    pub targets: BTreeSet<(&'m str, &'m str)>,
}

impl<'m> Workloads<'m> {
    /// Those that an object selects.
    pub(super) fn of(object: &KubeObject<'m>) -> Self {
        let selectors = [&["selector", "matchLabels"][..], &["workloadSelector", "labels"]];
        let selector = selectors.iter().find_map(|path| object.spec(path));
        let labels = selector.into_iter().flat_map(ManifestNode::entries);
        let one = object.spec(&["targetRef"]).into_iter();
        let targets = one.chain(object.spec_items(&["targetRefs"])).map(|target| {
            let text = |key| target.text_at(&[key]).unwrap_or_default();
            (text("kind"), text("name"))
        });
        Self {
            namespace: object.namespace,
            labels: labels.map(|(key, value)| (key, value.text().unwrap_or_default())).collect(),
            targets: targets.collect(),
        }
    }

    /// Whether both may be about one workload.
    pub(super) fn meet(&self, other: &Self) -> bool {
        let everywhere = [self.namespace, other.namespace].contains(&ROOT_NAMESPACE);
        let namespace = everywhere || self.namespace == other.namespace;
        let labels = self.labels.iter().all(|(key, value)| {
            other.labels.iter().all(|(name, wanted)| name != key || wanted == value)
        });
        // Those selected by a label and those by a target can be the same.
        let by_target = !self.targets.is_empty() && !other.targets.is_empty();
        namespace && labels && (!by_target || !self.targets.is_disjoint(&other.targets))
    }

    /// Whether it is about a gateway, as far as names tell.
    pub(super) fn is_gateway(&self) -> bool {
        let label = |(key, value): &(&str, &str)| {
            key.ends_with("gateway-name")
                || (["istio", "app"].contains(key) && value.contains("gateway"))
        };
        self.labels.iter().any(label) || self.targets.iter().any(|(kind, _)| *kind == "Gateway")
    }
}
