//! The updates at the response: pending charges are taken back and outcome counters learn.
//!
//! The order matters, because an entry tells the next ones what is new. The usernames' entries know
//! whether they have succeeded from this address before (credit). The address's entry knows whether
//! this pair has failed before, so that a script that repeats one pair counts once.

use super::settle_accounts::AccountEffects;
use super::subjects::Subjects;
use super::{Changes, StateView, site_say};
use crate::attack_mode::EndpointStats;
use crate::decision::facts::Facts;
use crate::familiarity::AccountView;
use crate::fleet::report::FleetClient;
use crate::outcome::Outcome;
use crate::state::entry::pending::Charge;
use crate::state::{Counter, Entry, EntryStore, Place, Tag, VisitState};
use crate::time::Window;
use crate::tokens::device::{Device, DeviceId};

/// The charges of each entry, in the order of the pairs.
#[derive(Debug)]
pub(super) struct Charges {
    pub ip: Vec<Charge>,
    pub usernames: Vec<Vec<Charge>>,
}

/// What a success teaches about its account.
#[derive(Debug)]
pub(super) struct PendingAccount {
    pub view: AccountView,
    /// No endpoint of the attempt is in attack mode.
    pub is_calm: bool,
}

/// An attempt that was let through, with its charges, until its outcome is known.
#[derive(Debug)]
pub(crate) struct PendingAttempt {
    pub(super) subjects: Subjects,
    pub(super) charges: Charges,
    pub(super) account: PendingAccount,
    can_earn: bool,
    is_about_address_only: bool,
    /// How many attempts the request counts for.
    pub(super) attempts: u32,
    pub(super) basic: bool,
    pub(super) breached: bool,
    pub(super) known_device: bool,
    /// The address has made few enough attempts for this one to count for the endpoint.
    counts_for_site: bool,
    /// How the visit counts that a failure opens.
    visit: VisitState,
    /// The recent unresolved visits from the address with this fingerprint.
    pub(super) unresolved_here: u32,
    /// The device of its cookie, whichever username logs in.
    pub device: Option<Device>,
    /// The device that a failure counts for.
    pub device_id: Option<DeviceId>,
    /// The request could have brought the text that shows a success.
    pub is_echo: bool,
    /// The client, if failures of it are reported to a fleet.
    pub fleet_client: Option<FleetClient>,
}

/// What an outcome adds.
pub(crate) struct Settled {
    /// To the endpoint's counts.
    pub stats: EndpointStats,
    /// The login failed, with a pair that had not failed from this address in this hour.
    pub is_new_failure: bool,
}

/// The most passwords in a day that somebody fails with at an own account.
pub(super) const OWN_PASSWORDS: u32 = 5;

/// The failures in an hour that each person behind an address explains.
const OWN_FAILURES: u32 = 3;

/// What the address's entry knew about an outcome.
struct AddressEffects {
    /// A pair failed that had not failed from this address in this hour.
    fresh: bool,
    /// The pair had not failed from this address in a day, and the address few enough times, for
    /// this failure to count for the endpoint.
    counts_for_site: bool,
    /// An unresolved visit that was excused.
    visits: EndpointStats,
    /// It has failed at more accounts in an hour than its people's successes explain.
    fails_at_many: bool,
}

impl PendingAttempt {
    pub(super) fn new(
        facts: &Facts,
        subjects: Subjects,
        charges: Charges,
        counts_for_site: bool,
        (visit, unresolved_here): (VisitState, u32),
        account: PendingAccount,
    ) -> Self {
        Self {
            can_earn: facts.can_earn(),
            is_about_address_only: facts.is_about_address_only(),
            attempts: facts.attempts(),
            basic: facts.basic,
            breached: facts.breached,
            known_device: facts.known_device,
            subjects,
            charges,
            account,
            counts_for_site,
            visit,
            unresolved_here,
            device: None,
            device_id: None,
            is_echo: false,
            fleet_client: None,
        }
    }

    /// What distinguishes a new device's id from others that are made at the same time.
    pub(crate) fn seed(&self) -> Vec<u8> {
        let ip = self.subjects.ip.as_ref().map(|ip| ip.mark().as_slice()).unwrap_or_default();
        let usernames = self.subjects.username_tags.iter().flat_map(|tag| tag.wide().to_le_bytes());
        ip.iter().copied().chain(usernames).collect()
    }

    /// Whether a success would be evidence, see [`Facts::can_earn`].
    pub(crate) fn can_earn(&self) -> bool {
        self.can_earn
    }

    /// Whether only a failure counts, and only for the address.
    pub(crate) fn is_about_address_only(&self) -> bool {
        self.is_about_address_only
    }

    /// The first username's tag, if there is one.
    pub(crate) fn username(&self) -> Option<Tag> {
        self.subjects.usernames.first().map(|username| username.place.tag())
    }

    /// The username, if there is exactly one and the client can use a cookie: HTTP Basic is for
    /// programs.
    pub(crate) fn only_username(&self) -> Option<&str> {
        match self.subjects.usernames.as_slice() {
            [username] if !self.basic => username.name.as_deref(),
            _ => None,
        }
    }

    /// Takes the charges back and learns the outcome. `believed` tells whether a success would have
    /// been believed.
    pub(crate) fn settle<E: EntryStore>(
        &self,
        state: &StateView<'_, E>,
        outcome: Outcome,
        believed: bool,
        changes: &mut Changes,
    ) -> Settled {
        let mut visit = if believed { self.visit } else { VisitState::Uncounted };
        if let Some(device) = self.device_id.as_ref().filter(|_| outcome == Outcome::Failure) {
            let failures = state.update(changes, state.device(device), |entry| {
                entry.add(Counter::DeviceFailures);
                entry.count(Counter::DeviceFailures, Window::Day)
            });
            if visit == VisitState::KnownFailed && failures > 1 {
                visit = VisitState::Uncounted;
            }
        }
        let accounts = self.settle_usernames(state, outcome, visit, changes);
        let credited = accounts.credited;
        if outcome == Outcome::Success {
            self.teach_account(state, credited > 0, changes);
        }
        let at_address = self.settle_address(state, outcome, &accounts, changes);
        if outcome != Outcome::Unknown {
            self.teach_network(state, outcome, credited, changes);
        }
        let is_new_failure = outcome == Outcome::Failure && at_address.fresh;
        if self.is_about_address_only {
            return Settled { stats: EndpointStats::default(), is_new_failure };
        }
        if outcome != Outcome::Unknown {
            self.teach_passwords(state, outcome, changes);
            self.excuse_passwords(state, &accounts.corrected, changes);
            let marked = self.breached || at_address.fails_at_many || accounts.is_guessed_at;
            self.teach_fingerprint(state, outcome, (at_address.fresh, marked), changes);
        }
        let visits = accounts.visits.plus(&at_address.visits);
        let stats = self.stats(outcome, credited, &at_address).plus(&visits);
        Settled { stats, is_new_failure }
    }

    fn settle_address<E: EntryStore>(
        &self,
        state: &StateView<'_, E>,
        outcome: Outcome,
        accounts: &AccountEffects,
        changes: &mut Changes,
    ) -> AddressEffects {
        let Some(ip) = self.subjects.ip else {
            return AddressEffects {
                fresh: true,
                counts_for_site: true,
                fails_at_many: false,
                visits: EndpointStats::default(),
            };
        };
        let client = self.subjects.fingerprint.map(Place::tag);
        let opens = accounts.visits.unresolved > 0;
        state.update(changes, ip, |entry| {
            self.take_back(entry, &self.charges.ip);
            let is_new_today = site_say::is_new_pair(entry, &self.subjects.pairs);
            let (mut fresh, mut visits) = (false, EndpointStats::default());
            if opens {
                entry.note_unresolved(client);
            } else if outcome == Outcome::Success {
                let left = i32::try_from(entry.take_unresolved(client)).unwrap_or(0);
                let is_anothers = left + accounts.visits.unresolved > 0;
                visits.unresolved = if accounts.excuses && is_anothers { -1 } else { 0 };
            }
            match outcome {
                Outcome::Unknown => {}
                Outcome::Failure => {
                    (0..self.attempts).for_each(|_| entry.add(Counter::IpFailures));
                    let sent = self.subjects.of_address.iter();
                    for pair in self.subjects.pairs.iter().chain(sent) {
                        fresh |= entry.insert(Counter::IpDistinctFailures, *pair);
                    }
                    for password in self.subjects.passwords.iter().filter(|_| self.breached) {
                        entry.insert(Counter::IpDistinctBreached, password.tag());
                    }
                }
                Outcome::Success => {
                    // HTTP Basic succeeds with every request, not only with a login.
                    if !self.basic {
                        entry.add(Counter::IpSuccesses);
                    }
                    (0..accounts.credited).for_each(|_| entry.add(Counter::IpCredit));
                }
            }
            let lately = entry.distinct(Counter::IpDistinctFailures, Window::Hour);
            let excused = entry.count(Counter::IpCredit, Window::Day).saturating_mul(OWN_FAILURES);
            let counts_for_site =
                is_new_today.unwrap_or(fresh) && site_say::failures_count(entry, state.policy);
            AddressEffects {
                fresh,
                counts_for_site,
                visits,
                fails_at_many: lately > OWN_PASSWORDS.saturating_add(excused),
            }
        })
    }

    fn stats(&self, outcome: Outcome, credited: u32, at: &AddressEffects) -> EndpointStats {
        let unknown = !self.known_device;
        let failed = outcome == Outcome::Failure && unknown && at.fresh && at.counts_for_site;
        let usernames = i32::try_from(credited).unwrap_or(i32::MAX);
        let succeeded = if self.counts_for_site { usernames } else { 0 };
        EndpointStats {
            failed: failed.into(),
            failed_breached: (failed && self.breached).into(),
            succeeded: if unknown { succeeded } else { 0 },
            known_succeeded: if unknown { 0 } else { succeeded },
            usernames,
            ..EndpointStats::default()
        }
    }

    pub(super) fn take_back(&self, entry: &mut Entry, charges: &[Charge]) {
        for (pair, charge) in self.subjects.pairs.iter().zip(charges) {
            entry.settle(*pair, *charge);
        }
    }
}
