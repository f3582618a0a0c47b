//! A login that waits for an answer from outside: whether it needs one, and its decision after that.
//!
//! The question comes after the credentials are read and before anything is charged, so a login
//! is charged once, by what is known when it is decided. `Phase::Asking` keeps it meanwhile.

use super::read::UndecidedLogin;
use super::{Attempt, Engine, Host, Phase, Step};
use crate::breached::Sha1Digest;
use crate::breached::hibp::Range;
use crate::decision::facts::Breached;
use crate::decision::ledger::Ledger;
use crate::live_lookup::{self, LiveLookup, LiveLookupPolicy, LookupBudget, RememberedAnswers};
use crate::request::credentials::Body;
use crate::request::headers::Headers;
use crate::state::{EntryStore, Store};

/// The service that this worker asks, and what it said.
pub(super) struct LiveLookups {
    policy: LiveLookupPolicy,
    answers: RememberedAnswers,
}

/// A login and the hash that was asked for.
#[derive(Debug)]
pub(super) struct AskedLogin {
    pub login: UndecidedLogin,
    digest: Sha1Digest,
}

impl LiveLookups {
    pub(super) fn new(policy: &LiveLookupPolicy) -> Self {
        Self { answers: RememberedAnswers::new(policy.remember_seconds), policy: policy.clone() }
    }
}

impl Engine {
    /// Decides a login, or asks for the range that it needs first.
    pub(super) fn ask_or_decide(
        &self,
        host: &Host<'_, impl Store, impl Breached, impl EntryStore>,
        attempt: &mut Attempt,
        mut login: UndecidedLogin,
        body: Body<'_>,
    ) -> Step {
        let asked = self.live_lookups.as_ref().and_then(|it| self.question(host, it, &mut login));
        match asked {
            Some(digest) => {
                attempt.0 = Phase::Asking(Box::new(AskedLogin { login, digest }));
                Step::Ask(Range::of(&digest))
            }
            None => self.decide_login(host, attempt, login, body),
        }
    }

    /// Takes the answer to [`Step::Ask`], the body of the range's response, and decides the attempt.
    /// `None` if there is no answer in time. `body` is the request's, as in
    /// [`Engine::request_body`].
    pub fn live_answer(
        &self,
        host: &Host<'_, impl Store, impl Breached, impl EntryStore>,
        attempt: &mut Attempt,
        body: Body<'_>,
        range: Option<&[u8]>,
    ) -> Step {
        let phase = std::mem::replace(&mut attempt.0, Phase::Settled);
        let Phase::Asking(asked) = phase else {
            attempt.0 = phase;
            return Step::PassThrough;
        };
        let AskedLogin { mut login, digest } = *asked;
        let answer = range.map_or(LiveLookup::Failed, |range| live_lookup::find(range, &digest));
        if let (Some(asking), Some(is_breached)) = (&self.live_lookups, answer.is_breached()) {
            asking.answers.note(self.table.hash_key(), &digest, is_breached, host.now);
        }
        login.facts.live_lookup = answer;
        // Other attempts of the address may have been decided meanwhile.
        let state = self.state(host, &[]);
        login.held.client_entries.iter_mut().for_each(|entries| entries.read_again(&state));
        self.decide_login(host, attempt, login, body)
    }

    /// The hash to ask for. What is known without a question is noted in the facts.
    fn question<S: Store, P, E: EntryStore>(
        &self,
        host: &Host<'_, S, P, E>,
        asking: &LiveLookups,
        login: &mut UndecidedLogin,
    ) -> Option<Sha1Digest> {
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

    /// Whether the verdict hinges on a live lookup. Nothing is charged and no pass is used.
    fn needs_live_lookup<S: Store, P, E: EntryStore>(
        &self,
        host: &Host<'_, S, P, E>,
        login: &UndecidedLogin,
    ) -> bool {
        let headers = login.held.headers.read();
        let (client, headers) = (&login.held.client, Headers::borrowed(&headers));
        let state = self.state_for(host, &login.endpoints, &login.facts);
        let account = state.account(client, &login.facts);
        let mut facts = login.facts.clone();
        facts.doubt_device(&account);
        let entries = login.held.client_entries.clone();
        let ledger = Ledger::open(&state, client, &facts, entries, account);
        let clients = self.audience(&login.endpoints, Some(headers));
        ledger.needs_live_lookup(clients, || self.may_be_admitted(headers))
    }
}
