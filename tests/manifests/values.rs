//! The values block of each folder: each value reaches the manifests, and the manifests stand in
//! their files as the values render them.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::folders::{self, EXTENDED, FOLDERS, ManifestCopy, repository, title};

/// The values block of a folder.
fn block(folder: &str) -> String {
    match folder.split_once('/') {
        Some(("envoy-gateway", "http" | "oci")) => "envoy-gateway/base/values.yaml".to_owned(),
        _ => format!("{folder}/values.yaml"),
    }
}

/// Values that are for one of two folders alone.
fn is_for_another(folder: &str, pointer: &str) -> bool {
    match folder {
        "envoy-gateway/http" => ["/module/image", "/module/pullSecret"].contains(&pointer),
        "envoy-gateway/oci" => pointer == "/module/url",
        _ => false,
    }
}

/// The pointers to all values that are neither objects nor lists.
fn leaves(value: &Value, at: &str, pointers: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                leaves(value, &format!("{at}/{name}"), pointers);
            }
        }
        Value::Array(_) => {}
        _ => pointers.push(at.to_owned()),
    }
}

fn changed(value: &Value) -> Value {
    match value {
        Value::String(text) => format!("{text}x").into(),
        Value::Number(number) => (number.as_u64().expect("a whole number") + 1).into(),
        other => panic!("{other}"),
    }
}

#[test]
fn every_value_changes_what_is_rendered() {
    for folder in folders::all() {
        let copy = ManifestCopy::with_components();
        let before = copy.render(folder);
        let block = copy.path(&block(folder));
        let values = folders::read(&block).remove(0);
        let mut pointers = Vec::new();
        leaves(&values, "", &mut pointers);
        pointers.retain(|it| {
            let is_ours =
                ["/apiVersion", "/kind", "/metadata"].iter().any(|own| it.starts_with(own));
            !is_ours && !is_for_another(folder, it)
        });
        let least = if EXTENDED.contains(&folder) { 2 } else { 6 };
        assert!(pointers.len() >= least, "{folder}: {pointers:?}");
        for pointer in pointers {
            let mut edited = values.clone();
            let place = edited.pointer_mut(&pointer).expect("the value");
            *place = changed(place);
            fs::write(&block, edited.to_string()).expect("a writable copy");
            assert_ne!(copy.render(folder), before, "{folder}: {pointer} reaches no manifest");
        }
    }
}

/// So a file can be read, and applied, for itself; only the configuration comes from the block.
#[test]
fn the_files_say_what_is_rendered() {
    let copy = ManifestCopy::with_components();
    for folder in FOLDERS {
        let mut files = BTreeSet::from([folder]);
        if folder.starts_with("envoy-gateway") {
            files.extend(["envoy-gateway/base", "envoy-gateway/fail-reload"]);
        }
        let written: Vec<Value> = files.iter().flat_map(|it| manifests(it)).collect();
        for object in copy.render(folder) {
            let same = written.iter().find(|it| title(it) == title(&object));
            let same = same.unwrap_or_else(|| panic!("{folder}: {}", title(&object)));
            let [same, object] = [same.clone(), object].map(without_what_is_put_in);
            assert_eq!(same, object, "{folder}: {}", title(&object));
        }
    }
}

/// What a folder adds to another says in its files what is rendered, too.
#[test]
fn the_files_of_what_is_added_say_what_is_rendered() {
    let copy = ManifestCopy::new();
    for folder in EXTENDED.iter().filter(|folder| folder.starts_with("istio")) {
        let rendered = copy.render(folder);
        let added = manifests(folder)
            .into_iter()
            .filter(|it| it["metadata"]["namespace"].is_string() && it["kind"] != "Values");
        let added: Vec<_> = added.collect();
        assert!(!added.is_empty(), "{folder}");
        for object in added {
            assert!(rendered.contains(&object), "{folder}: {} differs", title(&object));
        }
    }
}

/// The objects in the files of a folder.
fn manifests(folder: &str) -> Vec<Value> {
    let folder = repository().join("envoy").join(folder);
    let files =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let yaml = files.filter(|path| path.extension().is_some_and(|it| it == "yaml"));
    yaml.flat_map(|path| folders::read(&path)).collect()
}

/// An object without the configuration, and without what the component for a proxy in front adds.
fn without_what_is_put_in(mut object: Value) -> Value {
    for pointer in ["/spec/pluginConfig", "/spec/wasm/0/config", "/spec/clientIPDetection"] {
        let (parent, name) = pointer.rsplit_once('/').expect("a place");
        let fields = object.pointer_mut(parent).and_then(Value::as_object_mut);
        fields.map(|fields| fields.remove(name));
    }
    object
}
