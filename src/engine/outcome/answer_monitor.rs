//! The tables of answers at all endpoints of a policy, in one worker.
//!
//! An endpoint is watched until its table is read; from then on this costs a look at a flag. The
//! presets are compared only with the logins at an endpoint that has had [`UNTOLD_ANSWERS`] answers
//! and whose outcomes are not told. Each of these logins reads [`PRESETS_A_LOGIN`], so that none waits
//! for all of them.

use std::cell::RefCell;

use super::answers::AnswerTable;
use super::preset_fit::KnownPresets;
use super::suggestion::OutcomeSuggestion;
use super::{BodySeen, UpstreamResponse, judge};
use crate::policy::{Endpoint, EndpointId};
use crate::request::credentials::Body;
use crate::request::headers::Headers;

/// Answers at an endpoint without a failure that is told, after which presets are read: in so few,
/// an endpoint that runs well has had one of somebody who mistypes. What is left until the table is
/// read is enough to read all presets and to compare them with some logins.
const UNTOLD_ANSWERS: u16 = 10;

/// Presets that one login reads at most. All of them take as long as a hundred logins.
const PRESETS_A_LOGIN: usize = 2;

/// The tables, and the presets that they are compared with.
#[derive(Debug, Default)]
pub(crate) struct AnswerMonitor {
    tables: Vec<RefCell<AnswerTable>>,
    presets: RefCell<KnownPresets>,
}

impl AnswerMonitor {
    /// Empty tables for so many endpoints.
    pub(crate) fn new(endpoints: usize) -> Self {
        let tables = (0..endpoints).map(|_| RefCell::default()).collect();
        Self { tables, presets: RefCell::default() }
    }

    /// Notes where a login came to that is let through, and which presets read it.
    pub(crate) fn note_request(&self, id: EndpointId, request: Headers<'_>, body: Body<'_>) {
        let table = self.tables.get(id.position()).and_then(|table| table.try_borrow_mut().ok());
        let Some(mut table) = table.filter(|table| !table.is_read()) else { return };
        table.note_path(request);
        if table.attempts() < UNTOLD_ANSWERS {
            return;
        }
        let Ok(mut presets) = self.presets.try_borrow_mut() else { return };
        match presets.all() {
            Some(all) => table.note_readers(all.iter().filter(|it| it.reads(request, body))),
            None => (0..PRESETS_A_LOGIN).for_each(|_| presets.read_next()),
        }
    }

    /// Notes an answer. Returns a suggestion where the table has become one.
    pub(crate) fn note_answer(
        &self,
        id: EndpointId,
        endpoint: &Endpoint,
        response: &UpstreamResponse<'_>,
    ) -> Option<OutcomeSuggestion> {
        let mut table = self.tables.get(id.position())?.try_borrow_mut().ok()?;
        // A trace records neither cookies nor targets.
        if table.is_read() || matches!(response.body, BodySeen::Unrecorded) {
            return None;
        }
        let outcome = judge(endpoint, response, false);
        let presets = self.presets.try_borrow().ok()?;
        let all = presets.all().unwrap_or_default();
        let suggestion = table.note(endpoint, response.headers, response.now, outcome, all);
        let is_read = table.is_read();
        drop((table, presets));
        if is_read {
            self.forget_presets();
        }
        suggestion
    }

    /// Frees the memory of the presets, if no table is compared with them.
    fn forget_presets(&self) {
        let compares = |table: &RefCell<AnswerTable>| {
            table.try_borrow().is_ok_and(|it| !it.is_read() && it.attempts() >= UNTOLD_ANSWERS)
        };
        if let (false, Ok(mut presets)) =
            (self.tables.iter().any(compares), self.presets.try_borrow_mut())
        {
            *presets = KnownPresets::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::request::headers::Header;
    use crate::time::Millis;

    const ID: EndpointId = EndpointId::new(0);

    fn headers(all: &[(&str, &str)]) -> Vec<Header> {
        all.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
    }

    struct WatchedSite {
        monitor: AnswerMonitor,
        endpoint: Endpoint,
    }

    impl WatchedSite {
        fn new() -> Self {
            let config = br#"{ "endpoints": [{ "name": "web", "match": { "path": "/login" } }] }"#;
            let mut endpoints = config::parse(config).expect("good").policy.endpoints;
            Self { monitor: AnswerMonitor::new(1), endpoint: endpoints.remove(0) }
        }

        /// Returns how many presets have been looked at after a login with this answer.
        fn login(&self, status: &str) -> usize {
            let request = headers(&[(":method", "POST"), (":path", "/login")]);
            self.monitor.note_request(ID, Headers::new(&request), Body::Complete(b"user=a&pass=b"));
            let read = self.monitor.presets.borrow().looked_at();
            let response = headers(&[(":status", status)]);
            let response = UpstreamResponse::begun(Headers::new(&response), Millis(0));
            self.monitor.note_answer(ID, &self.endpoint, &response);
            read
        }
    }

    #[test]
    fn endpoint_that_runs_well_reads_no_preset() {
        let site = WatchedSite::new();
        let few = (1..UNTOLD_ANSWERS).map(|_| site.login("200"));
        let then = ["401"; 100].iter().chain(&["200"; 100]).map(|status| site.login(status));
        assert_eq!(few.chain(then).max(), Some(0));
    }

    #[test]
    fn no_login_reads_more_than_two_presets_and_all_are_forgotten_with_the_last_table() {
        let site = WatchedSite::new();
        let read: Vec<usize> = (0..50).map(|_| site.login("200")).collect();
        let steps = read.windows(2).map(|pair| pair[1] - pair[0]);
        assert_eq!(steps.max(), Some(PRESETS_A_LOGIN), "{read:?}");
        let compared = read.iter().filter(|read| **read == config::PRESETS.len()).count();
        assert!(compared >= 20, "logins are left to compare them with: {read:?}");
        site.login("401");
        assert_eq!(site.monitor.presets.borrow().looked_at(), 0);
    }
}
