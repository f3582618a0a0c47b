//! The tables of answers at all endpoints of a policy, in one worker.
//!
//! An endpoint is watched until its table is read; from then on this costs a look at a flag.

use std::cell::{OnceCell, RefCell};

use super::answers::AnswerTable;
use super::preset_fit::KnownPreset;
use super::suggestion::OutcomeSuggestion;
use super::{BodySeen, Outcome, UpstreamResponse, judge};
use crate::policy::{Endpoint, EndpointId};
use crate::request::credentials::Body;
use crate::request::headers::Headers;

/// The tables, and the presets that they are compared with.
#[derive(Debug, Default)]
pub(crate) struct AnswerMonitor {
    tables: Vec<RefCell<AnswerTable>>,
    /// Read when a first login is noted: a policy without open questions needs none.
    presets: OnceCell<Vec<KnownPreset>>,
}

impl AnswerMonitor {
    /// Empty tables for so many endpoints.
    pub(crate) fn new(endpoints: usize) -> Self {
        let tables = (0..endpoints).map(|_| RefCell::default()).collect();
        Self { tables, presets: OnceCell::new() }
    }

    /// Notes where a login came to that is let through, and which presets read it.
    pub(crate) fn note_request(&self, id: EndpointId, request: Headers<'_>, body: Body<'_>) {
        let table = self.tables.get(id.position()).and_then(|table| table.try_borrow_mut().ok());
        let Some(mut table) = table.filter(|table| !table.is_read()) else { return };
        let presets = self.presets.get_or_init(KnownPreset::all);
        table.note_request(request, presets.iter().filter(|preset| preset.reads(request, body)));
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
        let is_failure = judge(endpoint, response, false) == Outcome::Failure;
        let presets = self.presets.get().map(Vec::as_slice).unwrap_or_default();
        table.note(endpoint, response.headers, response.now, is_failure, presets)
    }
}
