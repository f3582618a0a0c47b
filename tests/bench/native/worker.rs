//! What is kept: the state by the process, a configuration by Envoy, an engine by each worker thread.
//!
//! An [`Engine`] belongs to one thread, and Envoy tells the module of no worker's begin. So a worker
//! opens its engine with its first request, and ticks with requests instead of a timer.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::{Arc, LazyLock, Weak};
use std::time::{SystemTime, UNIX_EPOCH};

use unstuff_engine::state::Table;
use unstuff_engine::state::stores::cached::CachedStore;
use unstuff_engine::state::stores::memory::MemoryStore;
use unstuff_engine::tokens::signing::{Keys, MIN_KEY_BYTES};
use unstuff_engine::{Engine, Filter, Host, Millis, Policy};

/// The state of the process: all workers count in it, and it survives a change of the configuration.
static STORE: LazyLock<MemoryStore> = LazyLock::new(MemoryStore::new);

/// The breached passwords.
#[cfg(feature = "passwords")]
static PASSWORDS: &[u8] = include_bytes!(env!("UNSTUFF_BENCH_FILTER"));
#[cfg(not(feature = "passwords"))]
static PASSWORDS: &[u8] = &[];

/// How often a worker exchanges with the others what it has seen at each endpoint.
const TICK_SECONDS: u64 = 1;

type Opened = (Weak<NativeConfig>, Rc<NativeWorker>);

thread_local! {
    /// This thread's engines, one for each configuration that is in use.
    static WORKERS: RefCell<Vec<Opened>> = const { RefCell::new(Vec::new()) };
}

/// A valid configuration.
pub(crate) struct NativeConfig {
    policy: Policy,
}

/// What a worker thread keeps for a configuration.
pub(crate) struct NativeWorker {
    /// Decides.
    pub engine: Engine,
    entries: CachedStore<&'static MemoryStore>,
    passwords: Option<Filter<&'static [u8]>>,
    ticked: Cell<Millis>,
}

/// What the engine is lent by a worker.
pub(crate) type WorkerHost<'a> =
    Host<'a, MemoryStore, Filter<&'static [u8]>, CachedStore<&'static MemoryStore>>;

impl NativeConfig {
    /// Validates a configuration.
    ///
    /// # Errors
    /// Lines for the log: every problem at once.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Vec<String>> {
        match unstuff_engine::config::parse(bytes) {
            Ok(configured) => Ok(Self { policy: configured.policy }),
            Err(problems) => Err(problems.iter().map(ToString::to_string).collect()),
        }
    }
}

impl NativeWorker {
    /// This thread's worker under a configuration. `None` if there is no randomness.
    pub(crate) fn of(config: &Arc<NativeConfig>) -> Option<Rc<Self>> {
        let worker = WORKERS.with_borrow_mut(|workers| {
            let is_its = |(of, _): &&Opened| std::ptr::eq(of.as_ptr(), Arc::as_ptr(config));
            if let Some((_, worker)) = workers.iter().find(is_its) {
                return Some(Rc::clone(worker));
            }
            let worker = Rc::new(Self::open(&config.policy)?);
            workers.retain(|(of, _)| of.strong_count() > 0);
            workers.push((Arc::downgrade(config), Rc::clone(&worker)));
            Some(worker)
        })?;
        let host = worker.host();
        if host.now >= worker.ticked.get().plus_seconds(TICK_SECONDS) {
            worker.ticked.set(host.now);
            worker.engine.tick(&host);
        }
        Some(worker)
    }

    fn open(policy: &Policy) -> Option<Self> {
        let (mut hash_key, mut signing_key) = ([0; 16], [0; MIN_KEY_BYTES]);
        getrandom::fill(&mut hash_key).ok()?;
        getrandom::fill(&mut signing_key).ok()?;
        let [stripe, ..] = hash_key;
        let table = Table::open(&*STORE, policy.state, hash_key).ok()?;
        let keys = Keys::agreed(&*STORE, signing_key).ok()?;
        Some(Self {
            engine: Engine::new(policy.clone(), table).on_stripe(stripe).with_devices(keys),
            entries: CachedStore::new(&*STORE),
            passwords: Filter::open(PASSWORDS, PASSWORDS.len() as u64).ok(),
            ticked: Cell::default(),
        })
    }

    /// What the engine needs to decide now.
    #[allow(clippy::disallowed_methods, reason = "a native filter has the system's clock")]
    pub(crate) fn host(&self) -> WorkerHost<'_> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Host {
            now: Millis(since.as_millis().try_into().unwrap_or(u64::MAX)),
            store: &STORE,
            entries: &self.entries,
            passwords: self.passwords.as_ref(),
            pairs: None,
        }
    }
}
