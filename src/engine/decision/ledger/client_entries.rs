//! The entries of a client, and the bans in them: enforced before any credentials are read.

use super::{Changes, StateView};
use crate::decision::verdict::{Cause, Verdict};
use crate::policy::{Action, Banned, Rule};
use crate::record::identities::RecordedIdentities;
use crate::request::client::Client;
use crate::state::{Counter, Entry, EntryMark, EntryStore, Place};
use crate::time::Window;

/// The entries of a client that can carry a ban, as read when the headers arrived. The rules use
/// the same network and fingerprint entries: what many clients do does not change much while a body
/// arrives.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClientEntries {
    pub ip: Option<LoadedEntry>,
    pub network: Option<LoadedEntry>,
    pub fingerprint: Option<LoadedEntry>,
    /// What a record tells of the client. Live traffic has none.
    pub recorded: RecordedClient,
}

/// What a record tells of a client in place of its address.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RecordedClient {
    /// The address is chosen for probes.
    pub is_chosen: Option<bool>,
    /// The address is on the allow-list.
    pub is_allowed: Option<bool>,
}

/// Where a client's address, network and fingerprint are: three keyed hashes, made once a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientPlaces([Option<Place>; 3]);

/// An entry and its place.
#[derive(Clone, Debug)]
pub(crate) struct LoadedEntry {
    pub place: Place,
    pub entry: Entry,
}

impl ClientPlaces {
    /// What a record tells of a client whose credentials are not read.
    pub(crate) fn identities(self) -> RecordedIdentities {
        let [ip, network, fingerprint] = self.0.map(|place| place.map(|place| *place.mark()));
        RecordedIdentities { ip, network, fingerprint, ..RecordedIdentities::default() }
    }
}

impl ClientEntries {
    /// Reads the entries of a client.
    pub(crate) fn read<E: EntryStore>(state: &StateView<'_, E>, places: ClientPlaces) -> Self {
        let [ip, network, fingerprint] =
            places.0.map(|place| place.map(|place| state.load_client(place)));
        Self { ip, network, fingerprint, recorded: RecordedClient::default() }
    }

    /// Reads the address's entry again: other attempts of it may have been decided while the body
    /// arrived.
    pub(crate) fn read_again<E: EntryStore>(&mut self, state: &StateView<'_, E>) {
        if let Some(ip) = &mut self.ip {
            *ip = state.load_client(ip.place);
        }
    }

    /// Whether a breached password has failed from the address within an hour.
    pub(crate) fn has_breached_failures(&self) -> bool {
        let ip = self.ip.as_ref();
        ip.is_some_and(|it| it.entry.distinct(Counter::IpDistinctBreached, Window::Hour) > 0)
    }

    fn entries(&self) -> impl Iterator<Item = &Entry> {
        let known = [&self.ip, &self.network, &self.fingerprint];
        known.into_iter().flatten().map(|known| &known.entry)
    }

    /// The verdict of the client's bans, if there are any. `exempted` tells whether a rule exempts
    /// the client, `probes` whether the attempt is exempt from a fingerprint's ban.
    ///
    /// A ban does not act if its rule is in shadow now. It is void if its rule is gone, and so is a
    /// shadow ban if its rule is enforced now.
    pub(crate) fn verdict<E: EntryStore>(
        &self,
        state: &StateView<'_, E>,
        exempted: impl Fn(&Rule) -> bool,
        probes: bool,
    ) -> Option<Verdict> {
        let top = state.policy.mode;
        let mut verdict: Option<Verdict> = None;
        for entry in self.entries() {
            let rule_of = |tag: u16| {
                let mut rules = state.policy.rules_with_ids();
                rules.find(|(_, rule)| rule.ban.is_some() && rule.tag() == tag)
            };
            let ban = entry.ban().and_then(|ban| rule_of(ban.rule));
            let shadow = entry.shadow_ban().and_then(|ban| rule_of(ban.rule));
            let shadow = shadow.filter(|(_, rule)| rule.in_shadow(top));
            let is_probed =
                |rule: &Rule| probes && rule.bans_fingerprints() && !rule.in_shadow(top);
            let exempted = |rule: &Rule| exempted(rule) || is_probed(rule);
            if let Some((id, rule)) = ban.or(shadow).filter(|(_, rule)| !exempted(rule)) {
                let verdict = verdict.get_or_insert_with(Verdict::default);
                // The people behind a shared address are challenged for as long.
                let action = if entry.is_shared() { Action::Challenge } else { Action::Block };
                verdict.add(id, rule, action, Cause::Ban, top);
            }
        }
        verdict
    }
}

impl<E: EntryStore> StateView<'_, E> {
    /// Where a client's address, network and fingerprint are.
    pub(crate) fn client_places(&self, client: &Client) -> ClientPlaces {
        let place = |banned: Banned, key: Option<&[u8]>| {
            key.map(|key| self.table.place(banned.kind(), key))
        };
        let ip = client.key(self.policy.client.ipv6_prefix);
        let network = client.network_key();
        let fingerprint = client.fingerprint.map(|fingerprint| fingerprint.key());
        ClientPlaces([
            place(Banned::Ip, ip.as_ref().map(<[u8; 17]>::as_slice)),
            place(Banned::Network, network.as_ref().map(<[u8; 7]>::as_slice)),
            place(Banned::Fingerprint, fingerprint.as_ref().map(<[u8; 8]>::as_slice)),
        ])
    }

    /// The same for a client of which a record tells the marks alone.
    pub(crate) fn recorded_places(&self, recorded: &RecordedIdentities) -> ClientPlaces {
        let place = |banned: Banned, mark: Option<EntryMark>| {
            mark.map(|mark| self.table.recorded_place(banned.kind(), mark))
        };
        ClientPlaces([
            place(Banned::Ip, recorded.ip),
            place(Banned::Network, recorded.network),
            place(Banned::Fingerprint, recorded.fingerprint),
        ])
    }

    /// Whether this worker has seen a ban on a client that has not ended.
    pub(crate) fn has_seen_ban(&self, ClientPlaces(places): ClientPlaces) -> bool {
        places.into_iter().flatten().any(|place| self.seen_bans.holds(place, self.now))
    }

    /// Out of line, because three copies are 7 KB of the module.
    #[inline(never)]
    fn load_client(&self, place: Place) -> LoadedEntry {
        let entry = self.read(place);
        self.seen_bans.note(place, &entry);
        LoadedEntry { place, entry }
    }

    /// Drops the bans of rules that are gone or that changed between shadow and enforced, so that a
    /// new ban can begin.
    pub(crate) fn drop_void_bans(&self, entry: &mut Entry) {
        let rule_of = |tag: u16| {
            self.policy.rules.iter().find(|rule| rule.ban.is_some() && rule.tag() == tag)
        };
        let in_shadow = |tag: u16| rule_of(tag).map(|rule| rule.in_shadow(self.policy.mode));
        if entry.ban().is_some_and(|ban| in_shadow(ban.rule) != Some(false)) {
            entry.void_ban();
        }
        if entry.shadow_ban().is_some_and(|ban| in_shadow(ban.rule) != Some(true)) {
            entry.void_shadow_ban();
        }
    }

    /// Whether the client is on the allow-list.
    pub(crate) fn is_allowed(&self, client: &Client, client_entries: &ClientEntries) -> bool {
        let recorded = client_entries.recorded.is_allowed;
        recorded.unwrap_or_else(|| self.policy.client.is_allow_listed(client))
    }

    /// Stops an attempt by an enforced ban, before any credentials are read. The attempt raises
    /// pressure, and enough pressure prolongs the ban.
    pub(crate) fn enforce_ban(
        &self,
        client: &Client,
        client_entries: &ClientEntries,
        changes: &mut Changes,
    ) -> Option<Verdict> {
        let allowed = self.is_allowed(client, client_entries);
        let exempts = |rule: &Rule| allowed && rule.exempts_allowed;
        // What may be a probe is heard out: a breached password makes it none.
        let verdict = client_entries.verdict(self, exempts, self.may_probe(client_entries))?;
        // Who is challenged may carry a pass, which is judged with the credentials.
        if verdict.action != Action::Block {
            return None;
        }
        if let Some(ip) = &client_entries.ip {
            self.update(changes, ip.place, |entry| {
                entry.add(Counter::IpAttempts);
                entry.stopped();
            });
        }
        self.extend_bans(client_entries, changes);
        Some(verdict)
    }

    /// Counts a stopped attempt for the bans of its network and fingerprint, which prolongs them.
    pub(crate) fn extend_bans(&self, client_entries: &ClientEntries, changes: &mut Changes) {
        let banned = |known: &&LoadedEntry| known.entry.ban().is_some();
        for known in [&client_entries.network, &client_entries.fingerprint]
            .into_iter()
            .flatten()
            .filter(banned)
        {
            self.update(changes, known.place, Entry::stopped);
        }
    }
}
