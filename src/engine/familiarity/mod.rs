//! Familiarity: whether an account got in from such a network, or with such a fingerprint, before.
//!
//! Stuffing tries an account once, from wherever its pool has an address, so it comes from a network
//! and with a browser that the account never used. People do not: of their logins some three to
//! six in a thousand do (Freeman et al., NDSS 2016, rank a login by the same two). This holds
//! whatever the passwords are.
//!
//! Each account has a small entry in a region of its own ([`EntryKind::Account`]), which a trusted
//! success fills. It is read once at the decision, and written at a success that it does not know
//! yet, or once a day and address. It is never written by an attempt that fails, so an attacker
//! who does not get in cannot change it.
//!
//! There are **three values**. What an entry knows is *familiar* at once. What it does not know is
//! *unfamiliar* only after the region has learnt enough ([`learning`]), and *unknown* until then:
//! the region ends with the process, and it is one gateway's. Rules match neither on an unknown
//! value.
//!
//! A **network** here is an IPv4 /16 or an IPv6 /32, about what a provider hands out: a line that
//! is renumbered every night, or a phone behind a carrier's many addresses, stays familiar. A
//! home is one of thousands of networks, so this tells it from an attacker's addresses nearly as
//! well as a narrower one.
//!
//! Usernames are as the application gets them. Aliases of a mailbox are accounts of their own here.

pub(crate) mod learning;

use crate::decision::facts::Facts;
use crate::request::client::Client;
use crate::state::{Entry, EntryKind, Place, Table, Tag, Tagged};
use learning::{Learnt, Reach};

/// Whether an account got in from such a place before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Familiarity {
    /// It did.
    Familiar,
    /// It did not, as far as the region remembers, and it would remember.
    Unfamiliar,
    /// The region has not learnt enough to tell, or there is nothing to compare.
    #[default]
    Unknown,
}

impl Familiarity {
    /// The value as a flag; `None` matches no condition.
    pub(crate) fn flag(self) -> Option<bool> {
        match self {
            Self::Familiar => Some(true),
            Self::Unfamiliar => Some(false),
            Self::Unknown => None,
        }
    }
}

/// Where the account of an attempt is remembered, and where the attempt comes from.
#[derive(Debug)]
pub(crate) struct AccountOrigin {
    pub account: Tag,
    pub place: Place,
    pub network: Option<Tag>,
    pub client: Option<Tag>,
}

impl AccountOrigin {
    /// The origin of an attempt at one account. `None` if there is no username, or more than one.
    fn of(table: &Table, client: &Client, facts: &Facts) -> Option<Self> {
        if let Some(recorded) = facts.recorded() {
            let account = recorded.remembered?.wide().to_le_bytes();
            return Some(Self {
                account: recorded.remembered?,
                place: table.place(EntryKind::Account, &account),
                network: recorded.from_network,
                client: recorded.from_client,
            });
        }
        let username = facts.only_username()?;
        // No more than 32 bits of a username are stored: all regions have the same ones.
        let tag_of_account = table.place(EntryKind::Username, username.as_bytes()).tag();
        let account = tag_of_account.wide().to_le_bytes();
        let tag = |what: Tagged, key: &[u8]| {
            table.hash_key().tag(what, &[account.as_slice(), key].concat())
        };
        Some(Self {
            account: tag_of_account,
            place: table.place(EntryKind::Account, &account),
            network: client.provider_key().map(|key| tag(Tagged::Network, &key)),
            client: client.fingerprint.map(|it| tag(Tagged::Fingerprint, &it.key())),
        })
    }
}

/// What is known about where an attempt's account got in from.
#[derive(Debug, Default)]
pub(crate) struct AccountView {
    pub network: Familiarity,
    pub client: Familiarity,
    /// The account got in before.
    pub is_seen: bool,
    /// The login is unexpected, as far as the budget for challenges reaches.
    pub is_unexpected: bool,
    /// What a success teaches. `None` if it teaches nothing.
    pub origin: Option<AccountOrigin>,
    /// What a success tells about people.
    pub shape: SuccessShape,
}

/// How a login compares with the account's entry, whatever the region has learnt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SuccessShape {
    /// From a network that the account got in from.
    #[default]
    Ordinary,
    /// At an account that got in before, from a network that it never used, with a fingerprint that
    /// it did.
    Roaming,
    /// At an account that got in before, from a network and with a fingerprint that it never used.
    Elsewhere,
    /// At an account without an entry.
    Stranger,
}

impl SuccessShape {
    fn is_unexpected(self, learnt: Learnt) -> bool {
        match self {
            Self::Ordinary => false,
            Self::Roaming => learnt.origins && learnt.reach >= Reach::Networks,
            Self::Elsewhere => learnt.origins && learnt.reach >= Reach::Unfamiliar,
            Self::Stranger => learnt.accounts && learnt.reach >= Reach::Unfamiliar,
        }
    }
}

impl AccountView {
    /// The view of an attempt. `read` returns the entry of a place.
    pub(crate) fn of(
        table: &Table,
        client: &Client,
        facts: &Facts,
        learnt: Learnt,
        read: impl Fn(Place) -> Entry,
    ) -> Self {
        if facts.is_about_address_only() || !facts.has_username() {
            return Self::default();
        }
        let Some(origin) = AccountOrigin::of(table, client, facts) else {
            // Nothing is learnt of two usernames in one request, and a second one must not hide the
            // first.
            let value =
                if learnt.accounts { Familiarity::Unfamiliar } else { Familiarity::Unknown };
            let is_unexpected = SuccessShape::Stranger.is_unexpected(learnt);
            return Self { network: value, client: value, is_unexpected, ..Self::default() };
        };
        let entry = read(origin.place);
        let is_seen = !entry.is_empty();
        let knows = if is_seen { learnt.origins } else { learnt.accounts };
        let value = |tag: Option<Tag>, is_known: &dyn Fn(Tag) -> bool| match tag {
            Some(tag) if is_known(tag) => Familiarity::Familiar,
            Some(_) if knows => Familiarity::Unfamiliar,
            _ => Familiarity::Unknown,
        };
        let is_new = |tag: Option<Tag>, is_known: &dyn Fn(Tag) -> bool| {
            tag.is_some_and(|tag| !is_known(tag))
        };
        let network = |tag: Tag| entry.knows_network(tag);
        let client = |tag: Tag| entry.knows_client(tag);
        let shape = match (is_seen, is_new(origin.network, &network)) {
            (false, _) => SuccessShape::Stranger,
            (true, false) => SuccessShape::Ordinary,
            (true, true) if is_new(origin.client, &client) => SuccessShape::Elsewhere,
            (true, true) => SuccessShape::Roaming,
        };
        Self {
            network: value(origin.network, &network),
            client: value(origin.client, &client),
            is_seen,
            is_unexpected: shape.is_unexpected(learnt),
            shape,
            origin: Some(origin),
        }
    }

    /// Whether a device cookie comes from a network and a browser that it cannot be from: the
    /// account got in before, and never from there or with that. Such a cookie was copied.
    pub(crate) fn refutes_device(&self) -> bool {
        let unfamiliar = Familiarity::Unfamiliar;
        self.is_seen && self.network == unfamiliar && self.client == unfamiliar
    }

    /// Whether a success from here would teach nothing new.
    pub(crate) fn is_known_whole(&self) -> bool {
        let knows = |tag: Option<Tag>, value| tag.is_none() || value == Familiarity::Familiar;
        self.origin.as_ref().is_none_or(|origin| {
            self.is_seen && knows(origin.network, self.network) && knows(origin.client, self.client)
        })
    }
}
