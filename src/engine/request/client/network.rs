//! Networks in CIDR notation.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::address::unmap;

/// A network in CIDR notation, unmapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// `192.0.2.0/24`, `2001:db8::/32`, or a single address.
    ///
    /// # Errors
    /// What is wrong with `text`, and what to try.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let given: IpAddr = address.parse().map_err(|_| {
            format!(
                "`{text}` is not a network: `{address}` is not an address; \
                 try `192.0.2.0/24` or `2001:db8::/32`"
            )
        })?;
        let bits = bits(given);
        let length = match prefix {
            None => bits,
            Some(prefix) => number(prefix).filter(|&length| length <= bits).ok_or_else(|| {
                format!(
                    "`{text}` is not a network: its prefix is `{prefix}`; \
                     allowed are 0 to {bits}"
                )
            })?,
        };
        Self::masked(given, length).checked(text, given)
    }

    /// Whether `address`, mapped or not, is in the network.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = unmap(address);
        bits(address) == bits(self.address)
            && Self::masked(address, self.prefix).address == self.address
    }

    /// The network of `prefix` bits that an address is in.
    fn masked(address: IpAddr, prefix: u8) -> Self {
        let address = match address {
            IpAddr::V4(v4) => {
                // The low half of a mask as wide as an IPv6 address.
                let mask = u32::try_from(mask(32, prefix)).unwrap_or(u32::MAX);
                IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & mask))
            }
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & mask(128, prefix))),
        };
        Self { address, prefix }
    }

    /// This network, unmapped, unless `given` has bits beyond its prefix.
    fn checked(self, text: &str, given: IpAddr) -> Result<Self, String> {
        if self.address != given {
            return Err(format!(
                "`{text}` has bits beyond its prefix: the network is `{self}`, the address \
                 alone `{given}`"
            ));
        }
        let address = unmap(self.address);
        if address == self.address {
            return Ok(self);
        }
        match self.prefix.checked_sub(96) {
            Some(prefix) => Ok(Self { address, prefix }),
            None => Err(format!(
                "`{text}` has both IPv4 and IPv6 addresses; IPv4 ones are written as IPv4: \
                 try `0.0.0.0/0`"
            )),
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// The leading `prefix` of `width` bits set, at the low end.
pub(super) fn mask(width: u8, prefix: u8) -> u128 {
    let all = u128::MAX.checked_shr(u32::from(128_u8.saturating_sub(width))).unwrap_or(0);
    let host = u128::MAX.checked_shl(u32::from(width.saturating_sub(prefix))).unwrap_or(0);
    all & host
}

fn bits(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// Digits alone: `+8` is a number to Rust.
fn number(text: &str) -> Option<u8> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn has(network: &str, address: &str) -> bool {
        Network::parse(network).unwrap().contains(address.parse().unwrap())
    }

    #[test]
    fn a_network_has_the_addresses_of_its_prefix() {
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
        fn the_network_of_an_address_has_it(bits: u32, prefix in 0..=32_u8) {
            let address = IpAddr::V4(Ipv4Addr::from_bits(bits));
            let network = Network::masked(address, prefix);
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
