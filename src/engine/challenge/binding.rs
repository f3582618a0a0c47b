//! The binding: whom a token is bound to.
//!
//! By default the client's network (IPv4 /24, IPv6 /48: phones change addresses within
//! one) and its `user-agent`. Which headers is configured, so that a JA4 header can bind to
//! the TLS stack. Bound is what a solved puzzle is worth something for: without the network,
//! one fast machine could solve for a whole botnet.
//!
//! A browser sends a page's own request and a navigation with different `accept` and
//! `sec-fetch-*` headers, so those cannot bind; a configuration that names them is refused.

use std::net::IpAddr;

use super::token::TokenTag;
use crate::request::client::Client;
use crate::request::headers::Headers;
use crate::tokens::signing::{Purpose, SecretKey};

/// What tokens are bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindingPolicy {
    /// The client's network: IPv4 /24, IPv6 /48.
    pub network: bool,
    /// Headers, lower case.
    pub headers: Vec<String>,
}

impl Default for BindingPolicy {
    fn default() -> Self {
        Self { network: true, headers: vec!["user-agent".to_owned()] }
    }
}

/// Who is asking, as far as tokens are bound to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenBinding {
    /// The network, for the bounds of waits; empty where there is no address.
    network: Vec<u8>,
    /// What is bound to, each with what tells it from the others.
    bound: Vec<Vec<u8>>,
}

impl TokenBinding {
    /// Who is asking.
    #[must_use]
    pub fn of(binding: &BindingPolicy, client: &Client, headers: Headers<'_>) -> Self {
        let network = network_of(client);
        let mut bound = Vec::new();
        if binding.network {
            bound.push(network.clone());
        }
        for name in &binding.headers {
            let values: Vec<&[u8]> = headers.all(name).collect();
            // A header has no line break, so that two headers differ from one.
            bound.push([name.as_bytes(), &values.join(&b'\n')].join(&b'\n'));
        }
        Self { network, bound }
    }

    /// The network, whether or not tokens are bound to it.
    #[must_use]
    pub fn network(&self) -> &[u8] {
        &self.network
    }

    /// The tag by which a token names this binding.
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
    fn a_phone_may_move_within_its_network() {
        let both = BindingPolicy::default();
        let at = |ip| tag(&both, ip, &[("user-agent", "x")]);
        assert_eq!(at("192.0.2.1"), at("192.0.2.254"));
        assert_ne!(at("192.0.2.1"), at("192.0.3.1"));
        assert_eq!(at("2001:db8:1:2::1"), at("2001:db8:1:ffff::2"));
        assert_ne!(at("2001:db8:1::1"), at("2001:db8:2::1"));
    }

    #[test]
    fn what_is_bound_to_is_configured() {
        let agent = BindingPolicy { network: false, ..BindingPolicy::default() };
        let with = |binding, ip, agent| tag(binding, ip, &[("User-Agent", agent)]);
        assert_eq!(with(&agent, "192.0.2.1", "x"), with(&agent, "198.51.100.1", "x"));
        assert_ne!(with(&agent, "192.0.2.1", "x"), with(&agent, "192.0.2.1", "y"));
        let network = BindingPolicy { network: true, headers: Vec::new() };
        assert_eq!(with(&network, "192.0.2.1", "x"), with(&network, "192.0.2.1", "y"));
    }

    #[test]
    fn two_headers_are_not_one() {
        let agent = BindingPolicy::default();
        let one = tag(&agent, "192.0.2.1", &[("user-agent", "a"), ("user-agent", "b")]);
        assert_ne!(one, tag(&agent, "192.0.2.1", &[("user-agent", "ab")]));
        assert_ne!(one, tag(&agent, "192.0.2.1", &[]));
    }
}
