//! Lifting bans by hand: an operator names identities in the configuration, and what is held against
//! them is forgotten, once.
//!
//! An update of the configuration reaches every worker at once and needs no restart, so it is also
//! the way to lift a ban. It comes to a canary and to all workers, again at each later update, and
//! again if a configuration is rolled back. So the first worker that sees a list claims it in the
//! store (`record`), and nobody carries it out a second time.
//!
//! An identity is looked up by its keyed hash, as for a login. So what can be named is what a login
//! shows: an address, a username, headers. A network is lifted by a look at each of its clients,
//! which bounds the networks that can be named (`LIFTED_NETWORKS`).

mod lifted;
mod record;

pub use lifted::LiftedIdentity;
pub(crate) use record::LiftRecord;

use std::borrow::Cow;
use std::hash::Hasher as _;
use std::net::IpAddr;

use siphasher::sip::SipHasher13;

use crate::attempt::{Engine, Host};
use crate::policy::Policy;
use crate::request::client::{Client, Fingerprint, Network};
use crate::request::credentials::mailbox;
use crate::state::{Entry, EntryKind, EntryStore, Place, Store, Table};
use crate::time::Millis;

/// The networks that can be lifted, in words: 65,536 clients at most.
pub(crate) const LIFTED_NETWORKS: &str = "`/16` to `/24`, or of IPv6 `/48`";

/// The identities that a configuration names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiftList {
    /// The operator's own name of it.
    pub id: String,
    /// Addresses of clients.
    pub addresses: Vec<IpAddr>,
    /// Networks, and the clients in them.
    pub networks: Vec<Network>,
    /// Accounts, by their normalised names.
    pub usernames: Vec<String>,
    /// Fingerprints.
    pub fingerprints: Vec<Fingerprint>,
}

impl LiftList {
    /// How many it names.
    #[must_use]
    pub fn length(&self) -> usize {
        let (addresses, networks) = (self.addresses.len(), self.networks.len());
        addresses + networks + self.usernames.len() + self.fingerprints.len()
    }

    fn digest(&self) -> u64 {
        let fingerprint = |it: &Fingerprint| format!("{:?}", it.key());
        let mut parts = vec![self.id.clone()];
        parts.extend(self.addresses.iter().map(ToString::to_string));
        parts.extend(self.networks.iter().map(ToString::to_string));
        parts.extend(self.usernames.iter().map(|name| format!("username {name}")));
        parts.extend(self.fingerprints.iter().map(fingerprint));
        let mut hasher = SipHasher13::new();
        for part in parts {
            hasher.write(&(part.len() as u64).to_le_bytes());
            hasher.write(part.as_bytes());
        }
        hasher.finish().max(1)
    }
}

impl Engine {
    /// Forgets what is held against the identities that the policy names, unless that was done for
    /// the same list. Call it once with each configuration, and log what it returns.
    pub fn lift<S: Store, P, E: EntryStore>(
        &self,
        host: &Host<'_, S, P, E>,
    ) -> Vec<LiftedIdentity> {
        let policy = self.policy();
        match &policy.lift {
            Some(list) if LiftRecord::claim(host.store, list.digest()) => {
                let Host { now, entries, .. } = *host;
                Lift { policy, table: self.table(), entries, now }.all(list)
            }
            _ => Vec::new(),
        }
    }
}

/// The state while a list is carried out.
struct Lift<'a, E> {
    policy: &'a Policy,
    table: &'a Table,
    entries: &'a E,
    now: Millis,
}

impl<E: EntryStore> Lift<'_, E> {
    #[inline(never)]
    fn all(&self, list: &LiftList) -> Vec<LiftedIdentity> {
        let mut all = Vec::with_capacity(list.length());
        all.extend(list.addresses.iter().map(|address| self.address(*address)));
        all.extend(list.networks.iter().map(|network| self.network(network)));
        // A log needs no names of people.
        for (at, name) in list.usernames.iter().enumerate() {
            let aliases = self.policy.mailbox_aliases;
            let account = if aliases { mailbox(name) } else { Cow::Borrowed(name.as_str()) };
            let mut lifted = LiftedIdentity::new(format!("usernames[{at}]"));
            self.forgive(EntryKind::Username, account.as_bytes(), &mut lifted);
            all.push(lifted);
        }
        for (at, fingerprint) in list.fingerprints.iter().enumerate() {
            let mut lifted = LiftedIdentity::new(format!("fingerprints[{at}]"));
            self.forgive(EntryKind::Fingerprint, &fingerprint.key(), &mut lifted);
            all.push(lifted);
        }
        all
    }

    fn address(&self, address: IpAddr) -> LiftedIdentity {
        let client = Client::at(address);
        let mut lifted = LiftedIdentity::new(address.to_string());
        self.client(&client, &mut lifted);
        if let Some(key) = client.network_key() {
            let network = self.read(self.table.place(EntryKind::Network, &key));
            lifted.network_banned_by = network.ban().and_then(|ban| self.rule(ban.rule));
        }
        lifted
    }

    fn network(&self, network: &Network) -> LiftedIdentity {
        let mut lifted = LiftedIdentity::new(network.to_string());
        for part in network.networks() {
            if let Some(key) = Client::at(part).network_key() {
                self.forgive(EntryKind::Network, &key, &mut lifted);
            }
        }
        for client in network.clients(self.policy.client.ipv6_prefix) {
            self.client(&Client::at(client), &mut lifted);
        }
        lifted
    }

    #[inline(never)]
    fn client(&self, client: &Client, lifted: &mut LiftedIdentity) {
        if let Some(key) = client.key(self.policy.client.ipv6_prefix) {
            self.forgive(EntryKind::Ip, &key, lifted);
        }
    }

    /// Forgets what is held against an identity, and adds it to what was lifted. One without an
    /// entry costs a read.
    #[inline(never)]
    fn forgive(&self, kind: EntryKind, identity: &[u8], lifted: &mut LiftedIdentity) {
        let place = self.table.place(kind, identity);
        if self.read(place).is_empty() {
            return;
        }
        let update = self.entries.update_entry(place, self.now, Entry::forgive);
        let grudge = update.result;
        lifted.add(&grudge, grudge.ban.and_then(|tag| self.rule(tag)), update.written.is_lost());
    }

    #[inline(never)]
    fn read(&self, place: Place) -> Entry {
        let entry = self.entries.read_entry(place, self.now);
        entry.unwrap_or_else(|_| Entry::empty(place.kind(), self.now))
    }

    /// The name of the rule whose ban this is, if it still bans.
    fn rule(&self, tag: u16) -> Option<String> {
        let mut rules = self.policy.rules.iter();
        rules.find(|rule| rule.ban.is_some() && rule.tag() == tag).map(|rule| rule.name.clone())
    }
}
