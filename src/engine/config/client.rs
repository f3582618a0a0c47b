//! Reader of the section `client`: how clients are told apart, and the allow-list.

use super::problem::Problem;
use super::reader::ConfigValue;
use super::schema::ValueKind;
use crate::policy::ClientPolicy;
use crate::request::client::{AddressSource, Network};
use crate::short_list;

/// What a provider gives one customer is at least a /64 (RFC 6177), and one machine uses
/// as many addresses of it as it likes (RFC 8981).
const IPV6_PREFIX: u8 = 64;

/// Reads the section, where there is one.
pub(super) fn read(section: Option<&ConfigValue<'_>>) -> ClientPolicy {
    let given = section.and_then(ConfigValue::object);
    let get = |key| given.as_ref().and_then(|given| given.get(key));
    ClientPolicy {
        address: get("address").and_then(|value| address(&value)).unwrap_or_default(),
        ipv6_prefix: get("ipv6_prefix").and_then(|value| prefix(&value)).unwrap_or(IPV6_PREFIX),
        fingerprint: get("fingerprint").map_or_else(default_fingerprint, |it| fingerprint(&it)),
        allow: get("allow").map(|value| allow(&value)).unwrap_or_default(),
    }
}

fn address(value: &ConfigValue<'_>) -> Option<AddressSource> {
    let given = value.object()?;
    let name = given.need("header").and_then(|value| value.header_name());
    let hops = given.need("trusted_hops").and_then(|value| value.integer());
    let trusted_hops = usize::try_from(hops?).ok()?;
    Some(AddressSource::Header { name: name?, trusted_hops })
}

fn prefix(value: &ConfigValue<'_>) -> Option<u8> {
    let prefix = value.small_integer()?;
    match value.kind {
        ValueKind::Numbers(usual) if usual.contains(&prefix.into()) => Some(prefix),
        _ => value.refuse(Problem::new("not a usual prefix").allowed("48, 56, 64 or 128")),
    }
}

/// What every browser and every tool sends. A JA4 header, where a proxy in front adds one,
/// is harder to forge.
fn default_fingerprint() -> Vec<String> {
    ["user-agent", "accept-language"].map(str::to_owned).to_vec()
}

fn fingerprint(value: &ConfigValue<'_>) -> Vec<String> {
    let values = value.list().unwrap_or_default();
    let most = value.kind.most();
    if values.len() > most {
        value.report(Problem::new("too many headers").allowed(format!("at most {most}")));
    }
    let mut names = Vec::new();
    let given = values.iter().filter_map(ConfigValue::header_name);
    given.for_each(|name| short_list::insert(&mut names, name));
    names
}

fn allow(value: &ConfigValue<'_>) -> Vec<Network> {
    let network = |value: &ConfigValue<'_>| {
        let network = value.parsed(Network::parse)?;
        if value.as_text().is_some_and(|text| text.ends_with("/0")) {
            return value.refuse(
                Problem::new("every address is on the allow-list")
                    .fix("to switch enforcement off, use \"mode\": \"shadow\""),
            );
        }
        Some(network)
    };
    value.list().unwrap_or_default().iter().filter_map(network).collect()
}
