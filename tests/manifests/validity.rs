//! Every object is what its kind's schema allows.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::folders::{self, ManifestCopy, repository, title};
use crate::schema::{SchemaSet, WITHOUT_SCHEMA};

/// Files that are no part of a folder's rendering: an example of an operator's own routes.
const EXAMPLES: [&str; 1] = ["istio/gateway/login-route.yaml"];

/// All objects that the folders render, with all components, and those of the examples.
fn objects() -> Vec<(String, Value)> {
    let copy = ManifestCopy::with_components();
    let rendered = folders::all().map(|folder| (folder, copy.render(folder)));
    let examples = EXAMPLES.iter().map(|file| (*file, folders::read(&example(file))));
    let all = rendered.chain(examples);
    all.flat_map(|(from, objects)| objects.into_iter().map(move |it| (from.to_owned(), it)))
        .collect()
}

fn example(file: &str) -> std::path::PathBuf {
    repository().join("envoy").join(Path::new(file))
}

#[test]
fn every_object_is_valid() {
    let schemas = SchemaSet::load();
    let mut problems = Vec::new();
    let mut without = BTreeSet::new();
    let objects = objects();
    for (from, object) in &objects {
        match schemas.problems(object) {
            Some(found) => {
                let named = |it: String| format!("{from}: {}: {it}", title(object));
                problems.extend(found.into_iter().map(named));
            }
            None => drop(without.insert(object["kind"].as_str().expect("a kind"))),
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(without.iter().eq(WITHOUT_SCHEMA.iter()), "kinds without a schema: {without:?}");
    assert!(objects.len() > 15, "{}", objects.len());
}

#[test]
fn a_misspelt_field_is_refused_wherever_it_stands() {
    let schemas = SchemaSet::load();
    let mut tried = 0;
    for (from, object) in objects() {
        for pointer in schemas.fixed_fields(&object) {
            let misspelt = misspell(object.clone(), &pointer);
            // Without the name of its kind an object has no schema.
            if misspelt["apiVersion"].is_null() || misspelt["kind"].is_null() {
                continue;
            }
            tried += 1;
            let problems = schemas.problems(&misspelt).expect("a schema");
            assert!(!problems.is_empty(), "{from}: {}: {pointer} misspelt", title(&object));
        }
    }
    assert!(tried > 200, "{tried} fields");
}

/// The object with one letter more in the name of the field at this place.
fn misspell(mut object: Value, pointer: &str) -> Value {
    let (parent, name) = pointer.rsplit_once('/').expect("a place");
    let name = name.replace("~1", "/").replace("~0", "~");
    let fields = object.pointer_mut(parent).and_then(Value::as_object_mut).expect("an object");
    let value = fields.remove(&name).expect("the field");
    fields.insert(format!("{name}s"), value);
    object
}
