//! The range of breached passwords that a login asks for, if it needs one.

use super::read::UndecidedLogin;
use super::{Engine, Host};
use crate::breached::Sha1Digest;
use crate::live_lookup::{self, LiveLookup, LiveLookupPolicy, LookupBudget, RememberedAnswers};
use crate::request::headers::Headers;
use crate::state::{EntryStore, Store};

/// The service that this worker asks, and what it said.
pub(super) struct LiveLookups {
    policy: LiveLookupPolicy,
    answers: RememberedAnswers,
}

impl LiveLookups {
    pub(super) fn new(policy: &LiveLookupPolicy) -> Self {
        Self { answers: RememberedAnswers::new(policy.remember_seconds), policy: policy.clone() }
    }
}

impl Engine {
    /// The hash of the password whose range a login asks for. What is known without a question is noted
    /// in the facts.
    pub(super) fn password_to_look_up<S: Store, P, E: EntryStore>(
        &self,
        host: &Host<'_, S, P, E>,
        login: &mut UndecidedLogin,
    ) -> Option<Sha1Digest> {
        let asking = self.live_lookups.as_ref()?;
        if login.facts.breached {
            return None;
        }
        // Of several passwords nobody knows which one is tried, and the rules know that there are
        // several.
        let digest = login.facts.only_password()?;
        if let Some(known) = asking.answers.get(self.table.hash_key(), &digest, host.now) {
            login.facts.live_lookup = LiveLookup::Remembered(known);
            return None;
        }
        if !self.needs_live_lookup(host, login) {
            return None;
        }
        if !LookupBudget::take(host.store, asking.policy.per_second, host.now) {
            login.facts.live_lookup = LiveLookup::OverBudget;
            return None;
        }
        Some(digest)
    }

    /// Notes in the facts what a range says of a password. `None` if there is no answer in time.
    pub(super) fn note_range<S, P, E>(
        &self,
        host: &Host<'_, S, P, E>,
        login: &mut UndecidedLogin,
        digest: &Sha1Digest,
        range: Option<&[u8]>,
    ) {
        let answer = range.map_or(LiveLookup::Failed, |range| live_lookup::find(range, digest));
        if let (Some(asking), Some(is_breached)) = (&self.live_lookups, answer.is_breached()) {
            asking.answers.note(self.table.hash_key(), digest, is_breached, host.now);
        }
        login.facts.live_lookup = answer;
    }

    /// Whether the verdict hinges on a live lookup.
    fn needs_live_lookup<S, P, E: EntryStore>(
        &self,
        host: &Host<'_, S, P, E>,
        login: &UndecidedLogin,
    ) -> bool {
        let headers = login.held.headers.read();
        let headers = Headers::borrowed(&headers);
        let clients = self.audience(&login.endpoints, Some(headers));
        self.preview(host, login, |ledger| {
            ledger.needs_live_lookup(clients, || self.may_be_admitted(headers))
        })
    }
}
