//! Token binding: the properties of a client that a token is valid for.
//!
//! By default the client's network (IPv4 /24, IPv6 /48, because phones change addresses within
//! one) and its `user-agent`. The headers are configurable: a JA4 header binds to the TLS stack.
//! Without a binding, one fast machine could solve puzzles for a whole botnet.
//!
//! A browser sends different `accept` and `sec-fetch-*` headers for a script's request and for a
//! navigation, so these cannot bind; a configuration that names them is refused.

use std::net::IpAddr;

use crate::request::client::Client;
use crate::request::headers::Headers;
use crate::tokens::signing::{Purpose, SecretKey, TokenTag};

/// What tokens are bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindingPolicy {
    /// The client's network: IPv4 /24, IPv6 /48.
    pub network: bool,
    /// Names of headers, in lower case.
    pub headers: Vec<String>,
}

impl Default for BindingPolicy {
    fn default() -> Self {
        Self { network: true, headers: vec!["user-agent".to_owned()] }
    }
}

/// What a client's tokens are bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenBinding {
    /// The network, which the wait limiter needs; empty if the address is unknown.
    network: Vec<u8>,
    /// Each property that binds, prefixed by what tells it from the others.
    bound: Vec<Vec<u8>>,
}

impl TokenBinding {
    /// The binding of a client under a policy.
    #[must_use]
    pub fn of(binding: &BindingPolicy, client: &Client, headers: Headers<'_>) -> Self {
        let network = network_of(client);
        let mut bound = Vec::new();
        if binding.network {
            bound.push(network.clone());
        }
        for name in &binding.headers {
            let values: Vec<&[u8]> = headers.all(name).collect();
            // No header value holds a line break, so two values differ from one that joins them.
            bound.push([name.as_bytes(), &values.join(&b'\n')].join(&b'\n'));
        }
        Self { network, bound }
    }

    /// The network, whether or not tokens are bound to it.
    #[must_use]
    pub fn network(&self) -> &[u8] {
        &self.network
    }

    /// The keyed tag of this binding, as a token holds it.
    #[must_use]
    pub fn tag(&self, key: &SecretKey) -> TokenTag {
        let parts: Vec<&[u8]> = self.bound.iter().map(Vec::as_slice).collect();
        key.sign(Purpose::Binding, &parts).tag()
    }
}

fn network_of(client: &Client) -> Vec<u8> {
    match client.address {
        Some(IpAddr::V4(address)) => {
            let [a, b, c, _] = address.octets();
            vec![4, a, b, c]
        }
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, e, f, ..] = address.octets();
            vec![6, a, b, c, d, e, f]
        }
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::challenge::testing::keys;
    use crate::request::client::Client;
    use crate::request::headers::Header;

    fn tag(binding: &BindingPolicy, ip: &str, headers: &[(&str, &str)]) -> TokenTag {
        let client = Client::at(ip.parse().unwrap());
        let headers: Vec<Header> =
            headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        TokenBinding::of(binding, &client, Headers::new(&headers)).tag(keys(&[1]).signing())
    }

    #[test]
    fn binding_stays_the_same_within_a_network() {
        let both = BindingPolicy::default();
        let at = |ip| tag(&both, ip, &[("user-agent", "x")]);
        assert_eq!(at("192.0.2.1"), at("192.0.2.254"));
        assert_ne!(at("192.0.2.1"), at("192.0.3.1"));
        assert_eq!(at("2001:db8:1:2::1"), at("2001:db8:1:ffff::2"));
        assert_ne!(at("2001:db8:1::1"), at("2001:db8:2::1"));
    }

    #[test]
    fn only_configured_properties_bind() {
        let agent = BindingPolicy { network: false, ..BindingPolicy::default() };
        let with = |binding, ip, agent| tag(binding, ip, &[("User-Agent", agent)]);
        assert_eq!(with(&agent, "192.0.2.1", "x"), with(&agent, "198.51.100.1", "x"));
        assert_ne!(with(&agent, "192.0.2.1", "x"), with(&agent, "192.0.2.1", "y"));
        let network = BindingPolicy { network: true, headers: Vec::new() };
        assert_eq!(with(&network, "192.0.2.1", "x"), with(&network, "192.0.2.1", "y"));
    }

    #[test]
    fn two_headers_bind_differently_from_their_concatenation() {
        let agent = BindingPolicy::default();
        let one = tag(&agent, "192.0.2.1", &[("user-agent", "a"), ("user-agent", "b")]);
        assert_ne!(one, tag(&agent, "192.0.2.1", &[("user-agent", "ab")]));
        assert_ne!(one, tag(&agent, "192.0.2.1", &[]));
    }
}
