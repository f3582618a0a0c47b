//! The parts of Envoy's `/config_dump` that the module's surroundings are in.

use serde_json::Value;

/// A part of an Envoy's configuration.
#[derive(Clone, Debug)]
pub(super) struct ConfigPart {
    /// `listener web`, for example.
    pub name: String,
    /// The part as JSON.
    pub json: String,
}

/// What works: listeners, route tables and extensions. What is warming, draining or refused does not.
pub(super) fn parts(dump: &Value) -> Vec<ConfigPart> {
    const PLACES: [(&str, &str, &str); 5] = [
        ("listener", "static_listeners", "/listener"),
        ("listener", "dynamic_listeners", "/active_state/listener"),
        ("routes", "static_route_configs", "/route_config"),
        ("routes", "dynamic_route_configs", "/route_config"),
        ("extension", "ecds_filters", "/ecds_filter"),
    ];
    let mut parts = Vec::new();
    let mut add = |kind: &str, part: Option<&Value>| {
        if let Some(part) = part.filter(|it| it.is_object()) {
            let name = part["name"].as_str().unwrap_or("without a name");
            parts.push(ConfigPart { name: format!("{kind} {name}"), json: part.to_string() });
        }
    };
    for config in configs(dump) {
        for (kind, list, place) in PLACES {
            each(config, list, |it| add(kind, it.pointer(place)));
        }
    }
    parts
}

/// The listeners whose last update Envoy has refused.
pub(super) fn refused(dump: &Value) -> Vec<String> {
    let mut refused = Vec::new();
    for config in configs(dump) {
        each(config, "dynamic_listeners", |it| {
            if it["error_state"].is_object() {
                refused.push(it["name"].as_str().unwrap_or("without a name").to_owned());
            }
        });
    }
    refused
}

fn configs(dump: &Value) -> impl Iterator<Item = &Value> {
    dump["configs"].as_array().into_iter().flatten()
}

fn each(config: &Value, list: &str, visit: impl FnMut(&Value)) {
    config[list].as_array().into_iter().flatten().for_each(visit);
}
