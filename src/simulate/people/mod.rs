//! The people of a trace: who they are, when they come, and which logins fail.
//!
//! `population` has the properties of each person, `arrivals` the visits of ordinary days, and
//! `session` the attempts of one visit. `visits` turns visits of any kind (everyday, a crowd, a
//! school) into attempts in order of time.

pub(crate) mod addresses;
pub(crate) mod arrivals;
pub(crate) mod browsers;
pub(crate) mod locations;
pub(crate) mod passwords;
pub(crate) mod population;
pub(crate) mod rhythm;
pub(crate) mod session;
pub(crate) mod visits;

use super::parameters::{Amount, Fraction, TimeSpan, parameters};

parameters! {
    /// People, on average. `--set people.NAME=VALUE`.
    pub struct PeopleParameters {
        /// Visits per person and day
        sessions_per_day: Amount = Amount(1.0), "assumption: a site that people use daily";
        /// The influence of the hour of day: 0 is none, 1 is full
        rhythm: Fraction = Fraction(1.0), "assumption: quiet nights, busy evenings";
        /// Logins from the person's usual address
        same_address: Fraction = Fraction(0.85), "StopGuessing: same IP 0.85";
        /// Logins with the cookies of the last one still there
        cookie_kept: Fraction = Fraction(0.90), "StopGuessing: cookie still there 0.90";
        /// People whose usual address is a proxy (NAT, office, carrier)
        shared: Fraction = Fraction(0.15), "StopGuessing: 10-20 % of benign IPs are proxies";
        /// People behind one such proxy
        proxy_size: u64 = 1000, "StopGuessing: proxies of ~1,000 users";
        /// Logins away from the usual address that go through a carrier's proxy
        away_shared: Fraction = Fraction(0.5), "assumption: half are on a mobile network";
        /// Addresses that are IPv6
        ipv6: Fraction = Fraction(0.4), "assumption: about what large sites see";
        /// Visits that begin with a typo
        typo: Fraction = Fraction(0.02), "StopGuessing: typo on first try 2 %";
        /// Typos that are followed by another typo
        typo_again: Fraction = Fraction(2.0 / 3.0), "StopGuessing: again 2/3";
        /// Typos that are in the username
        typo_in_name: Fraction = Fraction(0.2), "assumption";
        /// Visits with a forgotten password
        forgotten: Fraction = Fraction(0.09), "fitted: human logins that succeed 60-85 % (Shape 2019)";
        /// Wrong attempts after a forgotten password, on average
        tries: Amount = Amount(3.0), "fitted: human logins that succeed 60-85 % (Shape 2019)";
        /// Wrong attempts that repeat the one before
        repeats: Fraction = Fraction(0.3), "assumption: many people first suspect a typo";
        /// Forgotten passwords that people remember in the end
        recalls: Fraction = Fraction(0.6), "assumption";
        /// Forgotten passwords that people reset (the others give up)
        resets: Fraction = Fraction(0.25), "assumption";
        /// The time between two attempts (median)
        think: TimeSpan = TimeSpan(9.0), "assumption";
        /// The time that a reset takes (median)
        reset_takes: TimeSpan = TimeSpan::minutes(4.0), "assumption: a mail must arrive";
        /// People with a leaked password
        leaked: Fraction = Fraction(0.41), "Cloudflare 2025: successful logins with a leaked password 41 %";
        /// Wrong attempts with a leaked password
        leaked_failures: Fraction = Fraction(0.20), "make bars: a fifth of people's failures";
        /// People with one of the hundred most popular passwords (part of leaked)
        top_hundred: Fraction = Fraction(0.03), "make bars: 3 % have one of the top hundred";
        /// People with a password that is popular on this site and not leaked (its name and the year)
        local_favourite: Fraction = Fraction(0.003), "assumption";
        /// People whose username and password leaked together
        leaked_pairs: Fraction = Fraction(0.015), "Thomas et al., USENIX Security 2019: 1.5 %";
        /// People who never solve a challenge
        unsolving: Fraction = Fraction(0.02), "make bars: 2 % do not solve challenges";
        /// People with the most popular fingerprint
        popular_browser: Fraction = Fraction(0.08), "make bars: the most popular real browser, 8 %";
        /// People who use the mobile app, with one fingerprint
        app: Fraction = Fraction(0.0), "make bars: a third in the scenario mobile-app";
        /// Dormant accounts per person
        dormant: Amount = Amount(4.0), "assumption: most accounts of a site are dormant";
        /// Attempts that upstream answers with 503
        trouble: Fraction = Fraction(0.001), "assumption";
        /// Upstream's response time (median)
        response: TimeSpan = TimeSpan(0.25), "assumption: a slow password hash";
        /// How much people differ in how often they come (the spread of a log-normal; 0: not at all)
        habits: Amount = Amount(0.0), "town: most log in rarely, a few several times a day";
        /// How much less those forget who come more often than once a day (0: as the others; 1: fully)
        practice: Fraction = Fraction(0.0), "town: what is typed daily is known, an assumption";
        /// Devices that have a cookie from before the trace
        known_before: Fraction = Fraction(1.0), "the module has run for long; 0 on its first day";
        /// People in private mode: no cookie outlasts a visit
        private: Fraction = Fraction(0.0), "town: 5 %, an assumption";
        /// People who log in from an office at working hours
        offices: Fraction = Fraction(0.0), "town: a tenth, an assumption";
        /// People behind the address of one office
        office_size: u64 = 60, "assumption: a medium-sized company";
        /// People at a carrier whose addresses many share, another one at each visit
        carrier: Fraction = Fraction(0.0), "town: mobile networks with CGNAT (Richter et al., IMC 2016: 90 % of them)";
        /// The carrier's addresses; away from home, people use them as well (0: a proxy per proxy-size)
        carrier_addresses: u64 = 0, "town: 24 in three /24, some 100 people each";
        /// People at a carrier that has IPv6 alone: another /64 at each visit
        ipv6_only: Fraction = Fraction(0.0), "town: 464XLAT at mobile carriers, an assumption";
        /// People whose IPv4 address arrives within 64:ff9b::/96, because the site has IPv6 alone
        nat64: Fraction = Fraction(0.0), "town: RFC 6052, an assumption";
        /// Homes that get another address of their provider each night
        renumbered: Fraction = Fraction(0.0), "town: a fifth (Padmanabhan et al., IMC 2016: some providers, each 24 h)";
        /// People who have a second device, with a browser of its own
        second_device: Fraction = Fraction(0.0), "town: a third, an assumption";
        /// Visits with the second device
        second_device_used: Fraction = Fraction(0.4), "assumption: nearly as often as with the first";
        /// Whether people of the app keep no cookies and solve no challenge (1) or do (0)
        app_bare: Fraction = Fraction(0.0), "town: native apps seldom keep a cookie jar";
        /// When an app's release comes out whose logins all fail (0s: never)
        release_breaks: TimeSpan = TimeSpan(0.0), "see the scenario broken-release";
        /// How long its logins fail
        release_broken: TimeSpan = TimeSpan::hours(3.0), "until it is noticed and repaired at the server";
        /// People of the app who have the release
        release_share: Fraction = Fraction(0.7), "assumption: stores update most phones within a day";
        /// Login locations, each with people of its own
        endpoints: u64 = 1, "see the scenario eight-endpoints";
        /// Passwords that are popular on this site and not leaked
        favourites: u64 = 4, "assumption: its name, with a year";
    }
}

impl PeopleParameters {
    /// People as they are on most sites: heavy-tailed habits, private modes, carriers and offices
    /// that many share, an app without cookies, several devices.
    pub fn town() -> Self {
        Self {
            habits: Amount(1.4),
            practice: Fraction(1.0),
            known_before: Fraction(0.7),
            private: Fraction(0.05),
            offices: Fraction(0.1),
            carrier: Fraction(0.15),
            carrier_addresses: 24,
            ipv6_only: Fraction(0.04),
            nat64: Fraction(0.02),
            renumbered: Fraction(0.2),
            second_device: Fraction(0.33),
            app: Fraction(0.08),
            app_bare: Fraction(1.0),
            favourites: 40,
            dormant: Amount(0.5),
            ..Self::default()
        }
    }

    /// Attempts per visit, on average. Attacks that are a share of the traffic need it.
    pub fn attempts_per_session(&self) -> f64 {
        let typos = self.typo.0 / (1.0 - self.typo_again.0).max(0.01);
        let forgot = self.tries.0.max(1.0) + self.recalls.0 + self.resets.0;
        (1.0 - self.forgotten.0) * (1.0 + typos) + self.forgotten.0 * forgot
    }
}
