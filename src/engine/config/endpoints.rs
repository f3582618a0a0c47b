//! Reader of the section `endpoints`: where logins are, and what they look like.
//!
//! An endpoint has layers of keys: its own, and those of its preset. The first layer that has a
//! key wins; `match` is layered key by key, so that a preset can be narrowed to a host.

use super::object::ConfigObject;
use super::presets::Presets;
use super::problem::Problem;
use super::reader::ConfigValue;
use super::replies::target;
use super::schema::endpoints::CLIENTS;
use super::{fields, responses};
use crate::policy::Endpoint;
use crate::request::endpoint_match::{EndpointMatcher, HostPattern, PathPattern, parse_method};

/// Reads the section.
pub(super) fn read(section: &ConfigValue<'_>) -> Vec<Endpoint> {
    let presets = Presets::load();
    let values = section.list().unwrap_or_default();
    if values.len() < section.kind.least() && section.is_list() {
        section.report(
            Problem::new("no endpoints, so nothing is protected")
                .fix("leave the key out to protect common login locations"),
        );
    }
    let most = section.kind.most();
    if values.len() > most {
        section.report(
            Problem::new(format!("{} endpoints", values.len()))
                .allowed(format!("at most {most}"))
                .fix("give one endpoint several paths"),
        );
    }
    let mut endpoints: Vec<Endpoint> = Vec::new();
    for value in values {
        if let Some(endpoint) = endpoint(&value, &presets) {
            if endpoints.iter().any(|other| other.name == endpoint.name) {
                value.report(Problem::new(format!(
                    "another endpoint is called {:?} already",
                    endpoint.name
                )));
            }
            endpoints.push(endpoint);
        }
    }
    endpoints
}

fn endpoint<'d>(value: &ConfigValue<'d>, presets: &'d Presets) -> Option<Endpoint> {
    let own = value.object()?;
    let preset_name = own.get("preset");
    let preset = preset_name.as_ref().and_then(|name| presets.named(name));
    if preset_name.is_some() && preset.is_none() {
        // Without it, half of what follows would be reported as missing.
        return None;
    }
    let name = match (own.get("name"), preset_name) {
        (Some(name), _) | (None, Some(name)) => name.name(),
        (None, None) => own.need("name").and(None),
    };
    let layers: Vec<_> = [Some(own), preset].into_iter().flatten().collect();
    let get = |key| layers.iter().find_map(|layer| layer.get(key));

    let matcher = matcher(value, &layers);
    let failure =
        get("failure").map_or_else(responses::default_failure, |failure| responses::read(&failure));
    let success = get("success").map(|success| {
        let conditions = responses::read(&success);
        responses::check_reachable(&success, &conditions, &failure);
        conditions
    });
    let fields = get("credentials").map_or_else(|| Some(fields::common()), |it| fields::read(&it));
    let body = get("body").map(|body| fields::conditions(&body)).unwrap_or_default();
    let login_page = get("login_page").and_then(|page| target(&page));
    let clients = get("clients").and_then(|clients| clients.choice(&CLIENTS)).unwrap_or_default();
    let (name, matcher, fields) = (name?, matcher?, fields?);
    Some(Endpoint { name, matcher, fields, body, login_page, clients, failure, success })
}

fn matcher(endpoint: &ConfigValue<'_>, layers: &[ConfigObject<'_>]) -> Option<EndpointMatcher> {
    let layers: Vec<_> = layers
        .iter()
        .filter_map(|layer| layer.get("match"))
        .filter_map(|value| value.object())
        .collect();
    let get = |key| layers.iter().find_map(|layer| layer.get(key));
    let hosts = get("hosts").map(|hosts| each(&hosts, HostPattern::parse)).unwrap_or_default();
    let methods = get("methods").map(|methods| each(&methods, method)).unwrap_or_default();
    let Some(paths) = layers.iter().find_map(paths) else {
        return endpoint.refuse(
            Problem::new("no path: `match` has none of `path`, `path_prefix` and `path_regex`")
                .fix("add \"match\": {\"path\": \"/login\"}, or a \"preset\""),
        );
    };
    Some(EndpointMatcher { hosts, methods, paths })
}

/// The paths of a layer that has any.
fn paths(layer: &ConfigObject<'_>) -> Option<Vec<PathPattern>> {
    type Parse = fn(&str) -> Result<PathPattern, String>;
    const KINDS: [(&str, Parse); 3] = [
        ("path", PathPattern::exact),
        ("path_prefix", PathPattern::prefix),
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
