//! The configured module: validated once, shared by all requests of a worker.
//!
//! A configuration that is not valid is rejected with all its problems in the log, and
//! Envoy keeps the one before it. Old and new configuration can share one VM, so nothing
//! lives in statics.

use std::cell::Cell;

use unstuff_engine::attempt::{Changes, Engine, Host, ResponseEffects};
use unstuff_engine::breached::Filter;
use unstuff_engine::config::{self, Configured, VmEnvironment};
use unstuff_engine::decision::password_record::ABSENT_REQUESTS;
use unstuff_engine::fleet::message::FleetMessage;
use unstuff_engine::outcome::QUIET_ATTEMPTS;
use unstuff_engine::policy::Policy;
use unstuff_engine::record::RecorderStart;
use unstuff_engine::record::chain::WORKER_BYTES;
use unstuff_engine::request::client::AddressSource;
use unstuff_engine::state::Table;
use unstuff_engine::state::stores::cached::CachedStore;
use unstuff_engine::time::Millis;
use unstuff_engine::tokens::signing::{Keys, MIN_KEY_BYTES};

use crate::VERSION;
use crate::announce::{self, Announcement};
use crate::fleet::FleetCalls;
use crate::host::{self, Level};
use crate::lookups::Lookups;
use crate::metrics::{self, Metric, Metrics, PolicyMetrics};
use crate::record::{self, RecordLines};
use crate::segment::Segment;
use crate::shared::SharedData;

/// What the engine is given of the proxy.
pub(crate) type ModuleHost<'a> = Host<'a, CachedStore<SharedData>, Filter<Segment>>;

/// What all requests under one configuration share.
pub(crate) struct Module {
    /// Decides.
    pub engine: Engine,
    /// Counts.
    pub metrics: Metrics,
    /// Counts what the configuration names.
    pub policy_metrics: PolicyMetrics,
    /// Holds requests until there is an answer from outside.
    pub lookups: Lookups,
    /// Asks the fleet, if there is one.
    pub fleet: Option<FleetCalls>,
    /// The lines of the decision record that wait to be written.
    pub record_lines: RecordLines,
    store: CachedStore<SharedData>,
    /// The configuration's hash.
    configuration: [u8; 8],
    passwords: Option<Filter<Segment>>,
    pairs: Option<Filter<Segment>>,
    /// When the log was last warned of a load balancer.
    last_balancer_warning: Cell<Option<Millis>>,
    /// What the clock said last.
    last_reading: Cell<Option<Millis>>,
    /// The clock could not be read, and the log says so.
    clock_failed: Cell<bool>,
    /// These are the defaults, because the configuration was refused.
    is_refused: bool,
    /// Envoy was asked for the direction of the listener.
    knows_direction: Cell<bool>,
    /// Another Unstuff stands before this one in the chain, and the log says so.
    has_met_another: Cell<bool>,
}

/// Seconds between two warnings about the same load balancer, or a configuration that was refused.
const WARNING_INTERVAL: u64 = 300;

const REFUSED: &str = "the configuration is refused and there is none before it: until a good one \
    comes, the module watches with the defaults in shadow mode and stops nothing";

const INBOUND: &str = "client.address: the listener is inbound, as a sidecar's, and Envoy's own view of \
    the client is the last entry of x-forwarded-for there: a caller that reaches it without a gateway \
    writes its own address; set \"client\": {\"address\": …}";

impl Module {
    /// Validates a configuration and opens the state.
    ///
    /// # Errors
    /// Lines for the log: every problem at once.
    pub(crate) fn configure(bytes: &[u8]) -> Result<Self, Vec<String>> {
        let variable = |name: &str| std::env::var(name).ok();
        let configured = parsed(VmEnvironment::Known(&variable), bytes)?;
        let keys = signing_keys(&configured.policy)?;
        let module = Self::of(configured, bytes, Announcement::default(), Some(keys))?;
        module.lift();
        Ok(module)
    }

    /// Watches with the defaults in shadow mode, because the configuration has these problems and
    /// there is none before it. Nothing is signed: the keys that clients know are not known here.
    ///
    /// # Errors
    /// Lines for the log, if that cannot be done either.
    pub(crate) fn watch(bytes: &[u8], problems: Vec<String>) -> Result<Self, Vec<String>> {
        let defaults = parsed(VmEnvironment::Unknown, b"")?;
        let mut announcement = Announcement::default();
        problems.into_iter().for_each(|problem| announcement.say(Level::Error, problem));
        let mut module = Self::of(defaults, bytes, announcement, None)?;
        module.metrics.set(Metric::Refused, 1);
        module.is_refused = true;
        Ok(module)
    }

    /// Opens the state for a configuration, which came as these bytes.
    fn of(
        configured: Configured,
        bytes: &[u8],
        mut announcement: Announcement,
        keys: Option<Keys>,
    ) -> Result<Self, Vec<String>> {
        announcement.say_all(&configured.notices);
        announcement.say(Level::Info, format!("version {VERSION}"));
        let mut random = [0; 16];
        getrandom::fill(&mut random)
            .map_err(|error| vec![format!("state: no randomness for its hash key: {error}")])?;
        let [stripe, ..] = random;
        let table = Table::open(&SharedData, configured.policy.state, random)
            .map_err(|error| vec![format!("state: {error}")])?;
        if table.replaces_another_version() {
            host::log(
                Level::Warn,
                "state: another version of the module has counted in another layout: its counters and \
                 bans are dropped; passes, device cookies and waits stay valid",
            );
        }
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
        let configuration = announce::hash_of(bytes);
        announcement.publish(&configuration);
        let fleet = configured.policy.fleet.as_ref();
        let fleet = fleet.map(|it| FleetCalls::open(it, &configuration)).transpose();
        let fleet = fleet.map_err(|problem| vec![problem])?;
        let metrics = Metrics::define();
        metrics.set(Metric::Refused, 0);
        metrics.set(Metric::StateCeiling, table.ceiling_bytes());
        tell_filter(&metrics, passwords.as_ref(), (Metric::PasswordKeys, Metric::PasswordDate));
        tell_filter(&metrics, pairs.as_ref(), (Metric::PairKeys, Metric::PairDate));
        let policy_metrics = PolicyMetrics::define(&configured.policy);
        let engine = Engine::new(configured.policy, table).on_stripe(stripe);
        let engine = with_record(engine, bytes)?;
        if let Some(now) = host::now() {
            Metrics::tell_version(now);
        }
        Ok(Self {
            engine: match keys {
                Some(keys) => engine.with_challenge(&keys).with_devices(keys),
                None => engine,
            },
            metrics,
            policy_metrics,
            lookups: Lookups::default(),
            record_lines: RecordLines::default(),
            fleet,
            store: CachedStore::new(SharedData),
            configuration,
            is_refused: false,
            knows_direction: Cell::new(false),
            has_met_another: Cell::new(false),
            passwords,
            pairs,
            last_balancer_warning: Cell::new(None),
            last_reading: Cell::new(None),
            clock_failed: Cell::new(false),
        })
    }

    /// Forgets what is held against the identities in the configuration, if no worker has, and says
    /// what that was: loud enough for a mesh, which logs warnings alone.
    fn lift(&self) {
        let Some(host) = self.host() else { return };
        for lifted in self.engine.lift(&host) {
            host::log(Level::Warn, &lifted.to_string());
        }
    }

    /// What the engine needs of the host to decide now.
    /// `None` while the proxy's clock cannot be read: no window, ban or token can be judged
    /// without the time, so logins pass, and the log says so once. No request can cause it.
    pub(crate) fn host(&self) -> Option<ModuleHost<'_>> {
        self.now().map(|now| self.host_at(now))
    }

    /// The same without a call to the proxy, with the time that this worker read last. Each tick reads
    /// it, so it is a second old at most. That is enough where no rule is judged, because the shortest
    /// window is a minute, and entries take workers' clocks that differ.
    pub(crate) fn host_lately(&self) -> Option<ModuleHost<'_>> {
        let now = self.last_reading.get().or_else(|| self.now());
        now.map(|now| self.host_at(now))
    }

    fn host_at(&self, now: Millis) -> ModuleHost<'_> {
        Host {
            now,
            store: &self.store,
            entries: &self.store,
            passwords: self.passwords.as_ref(),
            pairs: self.pairs.as_ref(),
        }
    }

    /// The proxy's time.
    pub(crate) fn now(&self) -> Option<Millis> {
        let now = host::now();
        self.last_reading.set(now);
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
        if let (Some(fleet), Some(report)) = (&self.fleet, &learnt.fleet_report) {
            fleet.tell(self, &FleetMessage::Failure(report.clone()));
        }
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

    /// Exchanges with other workers what was seen, says when attack mode changes, and hands over
    /// what was counted.
    pub(crate) fn tick(&self) {
        if !self.lookups.tick(self) {
            return;
        }
        self.exchange();
        self.record_tick();
        self.metrics.count(Metric::Ticks);
        self.metrics.hand_over();
        self.policy_metrics.hand_over();
    }

    fn exchange(&self) {
        let Some(host) = self.host() else { return };
        if self.is_refused {
            announce::shout(host.now.0 / 1000 / WARNING_INTERVAL, REFUSED);
        }
        let changes = self.engine.tick(&host);
        self.metrics.set(Metric::ChallengeReach, self.engine.reach(host.now) as u64);
        let mut under_attack = 0;
        for (endpoint, _) in self.engine.policy().endpoints_with_ids() {
            let is_under_attack = self.engine.is_under_attack(endpoint);
            under_attack += u64::from(is_under_attack);
            self.policy_metrics.set_mode(endpoint, is_under_attack);
        }
        self.metrics.set(Metric::UnderAttack, under_attack);
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
        if let Some(fleet) = &self.fleet {
            for new in self.engine.new_suspicions(&host) {
                fleet.tell(self, &FleetMessage::Suspicion(new));
            }
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

    /// Warns if callers write the address of the client themselves, as in a sidecar. Envoy tells the
    /// direction of a listener to requests alone, so the first login asks.
    pub(crate) fn warn_of_inbound_listener(&self) {
        const INBOUND_DIRECTION: [u8; 8] = 1_i64.to_le_bytes();
        if self.knows_direction.replace(true)
            || self.engine.policy().client.address != AddressSource::Peer
        {
            return;
        }
        let direction = host::property(&["xds", "listener_direction"]);
        if direction.is_some_and(|direction| direction == INBOUND_DIRECTION) {
            announce::warn_once("/inbound", &self.configuration, INBOUND);
        }
    }

    /// Says that another Unstuff judges the logins, once.
    pub(crate) fn warn_of_another(&self) {
        if !self.has_met_another.replace(true) {
            announce::warn_once(
                "/another",
                &self.configuration,
                "another Unstuff stands before this one in the chain: it alone judges the logins that \
                 both watch, and this one stays out of them; remove one of the two",
            );
        }
    }

    /// Says that a site forbids the script of its login pages, once.
    pub(crate) fn warn_of_forbidden_script(&self) {
        announce::warn_once(
            "/inject",
            &self.configuration,
            "challenge.inject: the content security policy of a login page forbids the module's script or \
             its worker, so nothing is added to the page: allow 'self' in script-src (and in worker-src, \
             if there is one), or put the element into the page with its nonce",
        );
    }

    /// Says loudly, but not with every login, that one address is everybody's.
    pub(crate) fn warn_of_load_balancer(&self) {
        let Some(now) = self.now() else { return };
        let lately = |then: Millis| then <= now && now < then.plus_seconds(WARNING_INTERVAL);
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
        add(Metric::Evictions, changes.evicted.into());
        add(Metric::CasExhausted, changes.lost.into());
        add(Metric::StateBytes, changes.bytes);
        add(Metric::StateEntries, changes.entries.into());
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        self.end_record();
    }
}

/// Begins this worker's decision record, if the policy asks for one.
fn with_record(engine: Engine, configuration: &[u8]) -> Result<Engine, Vec<String>> {
    if engine.policy().record.is_none() {
        return Ok(engine);
    }
    let mut worker = [0; WORKER_BYTES];
    getrandom::fill(&mut worker)
        .map_err(|error| vec![format!("record: no randomness: {error}")])?;
    let engine = engine.with_record(&RecorderStart { worker, version: VERSION, configuration });
    host::now().into_iter().for_each(|now| record::take_hour_key(&engine, now));
    Ok(engine)
}

fn parsed(env: VmEnvironment<'_>, bytes: &[u8]) -> Result<Configured, Vec<String>> {
    config::parse_in(env, bytes)
        .map_err(|problems| problems.iter().map(ToString::to_string).collect())
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

/// Tells the host how many keys a packed filter has, and of which day they are.
fn tell_filter(
    metrics: &Metrics,
    filter: Option<&Filter<Segment>>,
    (keys, date): (Metric, Metric),
) {
    const SECONDS_OF_A_DAY: u64 = 24 * 60 * 60;
    let header = filter.map(Filter::header);
    let day = header.and_then(|header| header.date).map_or(0, |date| date.days_since_1970());
    metrics.set(keys, header.map_or(0, |header| header.keys));
    metrics.set(date, day * SECONDS_OF_A_DAY);
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
