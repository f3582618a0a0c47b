//! The subjects of an attempt: the places of their entries, and keyed tags instead of credentials.

use super::ClientEntries;
use crate::decision::facts::{Facts, Pair};
use crate::state::{EntryKind, Place, Table, Tag, Tagged};

#[derive(Debug)]
pub(super) struct Subjects {
    pub ip: Option<Place>,
    pub network: Option<Place>,
    pub fingerprint: Option<Place>,
    /// Every distinct username, whether the account exists or not.
    pub usernames: Vec<Username>,
    /// Every distinct password, as the place of its keyed tag.
    pub passwords: Vec<Place>,
    /// What fails if the attempt fails: each pair, or everything that was sent if the pairs are not
    /// certain.
    pub pairs: Vec<Tag>,
    /// Everything that was sent, if no password was. It fails without having been tried: it is
    /// never pending, and concerns neither an account nor a password.
    pub without_password: Option<Tag>,
}

#[derive(Debug)]
pub(super) struct Username {
    pub name: String,
    pub place: Place,
}

impl Subjects {
    pub(super) fn of(table: &Table, client_entries: &ClientEntries, facts: &Facts) -> Self {
        let key = table.hash_key();
        let mut usernames: Vec<Username> = Vec::with_capacity(facts.pairs.len());
        let mut passwords: Vec<Place> = Vec::with_capacity(facts.pairs.len());
        let tried = if facts.absent { &[] } else { facts.pairs.as_slice() };
        for Pair { username, password } in tried {
            let is_new = |name: &&String| usernames.iter().all(|it| it.name != **name);
            if let Some(name) = username.as_ref().filter(is_new) {
                let place = table.place(EntryKind::Username, name.as_bytes());
                usernames.push(Username { name: name.clone(), place });
            }
            if let Some(digest) = password {
                let tag = key.tag(Tagged::Password, digest.as_bytes());
                let place = table.place(EntryKind::Password, &tag.wide().to_le_bytes());
                if !passwords.contains(&place) {
                    passwords.push(place);
                }
            }
        }
        let pair = |Pair { username, password }: &Pair| {
            let username = username.as_deref().unwrap_or_default();
            password.as_ref().map(|password| key.pair(username.as_bytes(), password.as_bytes()))
        };
        let unread = facts.unread.as_ref().map(|body| key.pair(b"", body.as_bytes()));
        Self {
            ip: client_entries.ip.as_ref().map(|known| known.place),
            network: client_entries.network.as_ref().map(|known| known.place),
            fingerprint: client_entries.fingerprint.as_ref().map(|known| known.place),
            usernames,
            passwords,
            pairs: match unread {
                Some(_) if facts.absent => Vec::new(),
                Some(all) => vec![all],
                None => tried.iter().filter_map(pair).collect(),
            },
            without_password: unread.filter(|_| facts.absent),
        }
    }
}
