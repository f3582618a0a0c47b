//! The chain of one worker's lines: nobody who has not got the key can change them unseen.
//!
//! Each line has its worker and a number, and ends with an HMAC over the line and the HMAC of the one
//! before. A line is long, and SHA-256 over all of it would cost a worker more than all else that a line
//! costs. So the HMAC-SHA-256 is over a keyed digest of the line: SipHash-2-4 with 128 bits (Aumasson and
//! Bernstein 2012), whose authors mean it as a MAC, under a key that is made of the chain's. Nobody sees the
//! digest, and without the key nobody finds another line with the same one. So a line cannot be removed,
//! changed, moved or repeated.
//!
//! The first line, number 0, names the key and the configuration. Once a minute the worker writes a
//! heartbeat and makes the next key of its key, one way: what is written before that cannot be forged with
//! what the worker keeps.
//!
//! The end of a chain can be cut unseen, if the heartbeats are cut with it. So the number of lines
//! is a metric, too.

use hmac::Hmac;
use sha2::Sha256;
use siphasher::sip128::SipHasher24;

use super::json::{push_hex, push_number};
use super::keys::{KEY_BYTES, RecordKey, add, finished, hmac};

/// The bytes of a worker's name in a record.
pub const WORKER_BYTES: usize = 8;

/// The bytes of a line's HMAC, which is cut to half. RFC 2104 advises no less.
pub const MAC_BYTES: usize = 16;

/// How each line begins.
pub const BEGIN: &str = "{\"record\":1,\"worker\":\"";

/// What stands between a line and its HMAC.
const BEFORE_MAC: &str = ",\"mac\":";

/// What follows the HMAC.
const END: &str = "\"}";

/// The key of a chain in one of its minutes.
#[derive(Clone)]
pub struct ChainKey {
    mac: Hmac<Sha256>,
    digest: SipHasher24,
}

impl ChainKey {
    /// The first key of a worker's chain.
    #[must_use]
    pub fn first(key: &RecordKey, worker: &[u8; WORKER_BYTES]) -> Self {
        Self::of(&key.chain(worker))
    }

    /// The key after a heartbeat.
    #[must_use]
    pub fn next(&self) -> Self {
        Self::of(&self.derived(b"next"))
    }

    fn of(key: &[u8; KEY_BYTES]) -> Self {
        let mut made = Self { mac: hmac(key), digest: SipHasher24::new() };
        let [of_lines, _] = halves(made.derived(b"line"));
        made.digest = SipHasher24::new_with_key(&of_lines);
        made
    }

    fn derived(&self, what: &[u8]) -> [u8; KEY_BYTES] {
        let mut mac = self.mac.clone();
        add(&mut mac, what);
        finished(mac)
    }

    /// The HMAC of a line without its end, after a line with this HMAC.
    #[must_use]
    pub fn mac(&self, before: &[u8; MAC_BYTES], line: &[u8]) -> [u8; MAC_BYTES] {
        let mut mac = self.mac.clone();
        add(&mut mac, before);
        add(&mut mac, &self.digest.hash(line).as_bytes());
        let [left, _] = halves(finished(mac));
        left
    }
}

impl std::fmt::Debug for ChainKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ChainKey(..)")
    }
}

fn halves(whole: [u8; 2 * MAC_BYTES]) -> [[u8; MAC_BYTES]; 2] {
    let half = |at: usize| whole.get(at..).and_then(|it| it.first_chunk()).copied();
    [half(0).unwrap_or_default(), half(MAC_BYTES).unwrap_or_default()]
}

/// A line and its HMAC; `None` if it has none.
#[must_use]
pub fn split(line: &str) -> Option<(&str, [u8; MAC_BYTES])> {
    let (body, rest) = line.rsplit_once(BEFORE_MAC)?;
    let mut mac = [0; MAC_BYTES];
    hex::decode_to_slice(rest.strip_prefix('"')?.strip_suffix(END)?, &mut mac).ok()?;
    Some((body, mac))
}

/// A worker's chain, as it grows.
#[derive(Debug)]
pub(crate) struct Chain {
    worker: String,
    key: ChainKey,
    /// The number of the next line.
    next: u64,
    before: [u8; MAC_BYTES],
    /// How often the key has changed.
    epoch: u64,
}

impl Chain {
    pub(crate) fn new(key: &RecordKey, worker: &[u8; WORKER_BYTES]) -> Self {
        Self {
            worker: hex::encode(worker),
            key: ChainKey::first(key, worker),
            next: 0,
            before: [0; MAC_BYTES],
            epoch: 0,
        }
    }

    /// How many lines it has.
    pub(crate) fn lines(&self) -> u64 {
        self.next
    }

    /// How often the key has changed.
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The next line, from the members of its object.
    pub(crate) fn seal(&mut self, members: &[u8]) -> String {
        let mut line = Vec::with_capacity(members.len() + 128);
        for part in [BEGIN, &self.worker, "\",\"line\":"] {
            line.extend_from_slice(part.as_bytes());
        }
        push_number(&mut line, self.next);
        line.push(b',');
        line.extend_from_slice(members);
        self.before = self.key.mac(&self.before, &line);
        self.next += 1;
        line.extend_from_slice(BEFORE_MAC.as_bytes());
        push_hex(&mut line, &self.before);
        line.push(b'}');
        // Members are ASCII.
        String::from_utf8(line).unwrap_or_default()
    }

    /// Forgets the key, after a heartbeat.
    pub(crate) fn evolve(&mut self) {
        self.key = self.key.next();
        self.epoch += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::signing::SecretKey;

    #[test]
    fn line_is_sealed_with_the_one_before_and_the_key_of_its_minute() {
        let key = RecordKey::of(&SecretKey::new(vec![1; 32]).expect("long enough"));
        let worker = [7; WORKER_BYTES];
        let mut chain = Chain::new(&key, &worker);
        let lines = [chain.seal(b"\"a\":1"), chain.seal(b"\"a\":1")];
        chain.evolve();
        let after = chain.seal(b"\"a\":2");
        let first = ChainKey::first(&key, &worker);
        let mut before = [0; MAC_BYTES];
        for (line, key) in lines.iter().map(|line| (line, &first)).chain([(&after, &first.next())])
        {
            let (body, mac) = split(line).expect("a sealed line");
            assert_eq!(mac, key.mac(&before, body.as_bytes()), "{line}");
            before = mac;
            let _: serde_json::Value = serde_json::from_str(line).expect("JSON");
        }
        assert_eq!((chain.lines(), chain.epoch()), (3, 1));
        assert!(split("{\"record\":1}").is_none());
    }
}
