//! Addresses on the public internet, drawn evenly.
//!
//! Evenly is the hard case for a filter that looks at networks: real botnets cluster, so a
//! rule about networks does no better here than out there.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::simulate::draw::Dice;

/// A public IPv4 address.
pub fn v4(dice: &mut Dice) -> IpAddr {
    loop {
        let [a, b, c, d, ..] = dice.bits().to_le_bytes();
        let special = matches!(a, 0 | 10 | 100 | 127 | 169 | 172 | 192 | 198 | 203 | 224..);
        if !special && !matches!(d, 0 | 255) {
            return Ipv4Addr::new(a, b, c, d).into();
        }
    }
}

/// A public IPv6 address.
pub fn v6(dice: &mut Dice) -> IpAddr {
    let (high, low) = (dice.bits(), dice.bits());
    // 2a00::/12, from which European networks are given theirs.
    let high = 0x2a00 << 48 | high & 0x000f_ffff_ffff_ffff;
    Ipv6Addr::from(u128::from(high) << 64 | u128::from(low)).into()
}

/// A public address, IPv6 this often.
pub fn any(dice: &mut Dice, ipv6: f64) -> IpAddr {
    if dice.chance(ipv6) { v6(dice) } else { v4(dice) }
}

/// The same address, with all behind the first `bits` drawn anew if it is IPv6: what
/// privacy extensions do within a home's /64, and a rotating attacker within its prefix.
pub fn rotated(ip: IpAddr, bits: u32, dice: &mut Dice) -> IpAddr {
    match ip {
        IpAddr::V4(_) => ip,
        IpAddr::V6(ip) => {
            let fresh = u128::from(dice.bits()) << 64 | u128::from(dice.bits());
            let behind = u128::MAX.checked_shr(bits).unwrap_or(0);
            Ipv6Addr::from(ip.to_bits() & !behind | fresh & behind).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotation_stays_within_the_prefix() {
        let mut dice = Dice::new(1, "addresses", 0, 0);
        let home = v6(&mut dice);
        let away = rotated(home, 64, &mut dice);
        assert_ne!(home, away);
        let text = |ip: IpAddr| ip.to_string();
        let (IpAddr::V6(a), IpAddr::V6(b)) = (home, away) else { panic!("{}", text(home)) };
        assert_eq!(a.to_bits() >> 64, b.to_bits() >> 64);
        assert_eq!(rotated(home, 128, &mut dice), home);
    }

    #[test]
    fn no_address_is_private_or_reserved() {
        let mut dice = Dice::new(1, "addresses", 0, 0);
        for _ in 0..10_000 {
            let IpAddr::V4(ip) = v4(&mut dice) else { panic!() };
            assert!(!ip.is_private() && !ip.is_loopback() && !ip.is_multicast(), "{ip}");
        }
    }
}
