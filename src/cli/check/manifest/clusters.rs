//! The clusters that the module itself asks, those of a fleet and of live lookups: whether they are
//! in the files, and whether gRPC can be spoken to them.
//!
//! Nothing fails loudly without them: each gateway counts alone, and no password is looked up.

use unstuff_engine::policy::Policy;

use super::finding::Finding;
use super::node::ManifestNode;

/// The clusters among the manifests, wherever they stand.
pub(super) struct ClusterView<'m> {
    clusters: Vec<ManifestNode<'m>>,
    /// A bootstrap that gets no clusters from elsewhere.
    is_whole: bool,
}

impl<'m> ClusterView<'m> {
    /// Those of these documents.
    pub(super) fn of(documents: &[ManifestNode<'m>]) -> Self {
        let mut clusters = Vec::new();
        for document in documents {
            document.walk(&mut |node| {
                let is_cluster =
                    node.get("name").is_some() && node.get("load_assignment").is_some();
                clusters.extend(is_cluster.then_some(node));
                !is_cluster
            });
        }
        let bootstraps = documents.iter().filter(|it| it.get("static_resources").is_some());
        let is_whole =
            |it: &ManifestNode<'_>| it.at(&["dynamic_resources", "cds_config"]).is_none();
        let mut whole = bootstraps.map(is_whole).peekable();
        Self { clusters, is_whole: whole.peek().is_some() && whole.all(|it| it) }
    }

    /// What is said of the clusters that a policy names, of a plugin at `node`.
    pub(super) fn findings(&self, node: ManifestNode<'m>, policy: &Policy) -> Vec<Finding> {
        let fleet = policy.fleet.iter().map(|it| ("fleet", it.cluster.as_str()));
        let live = policy.live_lookup.iter().map(|it| ("live_lookup", it.cluster.as_str()));
        let finding = |(section, name): (&str, &str)| {
            let mut clusters = self.clusters.iter();
            match clusters.find(|it| it.text_at(&["name"]) == Some(name)) {
                None if self.is_whole => Some(Finding::warning(node, missing(section, name))),
                None => Some(Finding::reminder(node, missing(section, name))),
                Some(cluster) if section == "fleet" && !speaks_http2(*cluster) => {
                    Some(Finding::warning(*cluster, without_http2(name)))
                }
                Some(_) => None,
            }
        };
        fleet.chain(live).filter_map(finding).collect()
    }
}

fn speaks_http2(cluster: ManifestNode<'_>) -> bool {
    let mut speaks = false;
    cluster.walk(&mut |node| {
        speaks |= node.get("http2_protocol_options").is_some();
        !speaks
    });
    speaks
}

fn missing(section: &str, name: &str) -> String {
    let without = match section {
        "fleet" => "each gateway counts alone",
        _ => "no password is looked up",
    };
    format!("the cluster {name:?} of {section} is not in these files: without it {without}")
}

fn without_http2(name: &str) -> String {
    format!(
        "the cluster {name:?} of fleet speaks HTTP/1.1, and gRPC needs HTTP/2: no call is answered, and \
         each gateway counts alone; set explicit_http_config: {{ http2_protocol_options: {{}} }}"
    )
}
