//! Attack mode of an endpoint: whether an attack is under way that no single client shows.
//!
//! An attack with one attempt per address leaves no trace in any client's entry. It cannot hide in
//! *shares*: nearly all logins of unknown devices fail, nearly all of these failures are breached
//! passwords, while a fifth of people's failures are, and no success follows, while people end
//! nearly all of their visits with one. Shares are used instead of rates: a rush of real people
//! raises rate, failures and successes together, and changes no share much. Counts are distinct: an
//! address counts a failing pair once and contributes a few at most, so that a broken script is no
//! attack either.
//!
//! Each worker adds up its own counts (`stats`) and writes them once a second to its own key, one
//! of 16 per endpoint. All keys that workers write are read on the same tick, so that no key is
//! written at every login. The counts are compared with one record per endpoint (`record`), which
//! holds what is normal there (`baseline`) and whether attack mode is on.
//!
//! An attack that is spread over many endpoints stands out at none. So the same comparison is made
//! with the sum of all endpoints that are not in attack mode themselves, and what it finds holds
//! for all of them. One that is spread over many gateways is found with the fleet (`suspicion`).

mod baseline;
mod conditions;
mod evidence;
mod recent;
pub(crate) mod record;
mod stats;
pub(crate) mod stripe;
pub(crate) mod suspicion;

use std::cell::{Cell, RefCell};

use recent::RecentStats;
use record::{AttackModeRecord, RecordChange};
pub(crate) use stats::EndpointStats;
use stats::VisitTotals;
use stripe::Stripe;
use suspicion::{ALONE, Addition, LEAST, SuspicionRecord};

use crate::policy::EndpointId;
use crate::state::{HashKey, Store, Tag, Tagged};
use crate::time::Millis;

/// The number of keys that an endpoint's counts are spread over.
pub(crate) const STRIPES: u8 = 16;

/// How often the record is written, in seconds.
const LEARN_SECONDS: u32 = 60;

/// What stands for all endpoints in place of a name. No endpoint has an empty one.
const ALL_ENDPOINTS: &[u8] = b"";

/// A change of attack mode, to log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModeChange {
    /// The endpoint. `None`: all endpoints together.
    pub endpoint: Option<EndpointId>,
    /// Whether attack mode began. Otherwise it ended.
    pub under_attack: bool,
}

/// Suspicion of which the fleet is not told yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewSuspicion {
    /// The endpoint. `None`: all endpoints together.
    pub endpoint: Option<EndpointId>,
    /// The number of the window in which it counts.
    pub window: u32,
    /// How much, in per cent of what begins attack mode at one gateway.
    pub percent: u32,
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
    /// All endpoints together, if there are several.
    together: Option<AttackState>,
    stripe: u8,
    /// Whether suspicion is shared with a fleet.
    is_of_a_fleet: bool,
    ticked: Cell<Option<u32>>,
    /// The sum over all endpoints at the last tick.
    succeeded_in_a_day: Cell<u32>,
}

struct EndpointMonitor {
    state: AttackState,
    stripes: [String; STRIPES as usize],
    /// The counts of this worker since its last tick.
    fresh: RefCell<EndpointStats>,
}

/// What is known of an endpoint, or of all together, and where it is stored.
struct AttackState {
    /// The key of its record.
    record: String,
    /// The key of what the fleet was told.
    told: String,
    under_attack: Cell<bool>,
    /// As of the last tick.
    suspicion: Cell<f64>,
}

/// What a worker read of an endpoint at a tick.
struct EndpointReading {
    record: AttackModeRecord,
    seen: RecentStats,
    /// Whether the counts of all workers that the record names were read. Only then may this worker
    /// change the record.
    is_complete: bool,
}

/// What a worker found, and may have written, about an endpoint.
#[derive(Default)]
struct EndpointFinding {
    under_attack: bool,
    /// This worker is the first to find a change, and so reports it.
    is_news: bool,
    /// The visits that the record took in with this write.
    visits: VisitTotals,
}

impl AttackMonitor {
    /// A monitor of the endpoints with these names. `stripe` selects the key that this worker
    /// writes.
    pub(crate) fn new<'a>(key: &HashKey, names: impl Iterator<Item = &'a str>, stripe: u8) -> Self {
        let site = |name: &str| {
            let tag = key.tag(Tagged::Endpoint, name.as_bytes());
            let mut indices = 0..STRIPES;
            EndpointMonitor {
                state: AttackState::new(tag),
                stripes: std::array::from_fn(|_| {
                    stripe::key(tag, indices.next().unwrap_or_default())
                }),
                fresh: RefCell::default(),
            }
        };
        let endpoints: Vec<EndpointMonitor> = names.map(site).collect();
        let together = || AttackState::new(key.tag(Tagged::Endpoint, ALL_ENDPOINTS));
        Self {
            together: (endpoints.len() > 1).then(together),
            endpoints,
            stripe: stripe % STRIPES,
            is_of_a_fleet: false,
            ticked: Cell::new(None),
            succeeded_in_a_day: Cell::new(0),
        }
    }

    pub(crate) fn set_stripe(&mut self, stripe: u8) {
        self.stripe = stripe % STRIPES;
    }

    /// The same monitor at a gateway that shares its suspicion with others, or does not.
    pub(crate) fn in_a_fleet(self, is_of_a_fleet: bool) -> Self {
        Self { is_of_a_fleet, ..self }
    }

    /// The view of an attempt that may be at any of these endpoints.
    pub(crate) fn view(&self, endpoints: &[EndpointId]) -> SiteView {
        let mut monitors = endpoints.iter().filter_map(|at| self.endpoints.get(at.position()));
        let together = self.together.as_ref().is_some_and(|all| all.under_attack.get());
        SiteView {
            under_attack: monitors.any(|site| site.state.under_attack.get() || together),
            succeeded_in_a_day: self.succeeded_in_a_day.get(),
        }
    }

    /// Adds to this worker's counts of an endpoint.
    pub(crate) fn note(&self, endpoint: EndpointId, stats: &EndpointStats) {
        if let Some(site) = self.endpoints.get(endpoint.position()) {
            let mut fresh = site.fresh.borrow_mut();
            *fresh = fresh.plus(stats);
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
        let (mut calm, mut visits, mut is_complete) =
            (RecentStats::default(), VisitTotals::default(), true);
        let mut succeeded = 0u32;
        for (position, site) in self.endpoints.iter().enumerate() {
            let Some(read) = site.exchange(store, self.stripe, now) else { continue };
            succeeded = succeeded.saturating_add(read.seen.succeeded_in_a_day);
            is_complete &= read.is_complete;
            let found = read.judge(store, &site.state, self.is_of_a_fleet, now);
            site.state.under_attack.set(found.under_attack);
            if found.is_news {
                let endpoint = Some(EndpointId::new(position));
                changes.push(ModeChange { endpoint, under_attack: found.under_attack });
            }
            if !found.under_attack && !found.is_news {
                calm.plus(&read.seen);
                visits = visits.plus(&found.visits);
            }
        }
        self.succeeded_in_a_day.set(succeeded);
        if let Some(all) = &self.together {
            let seen = Together { calm, visits, is_complete };
            let found = seen.judge(store, all, self.is_of_a_fleet, now);
            let under_attack = found.under_attack;
            all.under_attack.set(under_attack);
            changes.extend(found.is_news.then_some(ModeChange { endpoint: None, under_attack }));
        }
        changes
    }

    /// The suspicion of the last tick that no worker has handed out yet.
    pub(crate) fn new_suspicions(&self, store: &impl Store, now: Millis) -> Vec<NewSuspicion> {
        let endpoints = self.endpoints.iter().enumerate();
        let endpoints = endpoints.map(|(at, site)| (Some(EndpointId::new(at)), &site.state));
        let states = endpoints.chain(self.together.iter().map(|all| (None, all)));
        let suspected = states.filter(|(_, state)| state.suspicion.get() >= LEAST);
        let added = suspected.filter_map(|(endpoint, state)| {
            let added = SuspicionRecord::tell(store, &state.told, state.suspicion.get(), now)?;
            let Addition { window, percent } = added;
            Some(NewSuspicion { endpoint, window, percent })
        });
        added.collect()
    }

    /// Takes in that the fleet's limit is exceeded at an endpoint, or at all together.
    pub(crate) fn note_over(&self, store: &impl Store, endpoint: Option<EndpointId>, now: Millis) {
        let at = |at: EndpointId| self.endpoints.get(at.position()).map(|site| &site.state);
        if let Some(state) = endpoint.map_or(self.together.as_ref(), at) {
            SuspicionRecord::note_over(store, &state.told, now);
        }
    }
}

impl AttackState {
    fn new(tag: Tag) -> Self {
        Self {
            record: record::key(tag),
            told: suspicion::key(tag),
            under_attack: Cell::new(false),
            suspicion: Cell::new(0.0),
        }
    }

    /// Keeps the suspicion, and returns the one that begins attack mode.
    fn needed(&self, store: &impl Store, suspicion: f64, in_a_fleet: bool, now: Millis) -> f64 {
        self.suspicion.set(suspicion);
        let asks = in_a_fleet && (LEAST..ALONE).contains(&suspicion);
        if asks { SuspicionRecord::needed(store, &self.told, now) } else { ALONE }
    }
}

/// What a worker read of all endpoints that are not in attack mode.
struct Together {
    calm: RecentStats,
    /// The visits that their records have just taken in.
    visits: VisitTotals,
    is_complete: bool,
}

impl Together {
    /// Whether all endpoints together are under attack, and whether this worker is the first to find a
    /// change. Their record takes in the visits that the record of an endpoint has just taken in.
    fn judge(
        &self,
        store: &impl Store,
        all: &AttackState,
        in_a_fleet: bool,
        now: Millis,
    ) -> RecordChange {
        let seen = |stored: &AttackModeRecord| RecentStats {
            totals: stored.totals.plus(&self.visits),
            ..self.calm
        };
        let stored = AttackModeRecord::stored(store, &all.record);
        let suspicion =
            if self.is_complete { stored.suspicion(&seen(&stored), now.seconds()) } else { 0.0 };
        let needed = all.needed(store, suspicion, in_a_fleet, now);
        let next = |stored: AttackModeRecord| stored.next(&seen(&stored), now.seconds(), needed);
        let is_still = next(stored).under_attack == stored.under_attack
            && self.visits == VisitTotals::default()
            && now.seconds().abs_diff(stored.written) < LEARN_SECONDS;
        if is_still || !self.is_complete {
            let under_attack = stored.under_attack;
            return RecordChange { under_attack, is_stored: false, is_news: false };
        }
        AttackModeRecord::change(store, &all.record, |stored| Some(next(stored)))
    }
}

impl EndpointMonitor {
    /// Writes this worker's counts and reads those of all workers. `None` if no worker ever saw a
    /// login at the endpoint.
    fn exchange(&self, store: &impl Store, own: u8, now: Millis) -> Option<EndpointReading> {
        let fresh = self.fresh.take();
        let own = usize::from(own % STRIPES);
        let is_own = |index: usize| index == own;
        let added = (self.stripes.get(own).filter(|_| !fresh.is_empty()))
            .map(|key| Stripe::add(store, key, &fresh, now));
        let mut record = AttackModeRecord::stored(store, &self.state.record);
        if added.is_some() && record.stripes & 1 << own == 0 {
            // Written first, then named, so that every reader of the record finds it.
            record = AttackModeRecord::name_stripe(store, &self.state.record, own);
        }
        let mut read = EndpointReading { record, seen: RecentStats::default(), is_complete: true };
        for (index, key) in self.stripes.iter().enumerate() {
            if record.stripes & 1 << index == 0 {
                continue;
            }
            let stripe = added.filter(|_| is_own(index)).or_else(|| Stripe::at(store, key, now));
            match stripe {
                Some(stripe) => read.seen.add(&stripe, now),
                None => read.is_complete = false,
            }
        }
        (record.stripes != 0).then_some(read)
    }
}

impl EndpointReading {
    fn judge(
        &self,
        store: &impl Store,
        at: &AttackState,
        in_a_fleet: bool,
        now: Millis,
    ) -> EndpointFinding {
        let Self { record, seen, is_complete } = self;
        let suspicion = if *is_complete { record.suspicion(seen, now.seconds()) } else { 0.0 };
        let needed = at.needed(store, suspicion, in_a_fleet, now);
        let next = record.next(seen, now.seconds(), needed);
        let learns = now.seconds().abs_diff(record.written) >= LEARN_SECONDS;
        if !is_complete || (next.under_attack == record.under_attack && !learns) {
            return EndpointFinding {
                under_attack: record.under_attack,
                ..EndpointFinding::default()
            };
        }
        // Another worker that wrote in between has judged, or has named a stripe that is not read.
        let changed = AttackModeRecord::change(store, &at.record, |stored| {
            (stored == *record).then_some(next)
        });
        let taken_in = next.totals.since(&record.totals);
        let visits = if changed.is_stored { taken_in } else { VisitTotals::default() };
        EndpointFinding { under_attack: changed.under_attack, is_news: changed.is_news, visits }
    }
}

#[cfg(test)]
mod tests;
