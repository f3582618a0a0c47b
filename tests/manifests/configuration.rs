//! The module's configuration in each manifest: `unstuff check` accepts it.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;
use unstuff_tests::envoy::target;

use crate::folders::{FOLDERS, ManifestCopy};

/// The configuration of the module in an object, if it has one.
fn configuration(object: &Value) -> Option<&Value> {
    match object["kind"].as_str() {
        Some("WasmPlugin") => Some(&object["spec"]["pluginConfig"]),
        Some("EnvoyExtensionPolicy") => Some(&object["spec"]["wasm"][0]["config"]),
        _ => None,
    }
}

#[test]
fn check_accepts_the_configuration_of_every_folder() {
    let copy = ManifestCopy::new();
    for folder in FOLDERS {
        let rendered = copy.render(folder);
        let configurations: Vec<&Value> = rendered.iter().filter_map(configuration).collect();
        let [configuration] = configurations[..] else { panic!("{folder}: {rendered:#?}") };
        assert_eq!(configuration["mode"], "shadow", "{folder} stops somebody");
        let mut check = Command::new(target().join("release/unstuff"));
        check
            .args(["check", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = check.spawn().expect("the tool runs");
        let text = configuration.to_string();
        child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{folder}: {said}");
    }
}
