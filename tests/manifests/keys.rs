//! The key's way: the Secret that a README makes, the environment of the proxy, the environment of
//! the VM, and the name in the configuration.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::commands::{commands, secret};
use crate::folders::{self, EXTENDED, ManifestCopy, repository};

/// The one entry of the Secret that has to be there.
const ENTRY: &str = "key";

/// A key as the validator takes one: 32 bytes in base64, here in a Secret's own base64.
pub(crate) fn is_a_key(secret: &Value) {
    let data = secret["data"].as_object().expect("a Secret's data");
    assert_eq!(data.keys().collect::<Vec<_>>(), [ENTRY]);
    let text = data[ENTRY].as_str().expect("text");
    // 44 characters and a line break.
    assert_eq!((text.len(), text.trim_end_matches('=').len()), (60, 60), "{text}");
}

fn texts<'a>(list: &'a Value, of: impl Fn(&'a Value) -> &'a Value) -> BTreeSet<&'a str> {
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().map(|it| of(it).as_str().expect("text")).collect()
}

/// The environment of a folder's proxy: the list of its container.
fn environment(folder: &str, objects: &[Value]) -> Value {
    if folder == "istio/waypoint" {
        return Value::Null;
    }
    if folder.starts_with("istio") {
        let below = if EXTENDED.contains(&folder) { "istio/gateway" } else { folder };
        let folders = BTreeSet::from([below, folder]);
        let patches = folders
            .iter()
            .map(|folder| repository().join("envoy").join(folder).join("workload.yaml"))
            .filter(|patch| patch.exists())
            .flat_map(|patch| folders::read(&patch));
        let variables = patches.map(|patch| {
            let container = &patch["spec"]["template"]["spec"]["containers"][0];
            container["env"].as_array().cloned().unwrap_or_default()
        });
        return variables.flatten().collect();
    }
    let proxy = objects.iter().find(|it| it["kind"] == "EnvoyProxy").expect("an EnvoyProxy");
    let kubernetes = &proxy["spec"]["provider"]["kubernetes"];
    kubernetes["envoyDeployment"]["container"]["env"].clone()
}

/// The names of the Secrets that the READMEs of a folder make.
fn secrets(folder: &str) -> Vec<Value> {
    let platform = folder.split_once('/').expect("a folder").0;
    let of_folder = EXTENDED.contains(&folder).then_some(folder);
    let commands = std::iter::once(platform).chain(of_folder).flat_map(commands);
    let pipes = commands.filter(|command| command.starts_with("openssl"));
    pipes.map(|pipe| secret(&pipe)["metadata"]["name"].clone()).collect()
}

#[test]
fn the_variable_that_a_policy_names_reaches_the_vm_from_the_secret_of_the_readme() {
    for folder in folders::all() {
        let objects = ManifestCopy::new().render(folder);
        let (plugin, policy) = objects
            .iter()
            .find_map(|it| match it["kind"].as_str() {
                Some("WasmPlugin") => Some((&it["spec"], &it["spec"]["pluginConfig"])),
                Some("EnvoyExtensionPolicy") => {
                    Some((&it["spec"]["wasm"][0], &it["spec"]["wasm"][0]["config"]))
                }
                _ => None,
            })
            .expect("the module");
        let handed_on = match folder.starts_with("istio") {
            true => texts(&plugin["vmConfig"]["env"], |it| &it["name"]),
            false => texts(&plugin["env"]["hostKeys"], |it| it),
        };
        let environment = environment(folder, &objects);
        let mut named = texts(&policy["keys"], |it| &it["env"]);
        named.extend(policy["fleet"]["key"]["env"].as_str());
        if folder == "istio/waypoint" {
            assert!(named.is_empty(), "{folder}: its pods have no variable");
        } else {
            let of_fleet = folder.ends_with("/fleet").then_some("UNSTUFF_FLEET_KEY");
            let expected = BTreeSet::from_iter(["UNSTUFF_KEY"].into_iter().chain(of_fleet));
            assert_eq!(named, expected, "{folder}");
            assert_eq!(handed_on, texts(&environment, |it| &it["name"]), "{folder}");
        }
        assert!(handed_on.is_superset(&named), "{folder}: {handed_on:?}");

        let secrets = secrets(folder);
        for variable in environment.as_array().into_iter().flatten() {
            let from = &variable["valueFrom"]["secretKeyRef"];
            assert!(secrets.contains(&from["name"]), "{folder}: {variable} is not of {secrets:?}");
            let must_be_there = from["optional"] != Value::Bool(true);
            assert_eq!(must_be_there, from["key"] == ENTRY, "{folder}: {variable}");
        }
    }
}

/// A key in a manifest would be readable to everybody who may list it.
#[test]
fn no_manifest_holds_a_key() {
    for folder in folders::all() {
        for object in ManifestCopy::with_components().render(folder) {
            let text = object.to_string();
            let words = text.split(|it: char| !it.is_ascii_alphanumeric());
            let mut long = words.filter(|it| it.len() > 40 && it.bytes().any(|byte| byte != b'0'));
            assert_eq!(long.next(), None, "{folder}");
        }
    }
}
