//! The cores of the machine, and what a process has taken of them.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The core for Envoy and the one for all else.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CorePair {
    /// Envoy's.
    pub envoy: usize,
    /// The load's, the application's and the authorisation server's.
    pub load: usize,
}

impl CorePair {
    /// The last core of those that this process may use, and the first.
    ///
    /// # Panics
    /// If there is only one.
    pub(crate) fn of_this_machine() -> Self {
        let allowed = sched_getaffinity(None).expect("the cores of this process");
        let mut cores = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
        let (first, last) = (cores.next(), cores.next_back());
        let (Some(load), Some(envoy)) = (first, last) else {
            panic!("the benchmark needs two cores, one of them for Envoy alone");
        };
        Self { envoy, load }
    }

    /// Keeps this thread, and what it starts from now on, on Envoy's core.
    pub(crate) fn to_envoys(self) {
        pin(&[self.envoy]);
    }

    /// Keeps this thread, and what it starts from now on, on the load's core.
    pub(crate) fn to_load(self) {
        pin(&[self.load]);
    }

    /// Lets this thread, and what it starts from now on, use both cores.
    pub(crate) fn to_both(self) {
        pin(&[self.envoy, self.load]);
    }
}

fn pin(cores: &[usize]) {
    let mut set = CpuSet::new();
    cores.iter().for_each(|core| set.set(*core));
    sched_setaffinity(None, &set).expect("a core that this process may use");
}

/// What all threads of a process have had, and waited for, in nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CpuAccount {
    /// On a core.
    pub taken: u64,
    /// Ready to run while something else had the core: Envoy's workers alone. Its other threads wait
    /// for the worker.
    pub waited: u64,
}

impl CpuAccount {
    /// The account of a process so far.
    pub(crate) fn of(process: u32) -> Self {
        let threads = std::fs::read_dir(format!("/proc/{process}/task"));
        let mut sum = Self::default();
        for thread in threads.expect("a process that runs").flatten() {
            // A thread that ended in between takes nothing more.
            let text = std::fs::read_to_string(thread.path().join("schedstat")).unwrap_or_default();
            let mut numbers =
                text.split_whitespace().map_while(|number| number.parse::<u64>().ok());
            sum.taken += numbers.next().unwrap_or(0);
            let waited = numbers.next().unwrap_or(0);
            let name = std::fs::read_to_string(thread.path().join("comm")).unwrap_or_default();
            if name.starts_with("wrk:") {
                sum.waited += waited;
            }
        }
        sum
    }

    /// Adds what another has.
    pub(crate) fn add(&mut self, other: Self) {
        self.taken += other.taken;
        self.waited += other.waited;
    }

    /// What was added since an earlier account.
    pub(crate) fn since(self, before: Self) -> Self {
        let taken = self.taken.saturating_sub(before.taken);
        Self { taken, waited: self.waited.saturating_sub(before.waited) }
    }
}
