//! What a campaign found, as a table and as lines of JSON.

use std::collections::BTreeMap;

use crate::login_request::LoginRequest;

/// False alarms that are printed.
const PRINTED: usize = 30;

/// What one application was asked and what it read.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) asked: usize,
    pub(crate) read: usize,
    pub(crate) bypasses: usize,
    pub(crate) unanswered: usize,
}

/// A request that an application reads and the verdict does not mention.
pub(crate) struct Bypass {
    pub(crate) application: String,
    pub(crate) from: String,
    pub(crate) request: LoginRequest,
}

/// The result of a campaign.
#[derive(Default)]
pub(crate) struct CampaignReport {
    pub(crate) seed: u64,
    pub(crate) generated: usize,
    pub(crate) clean: usize,
    pub(crate) tallies: BTreeMap<String, Tally>,
    pub(crate) bypasses: Vec<Bypass>,
    pub(crate) ordinary: usize,
    pub(crate) false_alarms: Vec<String>,
    /// Applications that stopped on the way.
    pub(crate) stopped: Vec<String>,
}

impl CampaignReport {
    /// Prints the table.
    pub(crate) fn print(&self) {
        println!(
            "\n{:<12} {:>9} {:>9} {:>9} {:>9}",
            "application", "asked", "read", "bypasses", "no answer"
        );
        for (name, it) in &self.tallies {
            println!(
                "{name:<12} {:>9} {:>9} {:>9} {:>9}",
                it.asked, it.read, it.bypasses, it.unanswered
            );
        }
        println!(
            "{} requests, {} of them clean; {} applications, {} bypasses; {} ordinary requests, {} false alarms (SEED={})",
            self.generated,
            self.clean,
            self.tallies.len(),
            self.tallies.values().map(|it| it.bypasses).sum::<usize>(),
            self.ordinary,
            self.false_alarms.len(),
            self.seed,
        );
        self.false_alarms.iter().take(PRINTED).for_each(|it| println!("false alarm {it}"));
    }

    /// Prints each bypass as a line of JSON.
    pub(crate) fn print_bypasses(&self) {
        for it in &self.bypasses {
            let mut line = it.request.to_json();
            line["application"] = it.application.clone().into();
            line["from"] = it.from.clone().into();
            println!("bypass {line}");
        }
    }

    /// Fails unless there is no bypass and no false alarm.
    pub(crate) fn assert_clean(&self) {
        assert!(self.bypasses.is_empty(), "{} bypasses; see above", self.bypasses.len());
        assert!(
            self.stopped.is_empty(),
            "stopped: {:?}; see target/differential/log",
            self.stopped
        );
        assert!(
            self.false_alarms.is_empty(),
            "{} false alarms; see above",
            self.false_alarms.len()
        );
    }
}
