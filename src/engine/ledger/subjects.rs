//! Everyone that an attempt speaks of: where each is kept, and keyed tags, no credentials.

use super::Standing;
use crate::client::Client;
use crate::facts::{Facts, Pair};
use crate::policy::Policy;
use crate::state::{Kind, Place, Table, Tag, Tagged};

#[derive(Debug)]
pub(super) struct Subjects {
    pub ip: Option<Place>,
    pub network: Option<Place>,
    pub fingerprint: Option<Place>,
    pub usernames: Vec<Username>,
    /// Every distinct password.
    pub passwords: Vec<Password>,
    /// What has failed if the attempt fails: every pair, or all that was sent where that is
    /// not clear.
    pub pairs: Vec<Tag>,
    /// What the address is among those of a username.
    pub ip_tag: Option<Tag>,
}

/// An account, whether there is one or not.
#[derive(Debug)]
pub(super) struct Username {
    pub name: String,
    pub tag: Tag,
    pub place: Place,
}

/// A password, of which no more than a tag is known, not even to its place in the state.
#[derive(Debug)]
pub(super) struct Password {
    pub tag: Tag,
    pub place: Place,
}

impl Subjects {
    pub fn of(
        policy: &Policy,
        table: &Table,
        client: &Client,
        standing: &Standing,
        facts: &Facts,
    ) -> Self {
        let key = table.hash_key();
        let mut usernames: Vec<&String> =
            facts.pairs.iter().filter_map(|pair| pair.username.as_ref()).collect();
        usernames.sort_unstable();
        usernames.dedup();
        let username = |name: &String| Username {
            name: name.clone(),
            tag: key.tag(Tagged::Username, name.as_bytes()),
            place: table.place(Kind::Username, name.as_bytes()),
        };
        let mut passwords: Vec<Password> = Vec::new();
        for digest in facts.pairs.iter().filter_map(|pair| pair.password.as_ref()) {
            let tag = key.tag(Tagged::Password, digest.as_bytes());
            if passwords.iter().all(|password| password.tag != tag) {
                let place = table.place(Kind::Password, &tag.wide().to_le_bytes());
                passwords.push(Password { tag, place });
            }
        }
        let pair = |Pair { username, password }: &Pair| {
            let username = username.as_deref().unwrap_or_default();
            password.as_ref().map(|password| key.pair(username.as_bytes(), password.as_bytes()))
        };
        let unread = facts.unread.as_ref().map(|body| key.pair(b"", body.as_bytes()));
        let ip = client.key(policy.client.ipv6_prefix);
        Self {
            ip: standing.ip.as_ref().map(|known| known.place),
            network: standing.network.as_ref().map(|known| known.place),
            fingerprint: standing.fingerprint.as_ref().map(|known| known.place),
            usernames: usernames.into_iter().map(username).collect(),
            passwords,
            pairs: match unread {
                Some(all) => vec![all],
                None => facts.pairs.iter().filter_map(pair).collect(),
            },
            ip_tag: ip.map(|ip| key.tag(Tagged::Address, &ip)),
        }
    }
}
