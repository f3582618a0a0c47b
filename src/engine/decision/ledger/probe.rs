//! Probes: attempts with a banned fingerprint that are let through to learn whether its failures are
//! over.
//!
//! A ban stops every attempt, so nothing would show that a release of an app which failed for
//! everybody is repaired. A keyed choice of addresses is exempt from the fingerprint's ban, and from
//! nothing else. In ten minutes there are at most [`MAX_PROBES`], so a tool gains next to nothing. A
//! breached password is no probe: it would rather be the tool's. A browser is challenged, because it
//! can solve one.

use super::{ClientEntries, Ledger, StateView};
use crate::policy::Rule;
use crate::state::{Counter, Entry, EntryStore, Place};
use crate::time::Window;

/// The most probes of a fingerprint in ten minutes.
const MAX_PROBES: u32 = 6;

/// One of so many addresses is chosen, for ten minutes each.
const CHOSEN_ONE_OF: u32 = 4;

impl<E: EntryStore> StateView<'_, E> {
    /// Whether an attempt of this client may be a probe, before its credentials are known.
    pub(super) fn may_probe(&self, client: &ClientEntries) -> bool {
        let (Some(ip), Some(fingerprint)) = (&client.ip, &client.fingerprint) else { return false };
        let is_suspect = |entry: &Entry| entry.count(Counter::FingerprintFailures, Window::Day) > 0;
        is_suspect(&fingerprint.entry)
            && fingerprint.entry.count(Counter::FingerprintProbes, Window::TenMinutes) < MAX_PROBES
            && client.recorded.is_chosen.unwrap_or_else(|| self.is_chosen(ip.place))
    }

    /// Whether an address is chosen in these ten minutes.
    pub(super) fn is_chosen(&self, ip: Place) -> bool {
        let period = self.now.seconds() / Window::TenMinutes.seconds();
        let chosen = self.table.hash_key().pair(ip.mark(), &period.to_le_bytes());
        chosen.wide() % CHOSEN_ONE_OF == 0
    }
}

impl<E: EntryStore> Ledger<'_, E> {
    /// Whether the attempt is exempt from the bans of its fingerprint and from the rules that begin
    /// them.
    pub(super) fn probes(&self) -> bool {
        let facts = self.facts;
        let leaked = facts.breached || facts.pair_breached;
        facts.can_earn() && !leaked && self.state.may_probe(&self.client_entries)
    }
}

impl ClientEntries {
    /// Whether a rule has banned the fingerprint.
    pub(super) fn is_banned_by(&self, rule: &Rule) -> bool {
        let ban = self.fingerprint.as_ref().and_then(|known| known.entry.ban());
        ban.is_some_and(|ban| ban.rule == rule.tag())
    }
}
