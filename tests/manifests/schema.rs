//! The schemas of the kinds, closed against fields that they do not know.

use std::collections::BTreeMap;
use std::fs;

use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};

use crate::folders::repository;

/// Kinds in the manifests whose schemas are not in the repository. They are not validated.
pub(crate) const WITHOUT_SCHEMA: [&str; 2] = ["HTTPRoute", "Telemetry"];

/// A field that holds anything: an API server does not look into it.
const OPEN: &str = "x-kubernetes-preserve-unknown-fields";

/// The schemas by API version and kind.
pub(crate) struct SchemaSet(BTreeMap<(String, String), ClosedSchema>);

/// A schema that refuses unknown fields, wherever an API server would drop them.
struct ClosedSchema {
    schema: Value,
    validator: Validator,
}

impl SchemaSet {
    /// The schemas of `tests/fixtures/crds`.
    pub(crate) fn load() -> Self {
        let folder = repository().join("tests/fixtures/crds");
        let mut schemas = BTreeMap::new();
        for entry in fs::read_dir(folder).expect("the folder of schemas") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|it| it == "yaml") {
                let text = fs::read_to_string(path).expect("a schema");
                for definition in definitions(&text) {
                    schemas.extend(kinds(&definition));
                }
            }
        }
        assert!(schemas.len() >= 8, "{:?}", schemas.keys());
        Self(schemas)
    }

    /// What is wrong with an object; `None` if its kind has no schema here.
    pub(crate) fn problems(&self, object: &Value) -> Option<Vec<String>> {
        let schema = self.of(object)?;
        let errors = schema.validator.iter_errors(object);
        Some(errors.map(|error| format!("{}: {error}", error.instance_path())).collect())
    }

    /// The JSON pointers to all fields of an object whose names a schema fixes.
    pub(crate) fn fixed_fields(&self, object: &Value) -> Vec<String> {
        let mut pointers = Vec::new();
        if let Some(schema) = self.of(object) {
            collect_fixed(&schema.schema, object, "", &mut pointers);
        }
        pointers
    }

    fn of(&self, object: &Value) -> Option<&ClosedSchema> {
        let text = |key: &str| object[key].as_str().expect("a string").to_owned();
        self.0.get(&(text("apiVersion"), text("kind")))
    }
}

fn definitions(text: &str) -> Vec<Value> {
    // The largest has more nodes than the parser takes by default.
    let options = serde_saphyr::options! { budget: None };
    serde_saphyr::from_multiple_with_options(text, options).expect("a definition in YAML")
}

/// The schema of each version that a definition has.
fn kinds(definition: &Value) -> Vec<((String, String), ClosedSchema)> {
    let spec = &definition["spec"];
    let kind = spec["names"]["kind"].as_str().expect("a kind");
    let versions = spec["versions"].as_array().expect("versions");
    let schema = |version: &Value| {
        let group = spec["group"].as_str().expect("a group");
        let name = version["name"].as_str().expect("a version");
        let schema = closed(version["schema"]["openAPIV3Schema"].clone());
        let options = jsonschema::options().with_draft(Draft::Draft7);
        let validator = options.build(&schema).expect("a schema");
        ((format!("{group}/{name}"), kind.to_owned()), ClosedSchema { schema, validator })
    };
    versions.iter().map(schema).collect()
}

/// The schema of an object, with what every object has, and without room for unknown fields.
fn closed(mut schema: Value) -> Value {
    let texts = json!({ "type": "object", "additionalProperties": { "type": "string" } });
    let metadata = json!({
        "type": "object",
        "required": ["name", "namespace"],
        "properties": {
            "name": { "type": "string" },
            "namespace": { "type": "string" },
            "labels": texts,
            "annotations": texts,
        }
    });
    schema["properties"]["apiVersion"] = json!({ "type": "string" });
    schema["properties"]["kind"] = json!({ "type": "string" });
    schema["properties"]["metadata"] = metadata;
    close(&mut schema);
    schema
}

/// Closes each node that names its properties. `anyOf` and the like stay as they are: they only
/// restrict what such a node allows.
fn close(node: &mut Value) {
    let Some(node) = node.as_object_mut() else { return };
    let is_open = node.get(OPEN) == Some(&Value::Bool(true));
    if node.contains_key("properties") && !node.contains_key("additionalProperties") && !is_open {
        node.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
    for key in ["items", "additionalProperties"] {
        node.get_mut(key).map(close);
    }
    let properties = node.get_mut("properties").and_then(Value::as_object_mut);
    properties.into_iter().flat_map(Map::values_mut).for_each(close);
}

fn collect_fixed(schema: &Value, value: &Value, at: &str, pointers: &mut Vec<String>) {
    if let Some(fields) = value.as_object() {
        for (name, value) in fields {
            let below = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
            let named = &schema["properties"][name];
            if schema["additionalProperties"] == Value::Bool(false) {
                pointers.push(below.clone());
            }
            let inner = if named.is_null() { &schema["additionalProperties"] } else { named };
            collect_fixed(inner, value, &below, pointers);
        }
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        collect_fixed(&schema["items"], item, &format!("{at}/{index}"), pointers);
    }
}
