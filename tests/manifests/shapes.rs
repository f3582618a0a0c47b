//! The captured configurations of proxies hold what the manifests of today ask for.
//!
//! The end-to-end tests run the captured shapes. A manifest that changes would leave them behind, if
//! nothing compared the two.

use serde_json::Value;
use unstuff_tests::{envoy_gateway, mesh};

use crate::folders::{self, ManifestCopy, repository};

/// The object of a kind, as a folder renders it.
fn object(folder: &str, kind: &str) -> Value {
    let objects = ManifestCopy::with_components().render(folder);
    objects.into_iter().find(|it| it["kind"] == kind).expect("the object")
}

/// What each patch of a folder's EnvoyFilter puts in.
fn patches(folder: &str) -> Vec<Value> {
    let filter = object(folder, "EnvoyFilter");
    let patches = filter["spec"]["configPatches"].as_array().expect("patches");
    patches.iter().map(|it| it["patch"]["value"].clone()).collect()
}

/// Whether `whole` has everything that `part` has.
fn has(whole: &Value, part: &Value) -> bool {
    match part {
        Value::Object(fields) => fields.iter().all(|(name, part)| has(&whole[name], part)),
        other => whole == other,
    }
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().expect("a list")
}

/// The names of the filters that this project puts in, and of the router, in their order.
fn ours(manager: &Value) -> Vec<&str> {
    let names = list(&manager["http_filters"]).iter().map(|it| it["name"].as_str().expect("text"));
    names
        .filter(|it| it.contains("unstuff") || it.ends_with("buffer") || it.ends_with("router"))
        .collect()
}

#[test]
fn the_captured_proxies_of_istio_have_the_patches_of_the_manifests() {
    for (folder, mut captured) in
        [("istio/gateway", mesh::istio_gateway()), ("istio/sidecar", mesh::istio_sidecar())]
    {
        let [buffer, route, headers, underscores] =
            <[Value; 4]>::try_from(patches(folder)).expect("four patches");
        let manager = mesh::connection_manager(&mut captured);
        let names = ours(manager);
        assert!(names[0].contains("unstuff"), "{folder}: {names:?}");
        assert_eq!(names[1..], ["envoy.filters.http.buffer", "envoy.filters.http.router"]);
        assert!(list(&manager["http_filters"]).contains(&buffer), "{folder}: {buffer}");
        let hosts = list(&manager["route_config"]["virtual_hosts"]);
        assert!(hosts.iter().all(|host| has(host, &headers)), "{folder}: {headers}");
        let mut routes = hosts.iter().flat_map(|host| list(&host["routes"]));
        let login = routes.find(|it| it["name"] == "login").expect("the login route");
        // The cluster is named after the port of the application.
        let mut route = route.clone();
        if let Some(cluster) = route.pointer_mut("/route/cluster") {
            *cluster = login["route"]["cluster"].clone();
        }
        assert!(has(login, &route), "{folder}: {route}");
        // The fourth patch of the sidecar is later than its capture.
        let mut options = underscores["typed_config"].clone();
        options.as_object_mut().expect("an object").remove("@type");
        assert!(folder == "istio/sidecar" || has(manager, &options), "{folder}: {options}");
    }
}

#[test]
fn the_captured_plugin_of_istio_has_what_the_manifest_says() {
    let plugin = object("istio/gateway", "WasmPlugin");
    let captured = &mesh::istio_plugin()["resources"][0];
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let name = format!(
        "{}.{}~istio-translated-wasmplugin",
        text(&plugin["metadata"]["namespace"]),
        text(&plugin["metadata"]["name"])
    );
    let config = &captured["typed_config"]["config"];
    assert_eq!(config["name"], name);
    assert!(text(&captured["name"]).ends_with(&name), "{captured:#}");
    assert_eq!(config["failure_policy"], plugin["spec"]["failStrategy"]);
    assert_eq!(config["vm_config"]["vm_id"], Value::Null, "Istio has no field for it");
    assert!(text(&config["configuration"]["@type"]).ends_with("google.protobuf.StringValue"));
}

#[test]
fn the_captured_proxy_of_envoy_gateway_has_what_the_manifests_say() {
    let mut captured = envoy_gateway::captured_listener();
    let patch = object("envoy-gateway/http", "EnvoyPatchPolicy");
    let operation = &patch["spec"]["jsonPatches"][0];
    assert_eq!(operation["name"], captured["name"]);
    let manager = envoy_gateway::connection_manager(&mut captured);
    let names = ours(manager);
    assert_eq!(names[1..], ["envoy.filters.http.buffer", "envoy.filters.http.router"]);
    let path = operation["operation"]["jsonPath"].as_str().expect("text");
    assert!(path.contains(&format!("'{}'", names[0])), "{path}: {names:?}");
    let config = &manager["http_filters"][0]["typed_config"]["config"];
    assert!(names[0].ends_with(config["vm_config"]["vm_id"].as_str().expect("text")));
    assert_eq!(config["fail_open"], Value::Null);

    let routes = list(&manager["route_config"]["virtual_hosts"][0]["routes"]);
    let buffer = &routes[0]["typed_per_filter_config"]["envoy.filters.http.buffer"]["buffer"];
    let traffic = object("envoy-gateway/http", "BackendTrafficPolicy");
    assert_eq!(buffer["max_request_bytes"], traffic["spec"]["requestBuffer"]["limit"]);
    let route = object("envoy-gateway/http", "HTTPRoute");
    let rule = &route["spec"]["rules"][0];
    assert_eq!(routes[0]["match"]["safe_regex"]["regex"], rule["matches"][0]["path"]["value"]);
    let set = list(&rule["filters"][0]["requestHeaderModifier"]["set"]).iter();
    let set: Vec<_> = set.map(|it| (&it["name"], &it["value"])).collect();
    let added = list(&routes[0]["request_headers_to_add"]).iter();
    let added: Vec<_> = added.map(|it| (&it["header"]["key"], &it["header"]["value"])).collect();
    assert_eq!(set, added);
}

/// So the alerts and the dashboard find the same labels at both.
#[test]
fn envoy_gateway_makes_the_labels_that_the_standalone_example_makes() {
    let standalone = folders::read(&repository().join("envoy/standalone/envoy.yaml")).remove(0);
    let proxy = object("envoy-gateway/http", "EnvoyProxy");
    let patch = &proxy["spec"]["bootstrap"]["jsonPatches"][0];
    assert_eq!(patch["value"]["stats_tags"], standalone["stats_config"]["stats_tags"]);
}
