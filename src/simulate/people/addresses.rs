//! Public addresses, drawn uniformly.
//!
//! Uniform addresses are the hard case for rules about networks: real botnets cluster, so such a
//! rule does no better here than in live traffic.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::random::RandomStream;

/// A public IPv4 address.
pub(crate) fn v4(random: &mut RandomStream) -> IpAddr {
    loop {
        let [a, b, c, d, ..] = random.bits().to_le_bytes();
        let special = matches!(a, 0 | 10 | 100 | 127 | 169 | 172 | 192 | 198 | 203 | 224..);
        if !special && !matches!(d, 0 | 255) {
            return Ipv4Addr::new(a, b, c, d).into();
        }
    }
}

/// A public IPv6 address.
pub(crate) fn v6(random: &mut RandomStream) -> IpAddr {
    let (high, low) = (random.bits(), random.bits());
    // 2a00::/12, the range of European networks.
    let high = 0x2a00 << 48 | high & 0x000f_ffff_ffff_ffff;
    Ipv6Addr::from(u128::from(high) << 64 | u128::from(low)).into()
}

/// A public address; `ipv6` is the share of IPv6.
pub(crate) fn any(random: &mut RandomStream, ipv6: f64) -> IpAddr {
    if random.chance(ipv6) { v6(random) } else { v4(random) }
}

/// An IPv6 address with new random bits after the first `bits`, as privacy extensions do in a
/// home's /64 and a rotating attacker in its prefix. An IPv4 address stays the same.
pub(crate) fn rotated(ip: IpAddr, bits: u32, random: &mut RandomStream) -> IpAddr {
    match ip {
        IpAddr::V4(_) => ip,
        IpAddr::V6(ip) => {
            let fresh = u128::from(random.bits()) << 64 | u128::from(random.bits());
            let host = u128::MAX.checked_shr(bits).unwrap_or(0);
            Ipv6Addr::from(ip.to_bits() & !host | fresh & host).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotation_stays_within_the_prefix() {
        let mut random = RandomStream::new(1, "addresses", 0, 0);
        let home = v6(&mut random);
        let away = rotated(home, 64, &mut random);
        assert_ne!(home, away);
        let text = |ip: IpAddr| ip.to_string();
        let (IpAddr::V6(a), IpAddr::V6(b)) = (home, away) else { panic!("{}", text(home)) };
        assert_eq!(a.to_bits() >> 64, b.to_bits() >> 64);
        assert_eq!(rotated(home, 128, &mut random), home);
    }

    #[test]
    fn no_address_is_private_or_reserved() {
        let mut random = RandomStream::new(1, "addresses", 0, 0);
        for _ in 0..10_000 {
            let IpAddr::V4(ip) = v4(&mut random) else { panic!() };
            assert!(!ip.is_private() && !ip.is_loopback() && !ip.is_multicast(), "{ip}");
        }
    }
}
