//! The client: its address and fingerprint, and the keys of their counters.
//!
//! The address comes from Envoy (`source.address`) or from a header that trusted proxies append
//! to. The client controls the left part of such a header, so hops are counted from the right.

mod address;
mod fingerprint;
mod network;

pub use fingerprint::Fingerprint;
pub use network::Network;

use std::net::IpAddr;

use ipnet::Ipv6Net;

use crate::request::headers::Headers;

/// The source of the client's address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AddressSource {
    /// The peer that Envoy sees (`source.address`).
    #[default]
    Peer,
    /// A header that trusted proxies append to.
    Header {
        /// Its name, lower case.
        name: String,
        /// The position from the right in the header as the filter sees it, all lines
        /// joined, the rightmost being 0.
        trusted_hops: usize,
    },
}

/// The sender of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Client {
    /// The address, unmapped; `None` if there is none (a pipe) or it is junk.
    pub address: Option<IpAddr>,
    /// The configured header was absent, too short or junk, so the peer's address is used.
    pub fell_back: bool,
    /// Its fingerprint; `None` if no fingerprint headers are configured.
    pub fingerprint: Option<Fingerprint>,
}

/// The client of a request. `peer` is Envoy's `source.address`, with port.
#[must_use]
pub fn identify(source: &AddressSource, headers: Headers<'_>, peer: &[u8]) -> Client {
    let named = named(source, headers);
    if named.is_some() {
        return Client { address: named, ..Client::default() };
    }
    let fell_back = *source != AddressSource::Peer;
    Client { address: address::parse(peer), fell_back, fingerprint: None }
}

/// The address in the configured header.
pub(crate) fn named(source: &AddressSource, headers: Headers<'_>) -> Option<IpAddr> {
    match source {
        AddressSource::Peer => None,
        AddressSource::Header { name, trusted_hops } => {
            address::from_right(headers, name, *trusted_hops).and_then(address::parse)
        }
    }
}

impl Client {
    /// A client at an address that comes from a log or a trace.
    #[must_use]
    pub fn at(address: IpAddr) -> Self {
        Self { address: Some(address::unmap(address)), ..Self::default() }
    }

    /// The same client with this fingerprint.
    #[must_use]
    pub fn looking_like(self, fingerprint: Option<Fingerprint>) -> Self {
        Self { fingerprint, ..self }
    }

    /// The key of the client's network: the family, then the bytes of its /24 or /48.
    #[must_use]
    pub fn network_key(&self) -> Option<[u8; 7]> {
        match self.address? {
            IpAddr::V4(address) => {
                let [a, b, c, _] = address.octets();
                Some([4, a, b, c, 0, 0, 0])
            }
            IpAddr::V6(address) => {
                let [a, b, c, d, e, f, ..] = address.octets();
                Some([6, a, b, c, d, e, f])
            }
        }
    }

    /// The key of what a provider hands out around the client's address: the family, then the bytes
    /// of its /16 or /32.
    #[must_use]
    pub(crate) fn provider_key(&self) -> Option<[u8; 5]> {
        match self.address? {
            IpAddr::V4(address) => {
                let [a, b, ..] = address.octets();
                Some([4, a, b, 0, 0])
            }
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.octets();
                Some([6, a, b, c, d])
            }
        }
    }

    /// The key of the client's counters: the family (4 or 6), then the address. Of an IPv6 address
    /// the first `ipv6_prefix` bits count, because one client has a whole network. `None` without
    /// an address.
    #[must_use]
    pub fn key(&self, ipv6_prefix: u8) -> Option<[u8; 17]> {
        let mut key = [0; 17];
        let (family, rest) = key.split_first_mut()?;
        match self.address? {
            IpAddr::V4(address) => {
                *family = 4;
                rest.iter_mut().zip(address.octets()).for_each(|(to, from)| *to = from);
            }
            IpAddr::V6(address) => {
                *family = 6;
                // A prefix beyond an address's length leaves the address whole.
                let network = Ipv6Net::new(address, ipv6_prefix).map(|it| it.network());
                rest.copy_from_slice(&network.unwrap_or(address).octets());
            }
        }
        Some(key)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::request::headers::Header;

    fn forwarded(hops: usize, lines: &[&str]) -> Client {
        let source =
            AddressSource::Header { name: "x-forwarded-for".to_owned(), trusted_hops: hops };
        let headers: Vec<Header> =
            lines.iter().map(|&line| ("X-Forwarded-For".into(), line.into())).collect();
        identify(&source, Headers::new(&headers), b"192.0.2.99:1234")
    }

    fn is(client: Client, address: &str) -> bool {
        client
            == Client {
                address: Some(address.parse().unwrap()),
                fell_back: false,
                fingerprint: None,
            }
    }

    #[test]
    fn hops_are_counted_from_the_right_over_all_lines() {
        let lines = ["198.51.100.1, 198.51.100.2", "198.51.100.3 ,198.51.100.4"];
        assert!(is(forwarded(0, &lines), "198.51.100.4"));
        assert!(is(forwarded(1, &lines), "198.51.100.3"));
        assert!(is(forwarded(2, &lines), "198.51.100.2"));
        assert!(is(forwarded(3, &lines), "198.51.100.1"));
    }

    #[test]
    fn entries_left_of_the_trusted_hop_are_ignored() {
        assert!(is(forwarded(0, &["junk,,\u{e9}, 198.51.100.1"]), "198.51.100.1"));
        assert!(is(forwarded(1, &["1.1.1.1", "198.51.100.1, 10.0.0.1"]), "198.51.100.1"));
    }

    #[test]
    fn short_absent_or_junk_header_falls_back_to_the_peer() {
        let peer = Client {
            address: Some("192.0.2.99".parse().unwrap()),
            fell_back: true,
            fingerprint: None,
        };
        assert_eq!(forwarded(2, &["198.51.100.1, 198.51.100.2"]), peer);
        assert_eq!(forwarded(usize::MAX, &["198.51.100.1"]), peer);
        assert_eq!(forwarded(0, &[]), peer);
        assert_eq!(forwarded(0, &[""]), peer);
        assert_eq!(forwarded(0, &["198.51.100.1, unknown"]), peer);
        assert_eq!(forwarded(0, &["198.51.100.1,"]), peer);
    }

    #[test]
    fn peer_has_a_port_or_is_a_pipe() {
        let peer = |text: &[u8]| identify(&AddressSource::Peer, Headers::new(&[]), text);
        assert!(is(peer(b"192.0.2.1:443"), "192.0.2.1"));
        assert!(is(peer(b"[2001:db8::1]:443"), "2001:db8::1"));
        let nobody = Client { address: None, fell_back: false, fingerprint: None };
        assert_eq!(peer(b"/run/envoy.sock"), nobody);
        assert_eq!(peer(b""), nobody);
        assert_eq!(nobody.key(64), None);
    }

    #[test]
    fn key_is_an_ipv4_address_or_an_ipv6_network() {
        let key = |text: &str, prefix| {
            Client { address: Some(text.parse().unwrap()), fell_back: false, fingerprint: None }
                .key(prefix)
                .unwrap()
        };
        assert_eq!(key("192.0.2.1", 64)[..6], [4, 192, 0, 2, 1, 0]);
        assert_ne!(key("192.0.2.1", 0), key("192.0.2.2", 0));
        assert_eq!(key("2001:db8::1", 64), key("2001:db8::ffff:1", 64));
        assert_ne!(key("2001:db8::1", 64), key("2001:db8:0:1::1", 64));
        assert_ne!(key("2001:db8::1", 128), key("2001:db8::2", 128));
        assert_eq!(key("2001:db8::1", 0)[1..], [0; 16]);
    }

    proptest! {
        #[test]
        fn bytes_never_panic(value: Vec<u8>, peer: Vec<u8>, hops in 0..4_usize, prefix: u8) {
            let source =
                AddressSource::Header { name: "forwarded".to_owned(), trusted_hops: hops };
            let headers = vec![("forwarded".into(), value)];
            let client = identify(&source, Headers::new(&headers), &peer);
            let _ = client.key(prefix);
        }

        #[test]
        fn spoofed_entries_do_not_move_the_trusted_hop(front in "[0-9a-f:., \"]{0,40}", own: [u8; 4]) {
            let own = std::net::Ipv4Addr::from(own).to_string();
            let line = format!("{front},{own}:1,10.0.0.1");
            prop_assert!(is(forwarded(1, &[&line]), &own));
        }
    }
}
