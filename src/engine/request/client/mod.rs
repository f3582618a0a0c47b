//! Who is asking: the client's address, and the identity that counters are kept under.
//!
//! An address comes from Envoy's own view, or from a header that trusted proxies append to.
//! What stands further left in such a header was written by the client, so hops are
//! counted from the right, never from the left.

mod address;
mod fingerprint;
mod network;

pub use fingerprint::Fingerprint;
pub use network::Network;

use std::net::IpAddr;

use ipnet::Ipv6Net;

use crate::request::headers::Headers;

/// Where the client's address is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AddressSource {
    /// Envoy's own view (`source.address`).
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

/// Who is asking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Client {
    /// The address, unmapped; `None` where there is none to be had (a pipe, junk).
    pub address: Option<IpAddr>,
    /// The configured header was too short, absent or junk, and Envoy's view was used.
    pub fell_back: bool,
    /// What it looks like; `None` if no headers are configured to tell.
    pub fingerprint: Option<Fingerprint>,
}

/// Tells who is asking from the headers and Envoy's view (`source.address`, with port).
#[must_use]
pub fn identify(source: &AddressSource, headers: Headers<'_>, peer: &[u8]) -> Client {
    if let AddressSource::Header { name, trusted_hops } = source {
        let named = address::from_right(headers, name, *trusted_hops).and_then(address::parse);
        if named.is_some() {
            return Client { address: named, ..Client::default() };
        }
    }
    let fell_back = *source != AddressSource::Peer;
    Client { address: address::parse(peer), fell_back, fingerprint: None }
}

impl Client {
    /// The client at an address that is known from elsewhere: a log, a trace.
    #[must_use]
    pub fn at(address: IpAddr) -> Self {
        Self { address: Some(address::unmap(address)), ..Self::default() }
    }

    /// The same client, and what it looks like.
    #[must_use]
    pub fn looking_like(self, fingerprint: Option<Fingerprint>) -> Self {
        Self { fingerprint, ..self }
    }

    /// The identity of the network around the client: its family, then /24 or /48.
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

    /// The identity that counters are kept under: the family (4 or 6), then the address,
    /// of an IPv6 one the first `ipv6_prefix` bits, for a client has a whole network of
    /// those. `None` where there is no address.
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
    fn what_the_client_writes_in_front_changes_nothing() {
        assert!(is(forwarded(0, &["junk,,\u{e9}, 198.51.100.1"]), "198.51.100.1"));
        assert!(is(forwarded(1, &["1.1.1.1", "198.51.100.1, 10.0.0.1"]), "198.51.100.1"));
    }

    #[test]
    fn too_short_absent_or_junk_falls_back_to_the_peer() {
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
    fn envoys_view_has_a_port_or_is_a_pipe() {
        let peer = |text: &[u8]| identify(&AddressSource::Peer, Headers::new(&[]), text);
        assert!(is(peer(b"192.0.2.1:443"), "192.0.2.1"));
        assert!(is(peer(b"[2001:db8::1]:443"), "2001:db8::1"));
        let nobody = Client { address: None, fell_back: false, fingerprint: None };
        assert_eq!(peer(b"/run/envoy.sock"), nobody);
        assert_eq!(peer(b""), nobody);
        assert_eq!(nobody.key(64), None);
    }

    #[test]
    fn a_client_is_an_ipv4_address_or_an_ipv6_network() {
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
        fn nothing_in_front_moves_the_trusted_hop(front in "[0-9a-f:., \"]{0,40}", own: [u8; 4]) {
            let own = std::net::Ipv4Addr::from(own).to_string();
            let line = format!("{front},{own}:1,10.0.0.1");
            prop_assert!(is(forwarded(1, &[&line]), &own));
        }
    }
}
