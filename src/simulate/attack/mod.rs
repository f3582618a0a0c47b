//! Attacks: one generator, configured by parameters.
//!
//! The catalogue's scenarios are presets of these parameters, so anything between two scenarios
//! can be tried as well (`--set slow-pool.solving=20%`). `schedule` says when an attempt is made,
//! `pool` from which address, `credentials` with which username and password.

pub(crate) mod attempts;
pub(crate) mod credentials;
pub(crate) mod devices;
pub(crate) mod owner;
pub(crate) mod pool;
pub(crate) mod schedule;
pub(crate) mod spelling;

use super::parameters::{Amount, Fraction, StartTime, TimeSpan, choice, parameters};
use super::people::PeopleParameters;
use crate::random::whole;

choice! {
    /// The fingerprints of an attack's clients.
    pub enum ClientDisguise {
        /// A tool that people do not use.
        Tool = "tool",
        /// The most popular browser.
        Popular = "popular",
        /// The browsers of people, with their frequencies.
        People = "people",
    }
}

choice! {
    /// How the rate of an attack changes over time.
    pub enum RateShape {
        /// It is constant.
        Steady = "steady",
        /// It rises linearly from zero.
        Ramp = "ramp",
        /// It follows people's hours of the day.
        People = "people",
    }
}

parameters! {
    /// An attack. `--set SCENARIO.NAME=VALUE`.
    pub struct AttackParameters {
        /// Attempts in total
        attempts: u64 = 30_000, "make bars: a vast pool";
        /// Instead of attempts: attempts as a share of people's mean traffic at that time (0: use attempts)
        of_traffic: Amount = Amount(0.0), "make bars: a third in the scenario vast-quiet";
        /// Attempts as a share of all traffic at that time, people's included, without what is in between (0: see the two above)
        share: Fraction = Fraction(0.0), "scenarios of the town, each with several";
        /// The duration
        lasts: TimeSpan = TimeSpan::hours(3.0), "make bars: a vast pool";
        /// When it begins: middle, or a time after the trace begins (0s: the first minute)
        starts: StartTime = StartTime::Middle, "so that a detector has learnt a baseline";
        /// The rate over time: steady, ramp, or people (their hours of the day)
        shape: RateShape = RateShape::Steady, "make bars: a ramp in the scenario slow-ramp";
        /// Addresses (0: use per-address)
        addresses: u64 = 0, "make bars, per scenario";
        /// Attempts per address
        per_address: Amount = Amount(1.2), "DataDome: 108 M attempts, 91.3 M IPs: 1.18 per IP";
        /// The length of the IPv6 prefix that has all addresses (0: no common prefix)
        prefix: u64 = 0, "make bars: rotation within a /64";
        /// Addresses that are IPv6, without a common prefix
        ipv6: Fraction = Fraction(0.4), "as of people";
        /// Addresses that are people's own (residential proxies)
        peoples_addresses: Fraction = Fraction(0.0), "make bars: a fifth in the scenario residential";
        /// Addresses of the carrier that people share (see people.carrier-addresses)
        through_carrier: Fraction = Fraction(0.0), "all of them in the scenario carrier-attack";
        /// tool, popular (the most popular browser) or people (the browsers of people)
        fingerprint: ClientDisguise = ClientDisguise::People, "F5 2023: 65 % plain HTTP tools, 20 % emulate humans";
        /// Attempts with a leaked password
        leaked: Fraction = Fraction(0.95), "assumption: 90-98 %, because lists come from leaks";
        /// Attempts that succeed
        successes: Fraction = Fraction(0.01), "Shape, F5: 0.1-2 %";
        /// Attempts at usernames without an account
        unknown_accounts: Fraction = Fraction(0.15), "StopGuessing: at least 10 %";
        /// Attempts whose username and password are in a filter of leaked pairs
        leaked_pairs: Fraction = Fraction(0.015), "assumption: a fresh list, so that no filter of pairs decides";
        /// Bots that solve challenges
        solving: Fraction = Fraction(0.0), "make bars: a fifth in the scenario vast-solving";
        /// Passwords that a spray tries at all accounts (0: a list of pairs)
        passwords: u64 = 0, "make bars: 4 in the scenario spray";
        /// Whether a spray takes its passwords in turn, each account once (1), or one after the other (0)
        in_turn: u64 = 0, "slow sprays: no password is frequent in an hour";
        /// Accounts that are attacked (0: all)
        accounts: u64 = 0, "make bars: 1 in the scenario one-account";
        /// The time between two logins of an attacked account's owner, from a known device
        owner_every: TimeSpan = TimeSpan::minutes(15.0), "assumption: often enough to count";
        /// Every n-th attempt is a successful login to an account of the attacker (0: none)
        own_every: u64 = 0, "make bars: 11 in the scenario credit-buyer";
        /// Accounts of the attacker
        own_accounts: u64 = 40, "assumption: as many as addresses";
        /// Attempts in between that get in to accounts of the attacker, as a share of all that it makes (label padding/own)
        own: Fraction = Fraction(0.0), "a half in the scenarios own-between";
        /// Attempts in between with names and passwords at random, as a share of all that it makes (label padding/junk)
        junk: Fraction = Fraction(0.0), "a half in the scenarios junk-between";
        /// Spellings of an attacked account's mail address: tags, dots, letter case (0: one)
        spellings: u64 = 0, "1,500 in the scenario one-mailbox";
        /// Attempts with the account's own password and a copy of its owner's cookies
        stolen: Fraction = Fraction(0.0), "logs of infostealers, in the scenario stolen-cookies";
        /// Devices of the attacker that have logged in before and then fail on purpose (label padding/devices)
        own_devices: u64 = 0, "fifty in the scenario own-devices";
        /// The time between two attempts of such a device
        own_devices_every: TimeSpan = TimeSpan::minutes(10.0), "assumption: often, but not locked";
    }
}

impl AttackParameters {
    /// The number of attempts on a site of so many `people`.
    pub fn count(&self, people: u64, parameters: &PeopleParameters) -> u64 {
        // A share of 1 would be a trace without people.
        let share = self.share.0.min(0.99);
        let ratio = if share > 0.0 { share / (1.0 - share) } else { self.of_traffic.0 };
        if ratio <= 0.0 {
            return self.attempts;
        }
        let sessions = people as f64 * parameters.sessions_per_day.0 * self.lasts.0 / 86400.0;
        let attempts = sessions * parameters.attempts_per_session() * ratio;
        whole(attempts).max(1)
    }

    /// The number of attempts with what is in between.
    pub fn padded(&self, attempts: u64) -> u64 {
        let own = (1.0 - self.own.0 - self.junk.0).max(0.01);
        whole((attempts as f64 / own).round())
    }

    /// The number of addresses that make these `attempts`.
    pub fn spread(&self, attempts: u64) -> u64 {
        let by_load = whole((attempts as f64 / self.per_address.0.max(1.0)).round());
        let addresses = if self.addresses == 0 { by_load } else { self.addresses };
        addresses.min(attempts).max(1)
    }

    /// When the attack begins, in seconds after the beginning of a trace of this length.
    pub fn begins(&self, length: f64) -> f64 {
        match self.starts {
            StartTime::Middle => ((length - self.lasts.0) / 2.0).max(0.0),
            StartTime::After(span) => span.0,
        }
    }
}
