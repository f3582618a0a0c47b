//! The subjects of an attempt: the places of their entries, and keyed tags instead of credentials.

use std::borrow::Cow;

use super::ClientEntries;
use crate::breached::Sha1Digest;
use crate::decision::facts::{Facts, Pair};
use crate::record::identities::RecordedIdentities;
use crate::request::credentials::mailbox;
use crate::state::{EntryKind, Place, Table, Tag, Tagged};

#[derive(Debug)]
pub(super) struct Subjects {
    pub ip: Option<Place>,
    pub network: Option<Place>,
    pub fingerprint: Option<Place>,
    /// Every distinct username, whether the account exists or not.
    pub usernames: Vec<Username>,
    /// Their tags, in the same order.
    pub username_tags: Vec<Tag>,
    /// Every distinct password, as the place of its keyed tag.
    pub passwords: Vec<Place>,
    /// The tags of the passwords, in the same order.
    pub password_tags: Vec<Tag>,
    /// What fails if the attempt fails: each pair, or everything that was sent if the pairs are not
    /// certain. For a request with several logins each pair, and some that stand for the others.
    pub pairs: Vec<Tag>,
    /// Everything that was sent, if nothing was tried at an account. It can fail, but it is never
    /// pending.
    pub of_address: Option<Tag>,
}

#[derive(Debug)]
pub(super) struct Username {
    /// As it was sent; `None` if the request spells it in several ways.
    pub name: Option<String>,
    pub place: Place,
    /// How many logins of the request are of this name.
    pub attempts: u32,
}

/// The most pairs that stand for logins which are counted and not kept: more than the default rules
/// let an address fail.
const MAX_UNKEPT: u32 = 16;

impl Subjects {
    /// `aliases`: the spellings of a mailbox are one account.
    pub(super) fn of(
        table: &Table,
        client_entries: &ClientEntries,
        facts: &Facts,
        aliases: bool,
    ) -> Self {
        if let Some(recorded) = facts.recorded() {
            return Self::recorded(table, client_entries, recorded);
        }
        let key = table.hash_key();
        let mut usernames: Vec<Username> = Vec::with_capacity(facts.pairs.len());
        let mut passwords: Vec<Place> = Vec::with_capacity(facts.pairs.len());
        let mut password_tags: Vec<Tag> = Vec::with_capacity(facts.pairs.len());
        let tried = if facts.is_about_address_only() { &[] } else { facts.pairs.as_slice() };
        for Pair { username, password, .. } in tried {
            if let Some(name) = username {
                let account = if aliases { mailbox(name) } else { Cow::Borrowed(name.as_str()) };
                let place = table.place(EntryKind::Username, account.as_bytes());
                let name = Some(name.clone());
                match usernames.iter_mut().find(|it| it.place == place) {
                    Some(known) => {
                        known.attempts += u32::from(facts.further_attempts > 0);
                        known.name = known.name.take().filter(|it| Some(it) == name.as_ref());
                    }
                    None => usernames.push(Username { name, place, attempts: 1 }),
                }
            }
            if let Some(digest) = password {
                let tag = key.tag(Tagged::Password, digest.as_bytes());
                let place = password_place(table, tag.wide());
                if !passwords.contains(&place) {
                    passwords.push(place);
                    password_tags.push(tag);
                }
            }
        }
        let pair = |Pair { username, password, tag }: &Pair| {
            let username = username.as_deref().unwrap_or_default();
            let hashed = |it: &Sha1Digest| key.pair(username.as_bytes(), it.as_bytes());
            tag.or_else(|| password.as_ref().map(hashed))
        };
        let unkept = |all: &Sha1Digest, kept: usize| {
            let kept = u32::try_from(kept).unwrap_or(u32::MAX);
            let count = facts.attempts().saturating_sub(kept).min(MAX_UNKEPT);
            let tag = |at: u32| key.pair(&at.to_le_bytes(), all.as_bytes());
            (1..=count).map(tag).collect::<Vec<_>>()
        };
        let hashed = |body: &Sha1Digest| key.pair(b"", body.as_bytes());
        let unread = facts.unread_tag.or_else(|| facts.unread.as_ref().map(hashed));
        Self {
            ip: client_entries.ip.as_ref().map(|known| known.place),
            network: client_entries.network.as_ref().map(|known| known.place),
            fingerprint: client_entries.fingerprint.as_ref().map(|known| known.place),
            username_tags: usernames.iter().map(|it| it.place.tag()).collect(),
            usernames,
            passwords,
            password_tags,
            pairs: match unread {
                Some(_) if facts.is_about_address_only() => Vec::new(),
                Some(all) if facts.further_attempts == 0 => vec![all],
                _ => {
                    let mut pairs: Vec<Tag> = tried.iter().filter_map(pair).collect();
                    let kept = pairs.len();
                    pairs.extend(facts.unread.iter().flat_map(|all| unkept(all, kept)));
                    pairs
                }
            },
            of_address: unread.filter(|_| facts.is_about_address_only()),
        }
    }
}

impl Subjects {
    /// The subjects that a record tells.
    fn recorded(
        table: &Table,
        client_entries: &ClientEntries,
        recorded: &RecordedIdentities,
    ) -> Self {
        let username = |(tag, attempts): &(Tag, u32)| {
            let [a, b, c, d] = tag.wide().to_le_bytes();
            let place = table.recorded_place(EntryKind::Username, [a, b, c, d, 1]);
            Username { name: None, place, attempts: *attempts }
        };
        // Without tags that compare accounts, each account has passwords of its own.
        let shared = recorded.shared_passwords.iter().copied();
        let own = recorded.passwords.iter().map(|tag| tag.wide());
        let passwords: Vec<u32> =
            if recorded.shared_passwords.is_empty() { own.collect() } else { shared.collect() };
        Self {
            ip: client_entries.ip.as_ref().map(|known| known.place),
            network: client_entries.network.as_ref().map(|known| known.place),
            fingerprint: client_entries.fingerprint.as_ref().map(|known| known.place),
            username_tags: recorded.accounts.iter().map(|(tag, _)| *tag).collect(),
            usernames: recorded.accounts.iter().map(username).collect(),
            passwords: passwords.iter().map(|tag| password_place(table, *tag)).collect(),
            password_tags: recorded.passwords.clone(),
            pairs: recorded.pairs.clone(),
            of_address: recorded.of_address,
        }
    }

    /// What a record tells of them. `facts` are the attempt's.
    pub(super) fn identities(&self, facts: &Facts) -> RecordedIdentities {
        let mark = |place: Option<Place>| place.map(|place| *place.mark());
        let account = |it: &Username| (it.place.tag(), it.attempts);
        let distinct = facts.distinct_passwords();
        RecordedIdentities {
            ip: mark(self.ip),
            network: mark(self.network),
            fingerprint: mark(self.fingerprint),
            accounts: self.usernames.iter().map(account).collect(),
            passwords: distinct.iter().filter_map(|(pair, _)| pair.tag).collect(),
            pairs: self.pairs.clone(),
            of_address: self.of_address,
            ..RecordedIdentities::default()
        }
    }
}

/// The place of a password, by its tag.
pub(super) fn password_place(table: &Table, tag: u32) -> Place {
    table.place(EntryKind::Password, &tag.to_le_bytes())
}
