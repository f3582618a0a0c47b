//! The clusters that the module asks: each is the one of the documentation, at another address.

use serde_json::{Value, json};
use unstuff_tests::docs;

use crate::folders::{EXTENDED, ManifestCopy};

/// The cluster that a folder adds.
fn added(folder: &str) -> Value {
    let objects = ManifestCopy::new().render(folder);
    let values = |object: &Value| match object["kind"].as_str() {
        Some("EnvoyFilter") => {
            let patches = object["spec"]["configPatches"].as_array().cloned().unwrap_or_default();
            let clusters = patches.into_iter().filter(|patch| patch["applyTo"] == "CLUSTER");
            clusters.map(|patch| patch["patch"]["value"].clone()).collect()
        }
        Some("EnvoyProxy") => {
            vec![object["spec"]["bootstrap"]["jsonPatches"][1]["value"].clone()]
        }
        _ => Vec::new(),
    };
    let clusters: Vec<_> = objects.iter().flat_map(values).collect();
    <[Value; 1]>::try_from(clusters).expect("one cluster")[0].clone()
}

/// A cluster without what is another in each place: how its address is found, and the address.
fn without_address(mut cluster: Value) -> Value {
    cluster["type"] = json!(null);
    let endpoint = "/load_assignment/endpoints/0/lb_endpoints/0/endpoint/address/socket_address";
    *cluster.pointer_mut(endpoint).expect("an endpoint") = json!(null);
    cluster
}

#[test]
fn the_clusters_of_the_manifests_are_those_of_the_documentation() {
    for folder in EXTENDED {
        let cluster = added(folder);
        let name = cluster["name"].as_str().expect("a name");
        assert_eq!(name, if folder.ends_with("/fleet") { "limiter" } else { "ranges" });
        let documented: Vec<Value> = serde_saphyr::from_str(docs::cluster(name)).expect("YAML");
        let [cluster, documented] = [cluster, documented[0].clone()].map(without_address);
        assert_eq!(cluster, documented, "{folder}");
    }
}
