//! Attack mode of an endpoint: whether an attack is under way that no single client shows.
//!
//! An attack with one attempt per address leaves no trace in any client's entry. It cannot hide in
//! *shares*: nearly all logins of unknown devices fail, and nearly all of these failures are
//! breached passwords, while a fifth of people's failures are. Shares are used instead of rates: a
//! rush of real people raises rate, failures and successes together, and changes no share much.
//! Counts are distinct: an address counts a failing pair once and contributes a few at most, so
//! that a broken script is no attack either.
//!
//! Each worker adds up its own counts (`stats`) and writes them once a second to its own key, one
//! of 16 per endpoint. All keys are read on the same tick, so that no key is written at every
//! login. The shares are compared with one record per endpoint (`baseline`), which also holds
//! whether attack mode is on and is written once a minute.

pub(crate) mod baseline;
mod recent;
mod stats;
pub(crate) mod stripe;

use std::cell::{Cell, RefCell};

use baseline::AttackModeRecord;
use recent::RecentStats;
pub(crate) use stats::EndpointStats;
use stripe::Stripe;

use crate::policy::EndpointId;
use crate::state::{HashKey, Store, Tagged};
use crate::time::Millis;

/// The number of keys that an endpoint's counts are spread over.
pub(crate) const STRIPES: u8 = 16;

/// How often the baseline is written, in seconds.
const LEARN_SECONDS: u32 = 60;

/// A change of attack mode, to log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModeChange {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// Whether attack mode began. Otherwise it ended.
    pub under_attack: bool,
}

/// What the rules know about an endpoint.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SiteView {
    pub under_attack: bool,
    /// Usernames that succeeded at any endpoint in a day, each counted once per address.
    pub succeeded_in_a_day: u32,
}

/// One worker's view of all endpoints.
pub(crate) struct AttackMonitor {
    endpoints: Vec<EndpointMonitor>,
    stripe: u8,
    ticked: Cell<Option<u32>>,
    /// The sum over all endpoints at the last tick.
    succeeded_in_a_day: Cell<u32>,
}

struct EndpointMonitor {
    /// The key of its record.
    record: String,
    stripes: [String; STRIPES as usize],
    /// The counts of this worker since its last tick.
    fresh: RefCell<EndpointStats>,
    under_attack: Cell<bool>,
    /// The stripes that exist, one bit each.
    found: Cell<u16>,
    /// The next stripe to look for.
    probe: Cell<u8>,
}

impl AttackMonitor {
    /// A monitor of the endpoints with these names. `stripe` selects the key that this worker
    /// writes.
    pub(crate) fn new<'a>(key: &HashKey, names: impl Iterator<Item = &'a str>, stripe: u8) -> Self {
        let site = |name: &str| {
            let tag = key.tag(Tagged::Endpoint, name.as_bytes());
            let mut indices = 0..STRIPES;
            EndpointMonitor {
                record: baseline::key(tag),
                stripes: std::array::from_fn(|_| {
                    stripe::key(tag, indices.next().unwrap_or_default())
                }),
                fresh: RefCell::default(),
                under_attack: Cell::new(false),
                found: Cell::new(0),
                probe: Cell::new(0),
            }
        };
        Self {
            endpoints: names.map(site).collect(),
            stripe: stripe % STRIPES,
            ticked: Cell::new(None),
            succeeded_in_a_day: Cell::new(0),
        }
    }

    pub(crate) fn set_stripe(&mut self, stripe: u8) {
        self.stripe = stripe % STRIPES;
    }

    /// The view of an attempt that may be at any of these endpoints.
    pub(crate) fn view(&self, endpoints: &[EndpointId]) -> SiteView {
        let monitors = endpoints.iter().filter_map(|at| self.endpoints.get(at.position()));
        SiteView {
            under_attack: monitors.into_iter().any(|site| site.under_attack.get()),
            succeeded_in_a_day: self.succeeded_in_a_day.get(),
        }
    }

    /// Adds to this worker's counts of an endpoint.
    pub(crate) fn note(&self, endpoint: EndpointId, note: impl FnOnce(&mut EndpointStats)) {
        if let Some(site) = self.endpoints.get(endpoint.position()) {
            note(&mut site.fresh.borrow_mut());
        }
    }

    /// Whether the last tick was in another second.
    pub(crate) fn is_due(&self, now: Millis) -> bool {
        self.ticked.get() != Some(now.seconds())
    }

    /// Writes this worker's counts, reads those of all workers, and updates attack mode and
    /// baseline.
    pub(crate) fn tick(&self, store: &impl Store, now: Millis) -> Vec<ModeChange> {
        self.ticked.set(Some(now.seconds()));
        let mut changes = Vec::new();
        let mut succeeded = 0u32;
        for (position, site) in self.endpoints.iter().enumerate() {
            let Some(seen) = site.exchange(store, self.stripe, now) else { continue };
            succeeded = succeeded.saturating_add(seen.succeeded_in_a_day);
            let (under_attack, is_news) = site.judge(store, &seen, now);
            site.under_attack.set(under_attack);
            if is_news {
                changes.push(ModeChange { endpoint: EndpointId::new(position), under_attack });
            }
        }
        self.succeeded_in_a_day.set(succeeded);
        changes
    }
}

impl EndpointMonitor {
    /// The counts of all workers. `None` if this worker never saw a login at the endpoint.
    fn exchange(&self, store: &impl Store, own: u8, now: Millis) -> Option<RecentStats> {
        let fresh = self.fresh.take();
        let mut seen = RecentStats::default();
        let mut found = self.found.get();
        let is_new = found == 0;
        if is_new && fresh.is_empty() {
            return None;
        }
        // The first time all stripes are read, then those that exist and one more in turn, because
        // workers come and go.
        let probe = self.probe.get() % STRIPES;
        self.probe.set(probe + 1);
        for (index, key) in (0..STRIPES).zip(&self.stripes) {
            let stripe = if index == own && !fresh.is_empty() {
                Some(Stripe::add(store, key, &fresh, now))
            } else if is_new || index == probe || found & 1 << index != 0 {
                Stripe::at(store, key, now)
            } else {
                None
            };
            if let Some(stripe) = stripe {
                found |= 1 << index;
                seen.add(&stripe, now);
            }
        }
        self.found.set(found);
        (found != 0).then_some(seen)
    }

    /// Whether attack mode is on, and whether this worker is the first to find a change and so
    /// reports it.
    fn judge(&self, store: &impl Store, seen: &RecentStats, now: Millis) -> (bool, bool) {
        let record = AttackModeRecord::stored(store, &self.record);
        let next = record.next(seen, now.seconds());
        let learns = now.seconds().abs_diff(record.written) >= LEARN_SECONDS;
        if next.under_attack == record.under_attack && !learns {
            return (record.under_attack, false);
        }
        AttackModeRecord::change(store, &self.record, |stored| stored.next(seen, now.seconds()))
    }
}

#[cfg(test)]
mod tests;
