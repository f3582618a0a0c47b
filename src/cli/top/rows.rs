//! The rows of the table: which metrics, in which order, under which words.

use crate::envoy_admin::EnvoyStats;

/// The sections of fixed metrics: a heading, and names in words with their metric.
const SECTIONS: [(&str, &[(&str, &str)]); 3] = [
    (
        "logins",
        &[
            ("attempts", "unstuff.attempts"),
            ("allowed", "unstuff.verdict.allow"),
            ("annotated", "unstuff.verdict.annotate"),
            ("challenged", "unstuff.verdict.challenge"),
            ("blocked", "unstuff.verdict.block"),
            ("would be challenged (shadow)", "unstuff.shadow.challenge"),
            ("would be blocked (shadow)", "unstuff.shadow.block"),
            ("breached password", "unstuff.breached"),
            ("known device", "unstuff.device.known"),
        ],
    ),
    (
        "outcomes",
        &[
            ("success", "unstuff.outcome.success"),
            ("failure", "unstuff.outcome.failure"),
            ("unknown", "unstuff.outcome.unknown"),
        ],
    ),
    (
        "challenges",
        &[
            ("given out", "unstuff.challenge.issued"),
            ("solved", "unstuff.challenge.solved"),
            ("waited", "unstuff.challenge.waited"),
            ("passes used", "unstuff.pass.used"),
        ],
    ),
];

/// All that is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TopRows {
    /// Endpoints in attack mode.
    pub under_attack: Option<Vec<String>>,
    /// Headings, each with its rows: words, and a counter.
    pub sections: Vec<(&'static str, Vec<(String, u64)>)>,
    /// Rules that matched: name, matched, decided, in shadow.
    pub rules: Vec<(String, [u64; 3])>,
    /// Bytes of the state, of at most so many, entries, and evictions.
    pub state: [u64; 4],
}

/// The rows of these statistics. Of Prometheus' names, `-` and `.` are `_`.
pub(super) fn of(stats: &EnvoyStats) -> TopRows {
    let row = |(words, metric): &(&str, &str)| ((*words).to_owned(), stats.of(metric));
    let sections =
        SECTIONS.iter().map(|(heading, rows)| (*heading, rows.iter().map(row).collect()));
    let rule = |(name, matched): (&str, u64)| {
        let event = |event: &str| stats.of(&format!("unstuff.rule.{event}.{name}"));
        (name.to_owned(), [matched, event("decided"), event("shadow")])
    };
    let mut rules: Vec<_> = stats
        .below("unstuff.rule.matched.")
        .filter(|(_, matched)| *matched > 0)
        .map(rule)
        .collect();
    rules.sort_by_key(|(_, [matched, ..])| u64::MAX - matched);
    let at = stats.below("unstuff.endpoint.under_attack.").filter(|(_, is)| *is > 0);
    let at: Vec<String> = at.map(|(name, _)| name.to_owned()).collect();
    TopRows {
        under_attack: stats.find("unstuff.site.under_attack").map(|_| at),
        sections: sections.collect(),
        rules,
        state: [
            stats.of("unstuff.state.bytes"),
            stats.of("unstuff.state.ceiling"),
            stats.of("unstuff.state.entries"),
            stats.of("unstuff.state.evictions"),
        ],
    }
}

impl TopRows {
    /// The counter of a row; 0 if there is none.
    pub(super) fn counter(&self, section: usize, row: usize) -> u64 {
        self.sections.get(section).and_then(|(_, rows)| rows.get(row)).map_or(0, |(_, it)| *it)
    }

    /// The counters of a rule.
    pub(super) fn rule(&self, name: &str) -> [u64; 3] {
        self.rules.iter().find(|(it, _)| it == name).map_or([0; 3], |(_, counters)| *counters)
    }
}
