//! The person who is challenged and sees nothing of it ([docs/invisible.md]): types at a person's
//! pace, and is let in by the pass that the script has earned meanwhile.
//!
//! The application stands behind two gateways. One challenges every login and adds the script to
//! the login page; the other lets every login through. The person logs in at them in turns.
//!
//! [docs/invisible.md]: ../../docs/invisible.md

use std::fmt::{self, Display, Formatter};

use serde::Deserialize;
use serde_json::{Value, json};
use unstuff_tests::bench::median;

use crate::manifest::AppManifest;
use crate::person::{in_front, tell};
use crate::server::AppServer;

/// The logins of each way that are measured, unless the command line says another number.
pub(crate) const LOGINS: u64 = 7;

/// How long a browser may take for all of them.
const BOUND_S: u32 = 900;

/// By how much the challenge may delay a login: the bar for the median of all applications.
pub(crate) const DELAY_BAR_MS: f64 = 100.0;

/// The milliseconds from the click to the arrival, of one application.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct LoginTimes {
    /// Of logins that are challenged, with the script.
    challenged: Vec<f64>,
    /// Of logins that are not, without the script.
    free: Vec<f64>,
}

/// What came of the people at one application.
pub(crate) struct PeopleRow {
    /// The application and its version.
    pub application: String,
    /// Whether the person got in who mistypes and is challenged by the page.
    pub is_in: bool,
    /// How the page got the script.
    pub script: ScriptSource,
    /// The times, if every challenged login was let in by a pass and no challenge was shown.
    pub times: Option<LoginTimes>,
}

/// How a page got the script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScriptSource {
    /// The module has added it (`"inject": true`).
    Module,
    /// The page holds it, with attributes of its own.
    Page,
}

impl Display for ScriptSource {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        to.pad(match self {
            Self::Module => "added by the module",
            Self::Page => "in the page",
        })
    }
}

impl LoginTimes {
    /// The median with the challenge, and the one without.
    pub(crate) fn medians(&self) -> (f64, f64) {
        (median(self.challenged.iter().copied()), median(self.free.iter().copied()))
    }

    /// By how much the challenge delays a login at the median.
    pub(crate) fn delay(&self) -> f64 {
        let (challenged, free) = self.medians();
        challenged - free
    }
}

impl ScriptSource {
    /// How the page of an application gets it.
    pub(crate) fn of(manifest: &AppManifest) -> Self {
        if manifest.person.script.is_some() { Self::Page } else { Self::Module }
    }
}

/// Logs the person in, so many times each way. The times, or what went wrong.
pub(crate) async fn log_in(
    manifest: &AppManifest,
    server: &AppServer,
    logins: u64,
) -> Result<LoginTimes, String> {
    let every_login_but_the_first = json!([{
        "name": "again",
        // phpMyAdmin's own script sends forms without a password to the login's address.
        "when": { "ip.attempts": { "over": 1, "within": "1h" }, "credentials.absent": false },
        "then": "challenge"
    }]);
    // Where the page holds the script, the module must not add another.
    let challenge = json!({ "inject": ScriptSource::of(manifest) == ScriptSource::Module });
    let change = json!({ "rules": every_login_but_the_first, "challenge": challenge });
    let challenged = in_front(manifest, server, change).await;
    let free = in_front(manifest, server, json!({ "rules": [] })).await;
    let urls = [challenged.url_for_browsers(), free.url_for_browsers()];
    let told = tell(manifest, "types", &[&logins.to_string(), &urls[0], &urls[1]], BOUND_S).await;
    let at_end =
        |why: String| format!("{why}\nthe end of Envoy's log:\n{}", challenged.envoy.tail());
    let told = told.map_err(at_end)?;
    // The second is how often the page of the challenge was sent.
    for (name, expected) in [("unstuff.pass.used", logins), ("unstuff.challenge.issued", 0)] {
        let counted = challenged.metric(name).await;
        if counted != expected {
            return Err(at_end(format!("{name} is {counted}, not {expected}")));
        }
    }
    serde_json::from_str(&told).map_err(|error| format!("{error}: {told}"))
}

impl PeopleRow {
    /// The row as JSON.
    pub(crate) fn json(&self) -> Value {
        let medians = self.times.as_ref().map(LoginTimes::medians);
        json!({
            "application": self.application,
            "person_in": self.is_in,
            "script": self.script.to_string(),
            "challenged_ms": medians.map(|(challenged, _)| challenged),
            "free_ms": medians.map(|(_, free)| free),
            "delay_ms": self.times.as_ref().map(LoginTimes::delay)
        })
    }
}

/// By how much the challenge delays a login: the median of all applications. `None` if anybody was
/// not let in.
pub(crate) fn delay_of_all(rows: &[PeopleRow]) -> Option<f64> {
    let delay = |row: &PeopleRow| row.times.as_ref().filter(|_| row.is_in).map(LoginTimes::delay);
    let delays: Option<Vec<f64>> = rows.iter().map(delay).collect();
    delays.filter(|delays| !delays.is_empty()).map(|delays| median(delays.into_iter()))
}
