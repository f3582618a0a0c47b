//! Where people log in from: home, away, an office at working hours, a carrier that many share.
//!
//! A person's network follows from the account's number; a carrier gives another address at each
//! visit. Without any of the parameters of these networks, everybody is at home or away.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::population::{ClientLocation, Population};
use super::{addresses, rhythm};
use crate::random::{RandomStream, whole};

/// Addresses of the carrier in one /24.
const IN_A_NETWORK: u64 = 8;
/// Regions of the carrier that has IPv6 alone, each with a /44.
const REGIONS: u64 = 4;
/// Homes are renumbered within a prefix of this length: IPv4, IPv6.
const RENUMBERED_WITHIN: (u32, u32) = (20, 44);
/// The hour at which homes are renumbered (UTC).
const RENUMBERED_AT: f64 = 3.0;
/// The hours that people are in the office, Monday to Friday (UTC).
const IN_OFFICE: std::ops::Range<u64> = 8..17;

/// The usual network of a person.
#[derive(Clone, Copy, PartialEq, Eq)]
enum HomeNetwork {
    /// A home of its own, or behind a proxy.
    Home,
    /// A carrier whose IPv4 addresses many share.
    Carrier,
    /// A carrier that has IPv6 alone.
    Ipv6Only,
    /// A home whose IPv4 address arrives as an IPv6 address.
    Nat64,
}

impl Population {
    /// Where a visit comes from, and the label of people there.
    pub(crate) fn origin(
        &self,
        account: u64,
        at: f64,
        random: &mut RandomStream,
    ) -> (IpAddr, &'static str) {
        if let Some(office) = self.office(account, at) {
            return (office, "benign/office");
        }
        if !random.chance(self.parameters.same_address.0) {
            let away = self.away(random);
            let label = match (away.shared, self.parameters.carrier_addresses) {
                (false, _) => "benign/away",
                (true, 0) => "benign/shared",
                (true, _) => "benign/carrier",
            };
            return (addresses::rotated(away.ip, 64, random), label);
        }
        match self.network(account) {
            HomeNetwork::Home => {
                let home = self.renumbered(account, self.home(account), at);
                let label = if home.shared { "benign/shared" } else { "benign/home" };
                (addresses::rotated(home.ip, 64, random), label)
            }
            HomeNetwork::Carrier => (self.carrier_address(random), "benign/carrier"),
            HomeNetwork::Ipv6Only => {
                let region = RandomStream::new(self.seed, "region", account, 0).below(REGIONS);
                let mut region = RandomStream::new(self.seed, "ipv6 only", region, 0);
                (addresses::rotated(addresses::v6(&mut region), 44, random), "benign/ipv6")
            }
            HomeNetwork::Nat64 => (self.translated(account), "benign/ipv6"),
        }
    }

    /// An address of the carrier that many share; of one of its proxies if it has no addresses.
    pub(crate) fn carrier_address(&self, random: &mut RandomStream) -> IpAddr {
        let number = random.below(self.parameters.carrier_addresses);
        let network = addresses::v4(&mut RandomStream::new(
            self.seed,
            "carrier network",
            number / IN_A_NETWORK,
            0,
        ));
        let host = u8::try_from(number % IN_A_NETWORK * 29 + 11).unwrap_or(1);
        match network {
            IpAddr::V4(network) => {
                let [a, b, c, _] = network.octets();
                Ipv4Addr::new(a, b, c, host).into()
            }
            IpAddr::V6(_) => network,
        }
    }

    fn network(&self, account: u64) -> HomeNetwork {
        let parameters = &self.parameters;
        let draw = RandomStream::new(self.seed, "network", account, 0).unit();
        let mut below = 0.0;
        for (share, network) in [
            (parameters.carrier.0, HomeNetwork::Carrier),
            (parameters.ipv6_only.0, HomeNetwork::Ipv6Only),
            (parameters.nat64.0, HomeNetwork::Nat64),
        ] {
            below += share;
            if draw < below {
                return network;
            }
        }
        HomeNetwork::Home
    }

    /// The address of the person's office at working hours.
    fn office(&self, account: u64, at: f64) -> Option<IpAddr> {
        let share = self.parameters.offices.0;
        if share <= 0.0 {
            return None;
        }
        let hours = whole(at / 3600.0) + u64::from(rhythm::BEGIN_HOUR);
        // A trace begins on a Sunday.
        let works = (1..=5).contains(&(hours / 24 % 7)) && IN_OFFICE.contains(&(hours % 24));
        let mut person = RandomStream::new(self.seed, "works", account, 0);
        if !works || !person.chance(share) {
            return None;
        }
        let workers = whole(self.people as f64 * share);
        let offices = workers.div_ceil(self.parameters.office_size.max(1));
        let office = person.below(offices);
        Some(addresses::v4(&mut RandomStream::new(self.seed, "office", office, 0)))
    }

    /// The home's address on this day.
    fn renumbered(&self, account: u64, home: ClientLocation, at: f64) -> ClientLocation {
        let share = self.parameters.renumbered.0;
        if home.shared || share <= 0.0 {
            return home;
        }
        let changes = RandomStream::new(self.seed, "renumbered", account, 0).chance(share);
        if !changes {
            return home;
        }
        let night = (at / 3600.0 + f64::from(rhythm::BEGIN_HOUR) - RENUMBERED_AT) / 24.0;
        let mut fresh = RandomStream::new(self.seed, "night", account, whole(night));
        let (of_v4, of_v6) = RENUMBERED_WITHIN;
        let ip = match home.ip {
            IpAddr::V4(ip) => {
                let host = u32::MAX >> of_v4;
                let fresh = u32::try_from(fresh.below(1 << (32 - of_v4))).unwrap_or(1);
                Ipv4Addr::from(ip.to_bits() & !host | fresh & host).into()
            }
            IpAddr::V6(_) => addresses::rotated(home.ip, of_v6, &mut fresh),
        };
        ClientLocation { ip, shared: false }
    }

    /// The home's IPv4 address as a translator shows it to a site that has IPv6 alone (RFC 6052).
    fn translated(&self, account: u64) -> IpAddr {
        match addresses::v4(&mut RandomStream::new(self.seed, "translated", account, 0)) {
            IpAddr::V4(ip) => {
                Ipv6Addr::from(0x0064_ff9b_u128 << 96 | u128::from(ip.to_bits())).into()
            }
            ip @ IpAddr::V6(_) => ip,
        }
    }
}
