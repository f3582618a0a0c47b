//! Networks in CIDR notation.
//!
//! The arithmetic is `ipnet`'s. This module adds that a single address is a network, that bits
//! beyond the prefix are an error, and that IPv6 addresses that embed IPv4 ones are IPv4.

use std::fmt;
use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

use super::address::unmap;

/// The bits of an IPv6 address before an IPv4 address that it embeds.
const EMBEDDING_BITS: u8 = 96;

/// The prefixes of the networks that have counters of their own.
const V4_COUNTED: u8 = 24;
const V6_COUNTED: u8 = 48;

/// A network in CIDR notation, unmapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network(IpNet);

impl Network {
    /// Parses `192.0.2.0/24`, `2001:db8::/32`, or a single address.
    ///
    /// # Errors
    /// A message that says what is wrong with `text` and what to try.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| {
            format!(
                "`{text}` is not a network: `{address}` is not an address; \
                 try `192.0.2.0/24` or `2001:db8::/32`"
            )
        })?;
        let alone = IpNet::from(address);
        let network = match prefix {
            None => alone,
            Some(prefix) => number(prefix)
                .and_then(|length| IpNet::new(address, length).ok())
                .ok_or_else(|| {
                    format!(
                        "`{text}` is not a network: its prefix is `{prefix}`; \
                         allowed are 0 to {}",
                        alone.max_prefix_len()
                    )
                })?,
        };
        if network.network() != address {
            return Err(format!(
                "`{text}` has bits beyond its prefix: the network is `{}`, the address \
                 alone `{address}`",
                network.trunc()
            ));
        }
        unmapped(network).map(Self).ok_or_else(|| {
            format!(
                "`{text}` has both IPv4 and IPv6 addresses; IPv4 ones are written as IPv4: \
                 try `0.0.0.0/0`"
            )
        })
    }

    /// Whether the bans in it can be lifted: it has at most 65,536 clients, and is no part of what
    /// counters take for one network.
    pub(crate) fn is_liftable(&self) -> bool {
        match self.0 {
            IpNet::V4(network) => (16..=V4_COUNTED).contains(&network.prefix_len()),
            IpNet::V6(network) => network.prefix_len() == V6_COUNTED,
        }
    }

    /// An address of each network in it that has counters.
    pub(crate) fn networks(&self) -> impl Iterator<Item = IpAddr> + use<> {
        self.parts(V4_COUNTED, V6_COUNTED)
    }

    /// An address of each client in it. None if a client is so small a part of an IPv6 network that
    /// there are too many to look at.
    pub(crate) fn clients(&self, ipv6_prefix: u8) -> impl Iterator<Item = IpAddr> + use<> {
        self.parts(32, if ipv6_prefix <= 64 { ipv6_prefix } else { 0 })
    }

    /// The addresses of the parts with these prefixes; none if it is itself longer.
    fn parts(&self, v4: u8, v6: u8) -> impl Iterator<Item = IpAddr> + use<> {
        let (four, six) = match self.0 {
            IpNet::V4(network) => (network.subnets(v4).ok(), None),
            IpNet::V6(network) => (None, network.subnets(v6).ok()),
        };
        let four = four.into_iter().flatten().map(|part| IpAddr::V4(part.network()));
        four.chain(six.into_iter().flatten().map(|part| IpAddr::V6(part.network())))
    }

    /// Whether the network contains `address`, mapped or not.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&unmap(address))
    }
}

/// The network as IPv4, if its address embeds an IPv4 address. `None` if only a part of the network
/// does.
fn unmapped(network: IpNet) -> Option<IpNet> {
    match (network, unmap(network.addr())) {
        (IpNet::V6(v6), IpAddr::V4(address)) => {
            let length = v6.prefix_len().checked_sub(EMBEDDING_BITS)?;
            Ipv4Net::new(address, length).ok().map(IpNet::V4)
        }
        _ => Some(network),
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Parses digits only: Rust would accept `+8`.
fn number(text: &str) -> Option<u8> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use proptest::prelude::*;

    use super::*;

    fn has(network: &str, address: &str) -> bool {
        Network::parse(network).unwrap().contains(address.parse().unwrap())
    }

    #[test]
    fn network_contains_the_addresses_of_its_prefix() {
        assert!(has("192.0.2.0/24", "192.0.2.255") && !has("192.0.2.0/24", "192.0.3.0"));
        assert!(has("192.0.2.1", "192.0.2.1") && !has("192.0.2.1", "192.0.2.2"));
        assert!(has("0.0.0.0/0", "203.0.113.1") && !has("0.0.0.0/0", "2001:db8::1"));
        assert!(has("2001:db8::/32", "2001:db8:ffff::1") && !has("2001:db8::/32", "2001:db9::"));
        assert!(has("::/0", "2001:db8::1") && !has("::/0", "192.0.2.1"));
    }

    #[test]
    fn mapped_addresses_are_ipv4() {
        assert!(has("192.0.2.0/24", "::ffff:192.0.2.1"));
        assert!(has("192.0.2.0/24", "64:ff9b::192.0.2.1"));
        assert!(has("::ffff:192.0.2.0/120", "192.0.2.1"));
        assert!(has("::ffff:0:0/96", "192.0.2.1"));
        assert_eq!(Network::parse("::ffff:192.0.2.1"), Network::parse("192.0.2.1"));
    }

    #[test]
    fn errors_say_what_to_try() {
        for (given, part) in [
            ("192.0.2.1/24", "the network is `192.0.2.0/24`, the address alone `192.0.2.1`"),
            ("2001:db8::1/64", "the network is `2001:db8::/64`"),
            ("192.0.2.0/33", "its prefix is `33`; allowed are 0 to 32"),
            ("192.0.2.0/", "its prefix is ``"),
            ("192.0.2.0/+8", "its prefix is `+8`"),
            ("192.0.2.0/255.255.255.0", "allowed are 0 to 32"),
            ("office", "`office` is not an address"),
            ("", "is not an address"),
            ("64:ff9b::/64", "both IPv4 and IPv6"),
        ] {
            let error = Network::parse(given).unwrap_err();
            assert!(error.contains(part), "{given}: {error}");
        }
    }

    proptest! {
        #[test]
        fn network_contains_its_own_address(bits: u32, prefix in 0..=32_u8) {
            let address = IpAddr::V4(Ipv4Addr::from_bits(bits));
            let network = Network(IpNet::new(address, prefix).unwrap().trunc());
            prop_assert!(network.contains(address));
            prop_assert_eq!(Network::parse(&network.to_string()), Ok(network));
        }

        #[test]
        fn text_never_panics(text in ".{0,40}", near in "[0-9a-f:./]{0,40}") {
            let _ = Network::parse(&text);
            let _ = Network::parse(&near);
        }
    }
}
