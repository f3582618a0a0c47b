//! What a run found: printed, and asserted.

use std::collections::BTreeMap;
use std::fmt;

use unstuff_tests::admin::Admin;
use unstuff_tests::envoy::version;

use crate::memory::MemoryLevel;

/// How much the memory may rise in the last half of a run, in mebibytes. Envoy's buffers and the memory
/// of VMs that were replaced swing by more, which is why the line that fits best is taken.
const MAX_RISE_MIB: f64 = 24.0;

/// The same for a run that is too short to fill the state and to replace ten configurations before
/// its last half begins.
const MAX_RISE_OF_SHORT_RUN_MIB: f64 = 96.0;

/// A run is short below this, in seconds.
const SHORT_SECONDS: f64 = 600.0;

/// Lines about failed VMs that are kept.
const KEPT: usize = 20;

/// The figures of a run.
#[derive(Debug, Default)]
pub(crate) struct TortureReport {
    /// The seed.
    pub seed: u64,
    /// How long it took.
    pub seconds: f64,
    /// Requests sent, and what became of them.
    pub sent: u64,
    /// What became of them.
    pub endings: BTreeMap<String, u64>,
    /// The numbers of requests without an answer.
    pub hung: Vec<u64>,
    /// Requests that reached the application.
    pub arrived: u64,
    /// Bodies with a breached password that reached it whole.
    pub with_password: u64,
    /// Those of which Unstuff said nothing.
    pub clean: u64,
    /// The first of them.
    pub clean_examples: Vec<String>,
    /// Logins that the module decided.
    pub attempts: u64,
    /// Configurations that replaced one another.
    pub configurations: u64,
    /// Configurations that were refused, as they had to be.
    pub refused_configurations: u64,
    /// Modules that replaced one another.
    pub modules: u64,
    /// Traps that were asked for.
    pub traps: u64,
    /// VMs that failed, by Envoy's log.
    pub failed_vms: u64,
    /// Lines about a failure of a VM, the first few.
    pub failure_lines: Vec<String>,
    /// Times that the application died.
    pub kills: u64,
    /// Times that Envoy was drained and started again.
    pub restarts: u64,
    /// Values of the state that were overwritten.
    pub junk: u64,
    /// Failures that the witnesses were told of.
    pub counted: u64,
    /// Failures of witnesses whose answer was lost.
    pub uncertain: u64,
    /// Entries in the state at the end of the first part.
    pub state_entries: u64,
    /// Entries that were pushed out until then.
    pub evictions: u64,
    /// Envoy's memory in the first part.
    pub memory: Option<MemoryLevel>,
    /// What else is wrong.
    pub problems: Vec<String>,
}

impl TortureReport {
    /// Takes the failures of VMs from an Envoy's log.
    pub(crate) fn take_log(&mut self, log: &str) {
        for line in log.lines() {
            // Envoy's line about a call that trapped, for whatever reason: a panic, a stack that is too
            // deep, memory that is exhausted. The VM takes no call after it.
            let is_failure = line.contains("Function: ") && line.contains(" failed: ");
            self.failed_vms += u64::from(is_failure);
            let is_told = is_failure || line.contains("panicked at");
            if is_told && self.failure_lines.len() < KEPT {
                self.failure_lines.push(line.to_owned());
            }
        }
    }

    /// Takes what the module has counted until now, and what its state holds.
    pub(crate) async fn take_counts(&mut self, admin: Admin) {
        self.attempts += admin.metric("unstuff.attempts").await;
        self.state_entries = admin.metric("unstuff.state.entries").await;
        self.evictions = admin.metric("unstuff.state.evictions").await;
    }

    /// Adds a problem if too few requests did what makes a run worth something.
    pub(crate) fn expect_enough(&mut self) {
        let answered = |what: &str| {
            let counts = self.endings.iter().filter(|(name, _)| name.starts_with(what));
            counts.map(|(_, count)| count).sum::<u64>()
        };
        let counts = [
            ("answers in HTTP/1", answered("HTTP/1")),
            ("answers in HTTP/2", answered("HTTP/2")),
            ("whole bodies with a breached password", self.with_password),
        ];
        for (what, count) in counts {
            if count < self.sent / 20 {
                self.problems.push(format!("only {count} {what} of {} requests", self.sent));
            }
        }
    }

    /// # Panics
    /// If something broke. The message has the seed and the numbers.
    pub(crate) fn assert_unbroken(&self) {
        let mut broken = self.problems.clone();
        broken.extend(self.hung.iter().map(|number| format!("REQUEST={number} hung")));
        broken.extend(self.clean_examples.iter().map(|it| format!("let through as clean: {it}")));
        if self.failed_vms != self.traps {
            broken.push(format!(
                "{} VMs failed, {} were asked to:\n{}",
                self.failed_vms,
                self.traps,
                self.failure_lines.join("\n")
            ));
        }
        let is_short = self.seconds < SHORT_SECONDS;
        let may_rise = if is_short { MAX_RISE_OF_SHORT_RUN_MIB } else { MAX_RISE_MIB };
        if let Some(memory) = self.memory.filter(|memory| memory.rise_mib > may_rise) {
            broken.push(format!("memory rises: {memory:?}"));
        }
        assert!(
            broken.is_empty(),
            "seed {} on Envoy {} (one alone: make torture SEED={} REQUEST=…):\n{}",
            self.seed,
            version(),
            self.seed,
            broken.join("\n")
        );
    }
}

impl fmt::Display for TortureReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: [(&str, String); 12] = [
            ("Envoy, seed", format!("{}, {}", version(), self.seed)),
            ("requests", format!("{} in {:.0} s", self.sent, self.seconds)),
            ("reached the application", self.arrived.to_string()),
            ("attempts decided", self.attempts.to_string()),
            ("breached bodies, of them clean", format!("{}, {}", self.with_password, self.clean)),
            ("without an answer", self.hung.len().to_string()),
            ("VMs that failed, asked to", format!("{}, {}", self.failed_vms, self.traps)),
            (
                "configurations, refused, modules",
                format!(
                    "{}, {}, {}",
                    self.configurations, self.refused_configurations, self.modules
                ),
            ),
            (
                "application killed, restarts, junk",
                format!("{}, {}, {}", self.kills, self.restarts, self.junk),
            ),
            ("failures counted, uncertain", format!("{}, {}", self.counted, self.uncertain)),
            ("entries, pushed out", format!("{}, {}", self.state_entries, self.evictions)),
            ("memory", self.memory.map_or_else(String::new, |it| it.to_string())),
        ];
        for (name, figure) in rows {
            writeln!(f, "{name:>36}  {figure}")?;
        }
        writeln!(f, "{:>36}  {:?}", "endings", self.endings)
    }
}

#[test]
fn a_trap_without_a_panic_is_a_failure_too() {
    let mut report = TortureReport::default();
    report.take_log(
        "[error][wasm] Function: proxy_on_request_body failed: Uncaught RangeError: stack size\n\
         [error][wasm] Wasm VM failed Failed to configure base Wasm plugin\n",
    );
    assert_eq!(report.failed_vms, 1, "a configuration that is refused is no failure of a VM");
}

#[test]
fn whatever_breaks_fails_the_run() {
    let level = |rise_mib| Some(MemoryLevel { peak_mib: 0, last_mib: 0, rise_mib });
    let fails =
        |report: TortureReport| std::panic::catch_unwind(|| report.assert_unbroken()).is_err();
    assert!(!fails(TortureReport { traps: 2, failed_vms: 2, ..TortureReport::default() }));
    assert!(fails(TortureReport { failed_vms: 1, ..TortureReport::default() }));
    assert!(fails(TortureReport { hung: vec![17], ..TortureReport::default() }));
    assert!(fails(TortureReport {
        clean_examples: vec![String::new()],
        ..TortureReport::default()
    }));
    assert!(fails(TortureReport { problems: vec![String::new()], ..TortureReport::default() }));
    assert!(fails(TortureReport {
        seconds: 900.0,
        memory: level(30.0),
        ..TortureReport::default()
    }));
}
