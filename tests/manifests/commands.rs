//! The commands of the READMEs: each is run as far as it goes without a cluster.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::folders::{documents, output_of, read, repository, tool};
use crate::keys;

/// The READMEs.
const READMES: [&str; 7] = [
    "istio",
    "istio/fleet",
    "istio/live-lookups",
    "envoy-gateway",
    "envoy-gateway/fleet",
    "envoy-gateway/live-lookups",
    "helm",
];

/// The most commands that a README may have.
const MOST: usize = 10;

/// Commands that only read what a cluster says.
const NEEDS_A_CLUSTER: [&str; 2] = ["kubectl logs ", "kubectl get "];

pub(crate) fn commands(readme: &str) -> Vec<String> {
    let path = repository().join("envoy").join(readme).join("README.md");
    let text = fs::read_to_string(path).expect("a README");
    let blocks = text.split("```\n").skip(1).step_by(2);
    let lines = blocks.flat_map(str::lines).filter(|line| !line.starts_with('#'));
    lines.map(str::to_owned).collect()
}

#[test]
fn every_command_of_the_readmes_works() {
    for readme in READMES {
        let commands = commands(readme);
        assert!((2..=MOST).contains(&commands.len()), "{readme}: {commands:#?}");
        for command in commands {
            let words: Vec<&str> = command.split_whitespace().collect();
            match words[..] {
                ["kubectl", "create", ..] => {
                    let dry = ["--dry-run=client", "--output", "yaml"];
                    output_of(tool("kubectl").args(&words[1..]).args(dry));
                }
                ["openssl", "rand", "-base64", "32", "|", "kubectl", "create", ..] => {
                    keys::is_a_key(&secret(&command));
                }
                ["skopeo", "copy", from, to] => push(readme, from, to),
                ["kubectl", "kustomize", _, "|", ..] => {
                    run(&format!("target/kubernetes/{command}"));
                }
                ["kubectl", "kustomize", _] => drop(output_of(tool("kubectl").args(&words[1..]))),
                ["kubectl", "apply", "--kustomize", folder] => {
                    output_of(tool("kubectl").args(["kustomize", folder]));
                }
                ["kubectl", "patch", kind, name, ..] => patch(kind, name, &words[4..]),
                ["helm", "template" | "install", ..] => {
                    output_of(tool("helm").arg("template").args(&words[2..]));
                }
                ["make", ..] | ["target/release/unstuff", ..] => run(&command),
                _ => assert!(
                    NEEDS_A_CLUSTER.iter().any(|it| command.starts_with(it)),
                    "`{command}`: nothing holds this command; add a way to do it here"
                ),
            }
        }
    }
}

/// The Secret that a pipe of a README makes.
pub(crate) fn secret(command: &str) -> Value {
    let kubectl = command.replace("| kubectl", "| target/kubernetes/kubectl");
    let line = format!("set -o pipefail; {kubectl} --dry-run=client --output yaml");
    documents(&output_of(Command::new("bash").args(["-c", &line]).current_dir(repository())))
        .remove(0)
}

/// The image is pushed to where the values block fetches it from, under the tag that it has.
fn push(readme: &str, from: &str, to: &str) {
    let block = if readme == "istio" { "istio/gateway" } else { "envoy-gateway/base" };
    let module =
        read(&repository().join("envoy").join(block).join("values.yaml"))[0]["module"].take();
    let image = if readme == "istio" { &module["url"] } else { &module["image"] };
    let image = image.as_str().expect("text").trim_start_matches("oci://");
    assert_eq!(to, format!("docker://{image}"), "{readme}");
    assert_eq!(from, format!("oci:target/image:{}", env!("CARGO_PKG_VERSION")), "{readme}");
}

/// A task of make has to exist; a command of the tool has to succeed.
pub(crate) fn run(command: &str) {
    let dry = command.replacen("make ", "make --dry-run ", 1);
    output_of(Command::new("bash").args(["-c", &dry]).current_dir(repository()));
}

/// Applies a patch to an object of this kind, without a server.
fn patch(kind: &str, name: &str, options: &[&str]) {
    let object = match kind {
        "deployment" => json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": name },
            "spec": { "template": { "spec": { "containers": [{ "name": "istio-proxy" }] } } }
        }),
        "gateway" => json!({
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway",
            "metadata": { "name": name }, "spec": { "gatewayClassName": "eg" }
        }),
        _ => panic!("{kind}"),
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("object.json");
    fs::write(&file, object.to_string()).expect("a file");
    let local = ["patch", "--local", "--output", "yaml", "--filename"];
    let patched = output_of(tool("kubectl").args(local).arg(file).args(options));
    let patched = documents(&patched).remove(0);
    assert_ne!(patched["spec"], object["spec"], "{name}: {options:?}");
    let pods = &patched["spec"]["template"]["spec"];
    assert_eq!(pods["containers"].as_array().map_or(1, Vec::len), 1, "{name}: a second container");
    assert_eq!(patched["metadata"]["name"], name);
}

/// The annotation of the workload is YAML in YAML: a misspelt key would do nothing.
#[test]
fn the_settings_of_the_proxies_have_their_names() {
    for (folder, keys) in [
        ("gateway", &["gatewayTopology", "proxyStatsMatcher"][..]),
        ("sidecar", &["proxyStatsMatcher"][..]),
    ] {
        let config = proxy_config(&repository().join("envoy/istio").join(folder));
        let found: Vec<&String> = config.as_object().expect("an object").keys().collect();
        assert_eq!(found, keys, "{folder}");
        let stats = config["proxyStatsMatcher"].as_object().expect("an object");
        let known = ["inclusionPrefixes", "inclusionSuffixes", "inclusionRegexps"];
        assert!(stats.keys().all(|key| known.contains(&key.as_str())), "{folder}: {stats:?}");
    }
}

/// The proxy's settings in the patch of a workload.
fn proxy_config(folder: &Path) -> Value {
    let patch = fs::read_to_string(folder.join("workload.yaml")).expect("a patch");
    let patch = documents(&patch).remove(0);
    let annotations = &patch["spec"]["template"]["metadata"]["annotations"];
    let text = annotations["proxy.istio.io/config"].as_str().expect("an annotation");
    documents(text).remove(0)
}
