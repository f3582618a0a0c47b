//! The configured module: validated once, shared by all requests of a worker.
//!
//! A configuration that is not valid is rejected with all its problems in the log, and
//! Envoy keeps the one before it. Old and new configuration can share one VM, so nothing
//! lives in statics.

use std::cell::Cell;

use unstuff_engine::attempt::{Changes, Engine, Host, ResponseEffects};
use unstuff_engine::breached::Filter;
use unstuff_engine::config::{self, VmEnvironment};
use unstuff_engine::decision::password_record::ABSENT_REQUESTS;
use unstuff_engine::outcome::QUIET_ATTEMPTS;
use unstuff_engine::policy::Policy;
use unstuff_engine::state::Table;
use unstuff_engine::time::Millis;
use unstuff_engine::tokens::signing::{Keys, MIN_KEY_BYTES};

use crate::VERSION;
use crate::announce::{self, Announcement};
use crate::host::{self, Level};
use crate::metrics::{self, Metric, Metrics};
use crate::segment::Segment;
use crate::shared::SharedData;

/// What all requests under one configuration share.
pub(crate) struct Module {
    /// Decides.
    pub engine: Engine,
    /// Counts.
    pub metrics: Metrics,
    /// The configuration's hash.
    configuration: [u8; 8],
    passwords: Option<Filter<Segment>>,
    pairs: Option<Filter<Segment>>,
    /// When the log was last warned of a load balancer.
    last_balancer_warning: Cell<Option<Millis>>,
    /// The clock could not be read, and the log says so.
    clock_failed: Cell<bool>,
}

/// Seconds between two warnings about the same load balancer.
const BALANCER_WARNING_INTERVAL: u64 = 300;

impl Module {
    /// Validates a configuration and opens the state.
    ///
    /// # Errors
    /// Lines for the log: every problem at once.
    pub(crate) fn configure(bytes: &[u8]) -> Result<Self, Vec<String>> {
        let variable = |name: &str| std::env::var(name).ok();
        let configured = config::parse_in(VmEnvironment::Known(&variable), bytes)
            .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>())?;
        let mut announcement = Announcement::default();
        announcement.say_all(&configured.notices);
        announcement.say(Level::Info, format!("version {VERSION}"));
        let mut random = [0; 16];
        getrandom::fill(&mut random)
            .map_err(|error| vec![format!("state: no randomness for its hash key: {error}")])?;
        let [stripe, ..] = random;
        let table = Table::open(&SharedData, configured.policy.state, random)
            .map_err(|error| vec![format!("state: {error}")])?;
        if table.waiting_for_restart() {
            announcement.say(
                Level::Warn,
                "state: `max_bytes` has changed; the size is fixed when first used and the new \
                 one takes effect when Envoy restarts",
            );
        }
        let passwords = open_filter("passwords", Segment::passwords(), &mut announcement);
        let pairs = open_filter("pairs", Segment::pairs(), &mut announcement);
        if passwords.is_none() {
            announcement.say(
                Level::Warn,
                "no filter of breached passwords: `password.breached` is never true; add one with \
                 `unstuff pack`",
            );
        }
        let keys = signing_keys(&configured.policy)?;
        let configuration = announce::hash_of(bytes);
        announcement.publish(&configuration);
        Ok(Self {
            engine: Engine::new(configured.policy, table)
                .with_challenge(&keys)
                .with_devices(keys)
                .on_stripe(stripe),
            metrics: Metrics::define(),
            configuration,
            passwords,
            pairs,
            last_balancer_warning: Cell::new(None),
            clock_failed: Cell::new(false),
        })
    }

    /// What the engine needs of the host to decide now.
    /// `None` while the proxy's clock cannot be read: no window, ban or token can be judged
    /// without the time, so logins pass, and the log says so once. No request can cause it.
    pub(crate) fn host(&self) -> Option<Host<'_, SharedData, Filter<Segment>>> {
        let now = self.now()?;
        Some(Host {
            now,
            store: &SharedData,
            entries: &SharedData,
            passwords: self.passwords.as_ref(),
            pairs: self.pairs.as_ref(),
        })
    }

    /// The proxy's time.
    pub(crate) fn now(&self) -> Option<Millis> {
        let now = host::now();
        let is_news = now.is_none() && !self.clock_failed.replace(now.is_none());
        if is_news {
            host::log(
                Level::Error,
                "the proxy's clock cannot be read: logins pass without a verdict until it can",
            );
        }
        now
    }

    /// Counts what a response taught.
    pub(crate) fn learn(&self, learnt: &ResponseEffects) {
        self.metrics.count(metrics::outcome(learnt.outcome));
        if learnt.is_unread {
            self.metrics.count(Metric::Unread);
        }
        self.count_changes(&learnt.changes);
        if let Some(said) = &learnt.suggestion {
            self.metrics.count(Metric::Suggested);
            announce::warn_once(&said.endpoint, &self.configuration, &said.to_string());
        }
        if let Some(endpoint) = &learnt.unrecognised {
            self.metrics.count(Metric::Unrecognised);
            host::log(
                Level::Warn,
                &format!(
                    "endpoint `{endpoint}`: {QUIET_ATTEMPTS} attempts brought no failure; its outcomes are not \
                     recognised and grant nothing: configure its `failure` and `success`",
                ),
            );
        }
    }

    /// Exchanges with other workers what was seen, and says when attack mode changes.
    pub(crate) fn tick(&self) {
        let Some(host) = self.host() else { return };
        let changes = self.engine.tick(&host);
        self.metrics.set(Metric::ChallengeReach, self.engine.reach(host.now) as u64);
        for change in changes {
            let began = change.under_attack;
            self.metrics.count(if began { Metric::AttackBegan } else { Metric::AttackEnded });
            let endpoint = change.endpoint.and_then(|it| self.engine.policy().endpoint(it));
            let site = match endpoint {
                Some(endpoint) => format!("endpoint `{}`", endpoint.name),
                None => "all endpoints together".to_owned(),
            };
            let what = if began {
                "failures, breached passwords or visits without a success stand out from what is \
                 normal: site.under_attack holds"
            } else {
                "what stood out is over: site.under_attack does not hold any more"
            };
            host::log(Level::Warn, &format!("{site}: {what}"));
        }
        for endpoint in self.engine.without_passwords(&host) {
            self.metrics.count(Metric::WithoutPasswords);
            let name = self.engine.policy().endpoint(endpoint).map(|it| it.name.as_str());
            host::log(
                Level::Warn,
                &format!(
                    "endpoint `{}`: {ABSENT_REQUESTS} requests held nothing that could be the \
                     password, and none ever did; if logins go there, they pass unseen: name in \
                     its `credentials` the fields that the application reads",
                    name.unwrap_or_default()
                ),
            );
        }
    }

    /// Says loudly, but not with every login, that one address is everybody's.
    pub(crate) fn warn_of_load_balancer(&self) {
        let Some(now) = self.now() else { return };
        let lately =
            |then: Millis| then <= now && now < then.plus_seconds(BALANCER_WARNING_INTERVAL);
        if self.last_balancer_warning.get().is_some_and(lately) {
            return;
        }
        self.last_balancer_warning.set(Some(now));
        host::log(
            Level::Error,
            "client.address: a great part of all users succeed from one address, which must be a \
             load balancer's; rules about addresses are in shadow for it and the attacks among \
             it go unseen; set \"client\": {\"address\": …}",
        );
    }

    /// Counts what happened to the state.
    pub(crate) fn count_changes(&self, changes: &Changes) {
        let add = |metric, amount| self.metrics.add(metric, amount);
        add(Metric::Evictions, i64::from(changes.evicted));
        add(Metric::CasExhausted, i64::from(changes.lost));
        add(Metric::StateBytes, i64::try_from(changes.bytes).unwrap_or(0));
        add(Metric::StateEntries, i64::from(changes.entries));
    }
}

/// The configured keys, else a random one that the workers of this process agree on.
fn signing_keys(policy: &Policy) -> Result<Keys, Vec<String>> {
    if let Some(keys) = Keys::configured(&policy.keys) {
        return Ok(keys);
    }
    let mut random = [0; MIN_KEY_BYTES];
    getrandom::fill(&mut random).map_err(|error| vec![format!("keys: no randomness: {error}")])?;
    Keys::agreed(&SharedData, random).map_err(|error| vec![format!("keys: {error}")])
}

/// Opens a packed filter, if there is one, and says what it is.
fn open_filter(
    what: &str,
    packed: Segment,
    announcement: &mut Announcement,
) -> Option<Filter<Segment>> {
    if packed.len() == 0 {
        return None;
    }
    match Filter::open(packed, u64::from(packed.len())) {
        Ok(filter) => {
            let header = filter.header();
            let rate = 1.0 / header.fp_rate;
            let day = header.date.map_or_else(|| "an unknown day".to_owned(), |d| d.to_string());
            let keys = header.keys;
            let line = format!("breached {what}: {keys}, a false positive in {rate:.0}, of {day}");
            announcement.say(Level::Info, line);
            Some(filter)
        }
        Err(error) => {
            announcement.say(Level::Error, format!("breached {what}: filter refused: {error}"));
            None
        }
    }
}
