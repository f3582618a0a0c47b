//! Reader of the section `endpoints`: where logins are, and what they look like.
//!
//! An endpoint has layers of keys: its own, and those of a door of its preset. The first layer that
//! has a key wins; `match` is layered key by key, so that a preset can be narrowed to a host.

use super::object::ConfigObject;
use super::presets::{NamedPreset, PresetDoor};
use super::problem::Problem;
use super::reader::ConfigValue;
use super::replies::target;
use super::schema::endpoints::{CLIENTS, KINDS};
use super::units::MAX_NAME;
use super::{fields, responses};
use crate::policy::Endpoint;
use crate::request::endpoint_match::{EndpointMatcher, HostPattern, PathPattern, parse_method};

/// The own keys of an endpoint that count at every door of its preset. The others say where the
/// first door is, or what it reads and answers.
const OF_EVERY_DOOR: [&str; 4] = ["match", "hosts", "login_page", "clients"];

/// Reads the section.
pub(super) fn read(section: &ConfigValue<'_>) -> Vec<Endpoint> {
    let values = section.list().unwrap_or_default();
    if values.len() < section.kind.least() && section.is_list() {
        section.report(
            Problem::new("no endpoints, so nothing is protected")
                .fix("leave the key out to protect common login locations"),
        );
    }
    let mut endpoints: Vec<Endpoint> = Vec::new();
    for value in &values {
        for endpoint in with_doors(value) {
            if endpoints.iter().any(|other| other.name == endpoint.name) {
                value.report(Problem::new(format!(
                    "another endpoint is called {:?} already",
                    endpoint.name
                )));
            }
            endpoints.push(endpoint);
        }
    }
    let (count, most) = (values.len().max(endpoints.len()), section.kind.most());
    if count > most {
        section.report(
            Problem::new(format!("{count} endpoints"))
                .allowed(format!("at most {most}, the doors of presets included"))
                .fix("give one endpoint several paths"),
        );
    }
    endpoints
}

/// The endpoint of a value, or an endpoint for each door of its preset.
fn with_doors(value: &ConfigValue<'_>) -> Vec<Endpoint> {
    let Some(own) = value.object() else { return Vec::new() };
    let Some(preset_name) = own.get("preset") else {
        let name = own.need("name").and_then(|name| name.name());
        let layers = EndpointLayers(vec![(own, true)]);
        return endpoint(value, name, &layers).into_iter().collect();
    };
    // Without its preset, half of what follows would be reported as missing.
    let Some(preset) = NamedPreset::of(&preset_name) else { return Vec::new() };
    let doors = preset.doors(&preset_name).into_iter().enumerate();
    let read = |(index, door): (usize, PresetDoor<'_>)| {
        let name = match own.get("name") {
            Some(name) => door_name(&name, &door),
            None => Some(door.endpoint),
        };
        let layers = EndpointLayers(vec![(own.clone(), index == 0), (door.keys, true)]);
        endpoint(value, name, &layers)
    };
    doors.filter_map(read).collect()
}

/// The name of the endpoint of a door, where the endpoint has a name of its own.
fn door_name(own: &ConfigValue<'_>, door: &PresetDoor<'_>) -> Option<String> {
    let name = format!("{}{}", own.name()?, door.suffix);
    if name.len() <= MAX_NAME {
        return Some(name);
    }
    own.refuse(
        Problem::new(format!("a door of the preset would be called {name:?}"))
            .allowed(format!("names of at most {MAX_NAME} letters, \"{}\" included", door.suffix)),
    )
}

/// Objects that may have a key, in the order in which they are asked; each with whether all of its
/// keys count, or only those of every door.
struct EndpointLayers<'a>(Vec<(ConfigObject<'a>, bool)>);

impl<'a> EndpointLayers<'a> {
    /// The value of `key` in the first layer that has it.
    #[inline(never)]
    fn get(&self, key: &str) -> Option<ConfigValue<'a>> {
        let counts = |all: bool| all || OF_EVERY_DOOR.contains(&key);
        self.0.iter().filter(|(_, all)| counts(*all)).find_map(|(layer, _)| layer.get(key))
    }

    /// The layers of `match`.
    fn of_match(&self) -> Self {
        let inner =
            |(layer, all): &(ConfigObject<'a>, bool)| Some((layer.get("match")?.object()?, *all));
        Self(self.0.iter().filter_map(inner).collect())
    }

    /// The paths of the first layer that has any.
    fn paths(&self) -> Option<Vec<PathPattern>> {
        self.0.iter().filter(|(_, all)| *all).find_map(|(layer, _)| paths(layer))
    }
}

fn endpoint(
    value: &ConfigValue<'_>,
    name: Option<String>,
    layers: &EndpointLayers<'_>,
) -> Option<Endpoint> {
    let get = |key| layers.get(key);
    let location = layers.of_match();
    let matcher = matcher(value, &location);
    let failure =
        get("failure").map_or_else(responses::default_failure, |failure| responses::read(&failure));
    let success = get("success").map(|success| {
        let conditions = responses::read(&success);
        responses::check_reachable(&success, &conditions, &failure);
        conditions
    });
    let learns_success = get("learn_success").and_then(|it| it.boolean());
    let fields = get("credentials").map_or_else(|| Some(fields::common()), |it| fields::read(&it));
    let body = get("body").map(|body| fields::conditions(&body)).unwrap_or_default();
    let login_page = get("login_page").and_then(|page| target(&page));
    let clients = get("clients").and_then(|clients| clients.choice(&CLIENTS)).unwrap_or_default();
    let kind = get("kind").and_then(|kind| kind.choice(&KINDS)).unwrap_or_default();
    let max_body_bytes =
        get("max_body").and_then(|it| it.bytes()).and_then(|it| usize::try_from(it).ok());
    let query = location.get("query").map(|it| fields::query_conditions(&it)).unwrap_or_default();
    let (name, matcher, fields) = (name?, matcher?, fields?);
    Some(Endpoint {
        name,
        matcher,
        fields,
        body,
        query,
        max_body_bytes,
        login_page,
        kind,
        clients,
        failure,
        learns_success: learns_success.unwrap_or(success.is_none()),
        success,
    })
}

fn matcher(endpoint: &ConfigValue<'_>, layers: &EndpointLayers<'_>) -> Option<EndpointMatcher> {
    let get = |key| layers.get(key);
    let hosts = get("hosts").map(|hosts| each(&hosts, HostPattern::parse)).unwrap_or_default();
    let methods = get("methods").map(|methods| each(&methods, method)).unwrap_or_default();
    let Some(paths) = layers.paths() else {
        return endpoint.refuse(
            Problem::new(
                "no path: `match` has none of `path`, `path_prefix`, `path_suffix` and `path_regex`",
            )
                .fix("add \"match\": {\"path\": \"/login\"}, or a \"preset\""),
        );
    };
    Some(EndpointMatcher { hosts, methods, paths })
}

/// The paths of a layer that has any.
fn paths(layer: &ConfigObject<'_>) -> Option<Vec<PathPattern>> {
    type Parse = fn(&str) -> Result<PathPattern, String>;
    const KINDS: [(&str, Parse); 4] = [
        ("path", PathPattern::exact),
        ("path_prefix", PathPattern::prefix),
        ("path_suffix", PathPattern::suffix),
        ("path_regex", PathPattern::regex),
    ];
    let given: Vec<_> =
        KINDS.iter().filter_map(|(key, parse)| Some((layer.get(key)?, parse))).collect();
    let read = |(value, parse): &(ConfigValue<'_>, &Parse)| each(value, *parse);
    (!given.is_empty()).then(|| given.iter().flat_map(read).collect())
}

/// Parses a text, or each of several.
fn each<T>(value: &ConfigValue<'_>, parse: impl Fn(&str) -> Result<T, String>) -> Vec<T> {
    value.one_or_more().iter().filter_map(|value| value.parsed(&parse)).collect()
}

fn method(text: &str) -> Result<String, String> {
    match parse_method(text)?.as_str() {
        method @ ("HEAD" | "OPTIONS") => Err(format!("{method} is never a login; leave it out")),
        method => Ok(method.to_owned()),
    }
}
