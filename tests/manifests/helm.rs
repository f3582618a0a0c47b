//! The chart renders what the folders render, from the same values.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

use crate::folders::{FOLDERS, ManifestCopy, documents, output_of, title, tool};

/// The chart's settings for a folder, and the values block of that folder.
fn settings(folder: &str) -> (String, String) {
    let (platform, kind) = folder.split_once('/').expect("a folder");
    match platform {
        "envoy-gateway" => (
            format!("platform=envoy-gateway,source={kind}"),
            "envoy/envoy-gateway/base/values.yaml".to_owned(),
        ),
        _ => (format!("platform={platform}-{kind}"), format!("envoy/{folder}/values.yaml")),
    }
}

fn template(folder: &str, more: &str) -> Command {
    let (platform, values) = settings(folder);
    let mut helm = tool("helm");
    helm.args(["template", "unstuff", "envoy/helm", "--set", &platform, "--values", &values]);
    if !more.is_empty() {
        helm.args(["--set", more]);
    }
    helm
}

fn by_title(objects: Vec<Value>) -> BTreeMap<String, Value> {
    objects.into_iter().map(|object| (title(&object), object)).collect()
}

fn rendered(folder: &str, more: &str) -> BTreeMap<String, Value> {
    by_title(documents(&output_of(&mut template(folder, more))))
}

#[test]
fn the_chart_renders_what_kustomize_renders() {
    let (plain, whole) = (ManifestCopy::new(), ManifestCopy::with_components());
    for folder in FOLDERS {
        assert_eq!(rendered(folder, ""), by_title(plain.render(folder)), "{folder}");
        let components = "behindAProxy=true,failReload=true,trustedHops=1";
        assert_eq!(rendered(folder, components), by_title(whole.render(folder)), "{folder}");
    }
}

/// Helm reads numbers as floats, and some of its functions write them so.
#[test]
fn numbers_of_the_configuration_stay_whole() {
    let gateway = rendered("istio/gateway", "policy.large=1000000,policy.larger=12345678901");
    let configuration = &gateway["WasmPlugin unstuff"]["spec"]["pluginConfig"];
    assert_eq!(configuration["large"], 1_000_000);
    assert_eq!(configuration["larger"], 12_345_678_901_u64);
}

#[test]
fn what_is_missing_or_misspelt_is_an_error() {
    for (folder, more, message) in [
        ("istio/gateway", "module.ulr=oci://registry.example/unstuff", "'ulr' not allowed"),
        ("istio/gateway", "module.url=", "module.url: where the module is"),
        ("istio/gateway", "labels=null", "labels: those of the pods"),
        ("istio/sidecar", "module.sha256=abc", "does not match pattern"),
        ("envoy-gateway/http", "gateway=", "gateway: the Gateway's name"),
        ("envoy-gateway/http", "trustedHops=0", "minimum"),
        ("envoy-gateway/oci", "module.image=", "module.image: where the module is"),
    ] {
        let output = template(folder, more).output().expect("helm runs");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{folder} --set {more}");
        assert!(errors.contains(message), "{folder} --set {more}: {errors}");
    }
}

#[test]
fn the_chart_passes_the_linter_of_helm() {
    let values = "envoy/istio/gateway/values.yaml";
    output_of(tool("helm").args(["lint", "envoy/helm", "--strict", "--values", values]));
}
