//! Parsing of addresses as proxies write them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::request::headers::Headers;

/// The prefixes whose last 32 bits are an IPv4 address: `::ffff:0:0/96` (RFC 4291, how a
/// dual-stack socket shows an IPv4 client) and `64:ff9b::/96` (RFC 6052, NAT64).
const EMBEDS_IPV4: [u128; 2] = [0xFFFF, 0x0064_FF9B << 64];

/// The entry at `position` from the right (0 is the last) of a comma-separated header, with all its
/// lines joined.
pub(super) fn from_right<'a>(
    headers: Headers<'a>,
    name: &str,
    position: usize,
) -> Option<&'a [u8]> {
    // Reversed lazily: a header may have thousands of entries.
    let lines: Vec<&[u8]> = headers.all(name).collect();
    let entries = lines.into_iter().rev().flat_map(|line| line.rsplit(|&byte| byte == b','));
    entries.map(<[u8]>::trim_ascii).nth(position)
}

/// Parses an address, bare, with a port, in brackets or quoted, and unmaps it.
pub(super) fn parse(entry: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(entry).ok()?.trim();
    let text = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    // A zone (`fe80::1%eth0`) distinguishes interfaces, not clients.
    let unzoned = bare.split('%').next().unwrap_or(bare);
    let address = unzoned
        .parse::<IpAddr>()
        .or_else(|_| text.parse::<SocketAddr>().map(|socket| socket.ip()))
        .ok()?;
    Some(unmap(address))
}

/// The IPv4 address that an IPv6 address embeds, so that a client has one identity; otherwise the
/// address itself.
pub(super) fn unmap(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => embedded(v6).map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let bits = address.to_bits();
    let low = u32::try_from(bits & u128::from(u32::MAX)).ok()?;
    EMBEDS_IPV4.contains(&(bits >> 32)).then(|| Ipv4Addr::from_bits(low))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn address_is_read_in_every_notation() {
        for (given, expected) in [
            ("192.0.2.1", "192.0.2.1"),
            (" 192.0.2.1:8080\t", "192.0.2.1"),
            ("\"192.0.2.1\"", "192.0.2.1"),
            ("2001:DB8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("\"[2001:db8::1]:443\"", "2001:db8::1"),
            ("fe80::1%eth0", "fe80::1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("[::ffff:c000:201]:80", "192.0.2.1"),
            ("64:ff9b::192.0.2.1", "192.0.2.1"),
            ("64:ff9b:1::1", "64:ff9b:1::1"),
            ("::192.0.2.1", "::c000:201"),
        ] {
            assert_eq!(parse(given.as_bytes()), expected.parse().ok(), "{given}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for given in ["", "unknown", "_hidden", "192.0.2", "192.0.2.1:x", "1.2.3.4.5", "/a/pipe"] {
            assert_eq!(parse(given.as_bytes()), None, "{given}");
        }
        assert_eq!(parse(b"\xff"), None);
    }

    proptest! {
        #[test]
        fn addresses_round_trip(bits: u128, port: u16) {
            let address = unmap(IpAddr::V6(Ipv6Addr::from_bits(bits)));
            for text in [address.to_string(), SocketAddr::new(address, port).to_string()] {
                prop_assert_eq!(parse(text.as_bytes()), Some(address), "{}", text);
            }
        }
    }
}
