//! The gateways of `envoy/fleet`: stock Envoy takes them, and they are that of `envoy/standalone`,
//! which the end-to-end tests run, in a fleet.

use std::process::Command;

use serde_json::{Value, json};
use unstuff_tests::docs;
use unstuff_tests::envoy::{target, version};

use crate::commands;
use crate::folders::{self, repository};

const PLUGIN: &str = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config\
                      /http_filters/0/typed_config/config";

/// The ports of a gateway: those of its listener and of its admin interface.
const GATEWAYS: [(&str, u16, u16); 2] =
    [("fleet/gateway-1.yaml", 10000, 9901), ("fleet/gateway-2.yaml", 10001, 9902)];

fn example(file: &str) -> Value {
    folders::read(&repository().join("envoy").join(file)).remove(0)
}

fn at<'a>(value: &'a mut Value, pointer: &str) -> &'a mut Value {
    value.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} is missing"))
}

/// Takes the policy out of an example.
fn take_policy(example: &mut Value) -> Value {
    let text = at(example, &format!("{PLUGIN}/configuration/value")).take();
    serde_json::from_str(text.as_str().expect("a policy")).expect("JSON")
}

#[test]
fn the_gateways_are_the_standalone_one_in_a_fleet() {
    for (file, port, admin) in GATEWAYS {
        let (mut gateway, mut standalone) = (example(file), example("standalone/envoy.yaml"));
        let policies = [take_policy(&mut gateway), take_policy(&mut standalone)];
        assert_eq!(policies[0]["endpoints"], policies[1]["endpoints"], "{file}");
        at(&mut standalone, "/admin/address/socket_address")["port_value"] = json!(admin);
        let listener = at(&mut standalone, "/static_resources/listeners/0");
        listener["address"]["socket_address"]["port_value"] = json!(port);
        at(&mut standalone, &format!("{PLUGIN}/vm_config"))["environment_variables"] =
            json!({ "host_env_keys": ["UNSTUFF_KEY", "UNSTUFF_FLEET_KEY"] });
        let limiter: Vec<Value> = serde_saphyr::from_str(docs::cluster("limiter")).expect("YAML");
        let clusters = at(&mut standalone, "/static_resources/clusters");
        clusters.as_array_mut().expect("a list").extend(limiter);
        assert_eq!(gateway, standalone, "{file}");
    }
}

#[test]
fn envoy_takes_the_gateways_with_keys_of_its_environment() {
    for (file, _, _) in GATEWAYS {
        let envoy = target().join("envoy").join(version()).join("envoy");
        let mut validation = Command::new(envoy);
        let path = format!("envoy/{file}");
        validation.args(["--mode", "validate", "--use-dynamic-base-id", "-c", &path]);
        validation.envs(["UNSTUFF_KEY", "UNSTUFF_FLEET_KEY"].map(|name| (name, "0f".repeat(32))));
        folders::output_of(validation.current_dir(repository()));
    }
}

/// Each file that a command of the README names is there.
#[test]
fn the_commands_of_the_readme_name_what_there_is() {
    let commands = commands::commands("fleet");
    assert_eq!(commands.len(), 9, "{commands:#?}");
    let checks = commands.iter().filter(|it| it.starts_with("target/release/unstuff check"));
    assert_eq!(checks.map(|it| commands::run(it)).count(), 2);
    let words = commands.iter().flat_map(|it| it.split([' ', '=']));
    let files: Vec<_> = words.filter(|word| word.starts_with("envoy/fleet")).collect();
    assert!(files.len() > 8, "{files:?}");
    for file in files {
        assert!(repository().join(file).exists(), "{file}");
    }
}
