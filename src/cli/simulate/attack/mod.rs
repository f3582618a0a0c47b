//! Attacks: one generator for all shapes, told apart by parameters alone.
//!
//! The scenarios of the catalogue are presets of these parameters, so that whatever lies
//! between two of them can be tried as well (`--set slow-pool.solving=20%`). `pace` says
//! when an attempt is made, `pool` from where, `list` with which name and password.

pub mod attempts;
pub mod list;
pub mod owner;
pub mod pace;
pub mod pool;

use super::people::PeopleParameters;
use super::settings::{Number, Share, Span, Start, choice, parameters};
use crate::format::whole;

choice! {
    /// What an attack's clients say they are.
    pub enum Disguise {
        /// A tool that no person uses.
        Tool = "tool",
        /// The most popular browser.
        Popular = "popular",
        /// Browsers as people have them.
        People = "people",
    }
}

choice! {
    /// How the rate of an attack changes.
    pub enum Shape {
        /// It does not.
        Steady = "steady",
        /// It rises evenly from nothing.
        Ramp = "ramp",
    }
}

parameters! {
    /// An attack. `--set SCENARIO.NAME=VALUE`.
    pub struct AttackParameters {
        /// Attempts in all
        attempts: u64 = 30_000, "make bars: a vast pool";
        /// Attempts as a share of the people's mean traffic meanwhile, instead (0: as attempts says)
        of_traffic: Number = Number(0.0), "make bars: a third in the scenario vast-quiet";
        /// How long it lasts
        lasts: Span = Span::hours(3.0), "make bars: a vast pool";
        /// When it begins: middle, or a time after the trace begins (0s: the first minute)
        starts: Start = Start::Middle, "so that a detector has learnt before";
        /// steady or ramp
        shape: Shape = Shape::Steady, "make bars: a ramp in the scenario slow-ramp";
        /// Addresses (0: as per-address says)
        addresses: u64 = 0, "make bars, per scenario";
        /// Attempts per address
        per_address: Number = Number(1.2), "DataDome: 108 M attempts, 91.3 M IPs: 1.18 per IP";
        /// All addresses within one IPv6 prefix of this length (0: anywhere)
        prefix: u64 = 0, "make bars: rotation within a /64";
        /// Addresses that are IPv6, where they are anywhere
        ipv6: Share = Share(0.4), "as people's";
        /// Addresses that are people's own (residential proxies)
        peoples_addresses: Share = Share(0.0), "make bars: a fifth in the scenario residential";
        /// tool, popular (the most popular browser) or people (browsers as people have them)
        fingerprint: Disguise = Disguise::People, "F5 2023: 65 % plain HTTP tools, 20 % emulate humans";
        /// Passwords known from leaks
        leaked: Share = Share(0.95), "by nature nearly all; 90-98 % is taken";
        /// Attempts that succeed
        successes: Share = Share(0.01), "Shape, F5: 0.1-2 %";
        /// Names that are no account's
        unknown_accounts: Share = Share(0.15), "StopGuessing: at least 10 %";
        /// Pairs of name and password known as leaked, to whoever has a filter of pairs
        leaked_pairs: Share = Share(0.015), "assumption: a fresh list; so that no pair filter decides";
        /// Bots that solve challenges
        solving: Share = Share(0.0), "make bars: a fifth in the scenario vast-solving";
        /// Try so many passwords over all names (0: a list of pairs)
        passwords: u64 = 0, "make bars: 4 in the scenario spray";
        /// Attack so many accounts only (0: everybody's)
        accounts: u64 = 0, "make bars: 1 in the scenario one-account";
        /// An attacked account's owner logs in this often meanwhile, on a known device
        owner_every: Span = Span::minutes(15.0), "assumption: often enough to count";
        /// Every n-th attempt is a success of the attacker's own accounts (0: none)
        own_every: u64 = 0, "make bars: 11 in the scenario credit-buyer";
        /// Accounts of the attacker's own
        own_accounts: u64 = 40, "assumption: as many as addresses";
    }
}

impl AttackParameters {
    /// How many attempts that makes on a site of `people`.
    pub fn count(&self, people: u64, parameters: &PeopleParameters) -> u64 {
        if self.of_traffic.0 <= 0.0 {
            return self.attempts;
        }
        let sessions = people as f64 * parameters.sessions_per_day.0 * self.lasts.0 / 86400.0;
        let attempts = sessions * parameters.attempts_per_session() * self.of_traffic.0;
        whole(attempts).max(1)
    }

    /// Over how many addresses `attempts` are spread.
    pub fn spread(&self, attempts: u64) -> u64 {
        let by_load = whole((attempts as f64 / self.per_address.0.max(1.0)).round());
        let addresses = if self.addresses == 0 { by_load } else { self.addresses };
        addresses.min(attempts).max(1)
    }

    /// When it begins, in seconds after the beginning of a trace of this length.
    pub fn begins(&self, length: f64) -> f64 {
        match self.starts {
            Start::Middle => ((length - self.lasts.0) / 2.0).max(0.0),
            Start::After(span) => span.0,
        }
    }
}
