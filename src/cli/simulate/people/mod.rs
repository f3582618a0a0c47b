//! The people of a trace: who they are, when they come, and what goes wrong when they log in.
//!
//! `population` says what each person is like, `arrivals` who comes when on an ordinary
//! day, `session` what happens between sitting down and being in; `visits` turns arrivals
//! of any kind (everyday, a crowd, a school) into attempts in order of time.

pub mod addresses;
pub mod arrivals;
pub mod fingerprints;
pub mod passwords;
pub mod population;
pub mod rhythm;
pub mod session;
pub mod visits;

use super::settings::{Number, Share, Span, parameters};

parameters! {
    /// What people are like, on average. `--set people.NAME=VALUE`.
    pub struct PeopleParameters {
        /// Logins begun per person and day
        sessions_per_day: Number = Number(1.0), "assumption: a site that people use daily";
        /// How strongly the hour of the day counts: 0 flat, 1 fully
        rhythm: Share = Share(1.0), "assumption: quiet nights, busy evenings";
        /// Logins from the person's usual address
        same_address: Share = Share(0.85), "StopGuessing: same IP 0.85";
        /// Logins with the cookies of the last one still there
        cookie_kept: Share = Share(0.90), "StopGuessing: cookie still there 0.90";
        /// People whose usual address is a proxy (NAT, office, carrier)
        shared: Share = Share(0.15), "StopGuessing: 10-20 % of benign IPs are proxies";
        /// People behind one such proxy
        proxy_size: u64 = 1000, "StopGuessing: proxies of ~1,000 users";
        /// Logins away from the usual address that go through a carrier's proxy
        away_shared: Share = Share(0.5), "assumption: half are on a mobile network";
        /// Addresses that are IPv6
        ipv6: Share = Share(0.4), "assumption: about what large sites see";
        /// Typing the password wrong at first
        typo: Share = Share(0.02), "StopGuessing: typo on first try 2 %";
        /// Typing it wrong once more
        typo_again: Share = Share(2.0 / 3.0), "StopGuessing: again 2/3";
        /// Typos that are in the username
        typo_in_name: Share = Share(0.2), "assumption";
        /// Logins with the password forgotten
        forgotten: Share = Share(0.09), "fitted: human logins that succeed 60-85 % (Shape 2019)";
        /// Wrong tries of who has forgotten it, on average
        tries: Number = Number(3.0), "fitted: human logins that succeed 60-85 % (Shape 2019)";
        /// Wrong tries that repeat the one before
        repeats: Share = Share(0.3), "assumption: many first think that they mistyped";
        /// Who has forgotten it and remembers in the end
        recalls: Share = Share(0.6), "assumption";
        /// Who has forgotten it and resets it (the others give up)
        resets: Share = Share(0.25), "assumption";
        /// Time between two tries (median)
        think: Span = Span(9.0), "assumption";
        /// Time that a reset takes (median)
        reset_takes: Span = Span::minutes(4.0), "assumption: a mail must arrive";
        /// People whose password is known from leaks
        leaked: Share = Share(0.41), "Cloudflare 2025: successful logins with a leaked password 41 %";
        /// Wrong tries that are leaked passwords
        leaked_failures: Share = Share(0.20), "make bars: a fifth of their failures";
        /// People with one of the hundred most popular passwords (part of leaked)
        top_hundred: Share = Share(0.03), "make bars: 3 % have one of the top hundred";
        /// People with a password that many here have and no leak knows (the site's name and the year)
        local_favourite: Share = Share(0.003), "assumption";
        /// People whose username and password are leaked together
        leaked_pairs: Share = Share(0.015), "Thomas et al., USENIX Security 2019: 1.5 %";
        /// People who never solve a challenge
        unsolving: Share = Share(0.02), "make bars: 2 % do not solve challenges";
        /// People with the most popular fingerprint
        popular_browser: Share = Share(0.08), "make bars: the most popular real browser, 8 %";
        /// People who use the mobile app, all of one fingerprint
        app: Share = Share(0.0), "make bars: a third in the scenario mobile-app";
        /// Accounts that nobody uses now, per person
        dormant: Number = Number(4.0), "assumption: most accounts of a site sleep";
        /// Attempts, anybody's, that upstream answers with 503
        trouble: Share = Share(0.001), "assumption";
        /// Upstream's response time (median), anybody's
        response: Span = Span(0.25), "assumption: a slow password hash";
    }
}

impl PeopleParameters {
    /// Attempts per login begun, on average: for attacks that are a share of the traffic.
    pub fn attempts_per_session(&self) -> f64 {
        let typos = self.typo.0 / (1.0 - self.typo_again.0).max(0.01);
        let forgot = self.tries.0.max(1.0) + self.recalls.0 + self.resets.0;
        (1.0 - self.forgotten.0) * (1.0 + typos) + self.forgotten.0 * forgot
    }
}
