//! Everyone that an attempt speaks of: identities and keyed tags, no credentials.

use crate::client::Client;
use crate::facts::{Facts, Pair};
use crate::policy::Policy;
use crate::state::{Table, Tag, Tagged};

#[derive(Debug)]
pub(super) struct Subjects {
    pub ip: Option<[u8; 17]>,
    pub network: Option<[u8; 7]>,
    pub fingerprint: Option<[u8; 8]>,
    pub usernames: Vec<(String, Tag)>,
    /// Every distinct password.
    pub passwords: Vec<Tag>,
    /// What has failed if the attempt fails: every pair, or all that was sent where that is
    /// not clear.
    pub pairs: Vec<Tag>,
    /// What the address is among those of a username.
    pub ip_tag: Option<Tag>,
}

impl Subjects {
    pub fn of(policy: &Policy, table: &Table, client: &Client, facts: &Facts) -> Self {
        let key = table.hash_key();
        let mut usernames: Vec<&String> =
            facts.pairs.iter().filter_map(|pair| pair.username.as_ref()).collect();
        usernames.sort_unstable();
        usernames.dedup();
        let with_tag = |name: &String| (name.clone(), key.tag(Tagged::Username, name.as_bytes()));
        let mut passwords = Vec::new();
        for digest in facts.pairs.iter().filter_map(|pair| pair.password.as_ref()) {
            let tag = key.tag(Tagged::Password, digest.as_bytes());
            if !passwords.contains(&tag) {
                passwords.push(tag);
            }
        }
        let pair = |Pair { username, password }: &Pair| {
            let username = username.as_deref().unwrap_or_default();
            password.as_ref().map(|password| key.pair(username.as_bytes(), password.as_bytes()))
        };
        let unread = facts.unread.as_ref().map(|body| key.pair(b"", body.as_bytes()));
        let ip = client.key(policy.client.ipv6_prefix);
        Self {
            ip,
            network: client.network_key(),
            fingerprint: client.fingerprint.map(|fingerprint| fingerprint.key()),
            usernames: usernames.into_iter().map(with_tag).collect(),
            passwords,
            pairs: match unread {
                Some(all) => vec![all],
                None => facts.pairs.iter().filter_map(pair).collect(),
            },
            ip_tag: ip.map(|ip| key.tag(Tagged::Address, &ip)),
        }
    }

    /// Of a password no more than a tag is known, not even to its place in the state.
    pub fn password_key(password: Tag) -> [u8; 4] {
        password.wide().to_le_bytes()
    }
}
