//! The commands of the READMEs: each is run as far as it goes without a cluster.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::folders::{documents, output_of, repository, tool};

/// The READMEs, and the number of commands that each may have.
const READMES: [(&str, usize); 3] = [("istio", 10), ("envoy-gateway", 10), ("helm", 10)];

/// Commands that only read what a cluster says.
const NEEDS_A_CLUSTER: [&str; 2] = ["kubectl logs ", "kubectl get "];

fn commands(readme: &str) -> Vec<String> {
    let path = repository().join("envoy").join(readme).join("README.md");
    let text = fs::read_to_string(path).expect("a README");
    let blocks = text.split("```\n").skip(1).step_by(2);
    let lines = blocks.flat_map(str::lines).filter(|line| !line.starts_with('#'));
    lines.map(str::to_owned).collect()
}

#[test]
fn every_command_of_the_readmes_works() {
    for (readme, most) in READMES {
        let commands = commands(readme);
        assert!((3..=most).contains(&commands.len()), "{readme}: {commands:#?}");
        for command in commands {
            let words: Vec<&str> = command.split_whitespace().collect();
            match words[..] {
                ["kubectl", "create", ..] => {
                    let dry = ["--dry-run=client", "--output", "yaml"];
                    output_of(tool("kubectl").args(&words[1..]).args(dry));
                }
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

/// A task of make has to exist; a command of the tool has to succeed.
fn run(command: &str) {
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
