//! Reader of the section `lift`: whose bans and failures are forgotten once.

use std::net::IpAddr;

use super::object::ConfigObject;
use super::problem::Problem;
use super::reader::ConfigValue;
use crate::lift::{LIFTED_NETWORKS, LiftList};
use crate::policy::ClientPolicy;
use crate::request::client::{Client, Fingerprint, Network};
use crate::request::credentials::normalise_username;

/// Reads the section. `None` if it names nobody.
pub(super) fn read(section: &ConfigValue<'_>, client: &ClientPolicy) -> Option<LiftList> {
    let given = section.object()?;
    let id = given.get("id").and_then(|value| value.limited_text("")).unwrap_or_default();
    let list = LiftList {
        id: id.to_owned(),
        addresses: each(&given, "addresses", |value| value.parsed(address)),
        networks: each(&given, "networks", network),
        usernames: each(&given, "usernames", |value| {
            Some(normalise_username(value.limited_text("")?.as_bytes()))
        }),
        fingerprints: each(&given, "fingerprints", |value| fingerprint(value, client)),
    };
    (list.length() > 0).then_some(list)
}

fn each<T>(
    given: &ConfigObject<'_>,
    key: &str,
    read: impl FnMut(&ConfigValue<'_>) -> Option<T>,
) -> Vec<T> {
    let Some(list) = given.get(key) else { return Vec::new() };
    let values = list.list().unwrap_or_default();
    let most = list.kind.most();
    if values.len() > most {
        list.report(Problem::new("too many").allowed(format!("at most {most}")));
    }
    values.iter().filter_map(read).collect()
}

fn address(text: &str) -> Result<IpAddr, String> {
    let address = text.parse().map(|address| Client::at(address).address);
    address.ok().flatten().ok_or_else(|| {
        format!(
            "`{text}` is not an address; try `192.0.2.7`, or name the network under \"networks\""
        )
    })
}

fn network(value: &ConfigValue<'_>) -> Option<Network> {
    let network = value.parsed(Network::parse)?;
    if network.is_liftable() {
        return Some(network);
    }
    value.refuse(Problem::new("not such a network").allowed(LIFTED_NETWORKS))
}

/// The fingerprint of a client that sends these headers, each once, and no other.
fn fingerprint(value: &ConfigValue<'_>, client: &ClientPolicy) -> Option<Fingerprint> {
    let mut headers = Vec::new();
    for (name, value) in value.map()?.iter() {
        let known = client.fingerprint.iter().map(String::as_str);
        let lower = name.to_ascii_lowercase();
        if client.fingerprint.contains(&lower) {
            headers.push((lower, value.limited_text("")?));
        } else {
            value.report_bare(
                Problem::new("not a header of \"client\": {\"fingerprint\": …}")
                    .allowed(client.fingerprint.join(", "))
                    .did_you_mean(name, known),
            );
        }
    }
    Fingerprint::of_values(&client.fingerprint, |name| {
        headers.iter().filter(move |(given, _)| given == name).map(|(_, value)| value.as_bytes())
    })
}
