//! The client and the facts of a trace line, as the engine decides about them.
//!
//! The one place where a field of the trace gets its meaning. Live traffic has a body to parse; a
//! trace has the credentials themselves, so they are neither absent nor ambiguous. The engine
//! does everything after that.

use unstuff_engine::breached::Sha1Digest;
use unstuff_engine::decision::facts::{Facts, Pair, Pass};
use unstuff_engine::policy::Policy;
use unstuff_engine::request::client::{Client, Fingerprint};
use unstuff_engine::request::credentials::{Password, normalise_username};
use unstuff_trace::TraceLine;

use super::breached::ReplayFilters;

/// The client that made the attempt. Of a line that does not record its headers it has no
/// fingerprint: otherwise all such clients would count as one.
pub(super) fn client(line: &TraceLine, policy: &Policy) -> Client {
    let names = policy.client.fingerprint.as_slice();
    let fingerprint = line.headers.as_ref().filter(|headers| has_fingerprint(headers, names));
    let fingerprint = fingerprint.and_then(|headers| {
        Fingerprint::of_values(names, |name| {
            let named = headers.iter().filter(move |(given, _)| given.eq_ignore_ascii_case(name));
            named.map(|(_, value)| value.as_bytes())
        })
    });
    Client::at(line.ip).looking_like(fingerprint)
}

/// Whether a fingerprint can be made of recorded headers: one of its headers is among them, or the
/// client is recorded to have sent none at all.
fn has_fingerprint(headers: &[(String, String)], names: &[String]) -> bool {
    let is_named = |given: &str| names.iter().any(|name| given.eq_ignore_ascii_case(name));
    headers.is_empty() || headers.iter().any(|(given, _)| is_named(given))
}

/// The facts of the attempt.
pub(super) fn facts(line: &TraceLine, filters: &ReplayFilters<'_>, pass: Pass) -> Facts {
    let username = line.user.as_ref().map(|user| normalise_username(user.as_bytes()));
    let password = line.digest();
    let is_pair = || username.as_ref().is_some_and(|it| is_pair(line, it, filters));
    Facts {
        breached: line.breached.unwrap_or_else(|| is_breached(line, password, filters)),
        pair_breached: line.pair_breached.unwrap_or_else(is_pair),
        pairs: vec![Pair { username, password, tag: None }],
        pass,
        known_device: line.known_device,
        ..Facts::default()
    }
}

/// Looks a digest up as it is, a password in each of its spellings, as in live traffic.
fn is_breached(line: &TraceLine, digest: Option<Sha1Digest>, filters: &ReplayFilters<'_>) -> bool {
    match (line.password_sha1, &line.password) {
        (None, Some(password)) => spellings(password).iter().any(|it| filters.knows_password(it)),
        _ => digest.is_some_and(|digest| filters.knows_password(&digest)),
    }
}

/// Looks up username and password together. Needs the password: a pair's digest cannot be
/// computed from the password's digest.
fn is_pair(line: &TraceLine, username: &str, filters: &ReplayFilters<'_>) -> bool {
    let Some(password) = line.password.as_ref().filter(|_| filters.has_pairs()) else {
        return false;
    };
    let password = Password::new(password.as_bytes().to_vec());
    let digest = |bytes: &[u8]| Sha1Digest::of_pair(username.as_bytes(), bytes);
    password.spellings().any(|bytes| filters.knows_pair(&digest(&bytes)))
}

fn spellings(password: &str) -> Vec<Sha1Digest> {
    Password::new(password.as_bytes().to_vec())
        .spellings()
        .map(|bytes| Sha1Digest::of(&bytes))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::breached::FilterSources;

    fn facts_of(fields: &str) -> Facts {
        let line = format!("{{\"time\":1,\"ip\":\"::1\",\"status\":200,{fields}}}");
        let line = unstuff_trace::parse(line.as_bytes()).ok().unwrap();
        facts(&line, &FilterSources::find(&[]).unwrap().open().unwrap(), Pass::None)
    }

    #[test]
    fn password_and_its_sha1_give_the_same_facts() {
        let typed = facts_of("\"user\":\" Ann\",\"password\":\"password\"");
        let hashed = facts_of(
            "\"user\":\"ann\",\"password_sha1\":\"5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8\"",
        );
        for facts in [&typed, &hashed] {
            assert!(facts.breached);
            assert_eq!(facts.pairs[0].username.as_deref(), Some("ann"));
        }
        assert!(typed.pairs[0].password == hashed.pairs[0].password);
    }

    #[test]
    fn trace_overrides_lookups() {
        assert!(!facts_of("\"user\":\"a\",\"password\":\"password\",\"breached\":false").breached);
        let told = facts_of("\"user\":\"a\",\"breached\":true,\"pair_breached\":true");
        assert!(told.breached && told.pair_breached);
    }

    #[test]
    fn password_is_also_looked_up_trimmed() {
        assert!(facts_of("\"user\":\"a\",\"password\":\" password \"").breached);
        assert!(!facts_of("\"user\":\"a\",\"password\":\"8mJk!pX2#q\"").breached);
    }

    #[test]
    fn user_without_a_password_is_not_absent_credentials() {
        let facts = facts_of("\"user\":\"\"");
        assert!(!facts.absent && facts.pairs[0].password.is_none());
    }

    #[test]
    fn client_without_recorded_headers_has_no_fingerprint() {
        let policy = unstuff_engine::config::parse(b"{}").unwrap().policy;
        let of = |headers: &str| {
            let line = format!("{{\"time\":1,\"ip\":\"::1\",\"status\":200{headers}}}");
            let line = unstuff_trace::parse(line.as_bytes()).ok().unwrap();
            client(&line, &policy).fingerprint
        };
        assert!(of("").is_none());
        assert!(of(",\"headers\":{\"host\":\"a\"}").is_none(), "none of its headers");
        let none_sent = of(",\"headers\":{}");
        assert!(none_sent.is_some());
        assert_ne!(of(",\"headers\":{\"User-Agent\":\"a\"}"), none_sent);
    }

    #[test]
    fn mapped_address_is_the_ipv4_client() {
        let line = br#"{"time":1,"ip":"::ffff:192.0.2.1","user":"a","status":200}"#;
        let policy = unstuff_engine::config::parse(b"{}").unwrap().policy;
        let client = client(&unstuff_trace::parse(line).ok().unwrap(), &policy);
        assert_eq!(client.address, Client::at("192.0.2.1".parse().unwrap()).address);
    }
}
