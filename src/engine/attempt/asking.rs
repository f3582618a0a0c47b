//! A login that waits for an answer from outside: what it asks, and its decision after that.
//!
//! A question comes after the credentials are read and before anything is charged, so a login is
//! charged once, by what is known when it is decided. `Phase::Asking` keeps it meanwhile.
//!
//! There are two questions: for a range of breached passwords (`live`), and for the uses of a pass
//! (`pass`). The range comes first, because its answer may be why a pass is needed. A login that got no
//! answer is not held again.

use super::read::UndecidedLogin;
use super::{Attempt, Engine, Host, Phase, Step};
use crate::breached::Sha1Digest;
use crate::breached::hibp::Range;
use crate::challenge::FleetPass;
use crate::challenge::token::TokenId;
use crate::decision::facts::Breached;
use crate::decision::ledger::Ledger;
use crate::fleet::wire::FleetAnswer;
use crate::request::credentials::Body;
use crate::state::{EntryStore, Store};

/// What is asked while a login is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// For a range, of the service of live lookups. Its answer is the body of the response.
    Range(Range),
    /// About a pass, of the fleet's service: the message of the call. Its answer is the message that
    /// comes back.
    Pass(Vec<u8>),
}

/// A login that is held, and what was asked about.
#[derive(Debug)]
pub(super) struct AskedLogin {
    pub login: UndecidedLogin,
    about: AskedAbout,
}

#[derive(Debug)]
enum AskedAbout {
    Password(Sha1Digest),
    Pass(TokenId),
}

impl Engine {
    /// Decides a login, or asks what it needs to know first.
    pub(super) fn ask_or_decide(
        &self,
        host: &Host<'_, impl Store, impl Breached, impl EntryStore>,
        attempt: &mut Attempt,
        mut login: UndecidedLogin,
        body: Body<'_>,
    ) -> Step {
        match self.password_to_look_up(host, &mut login) {
            Some(digest) => {
                let question = Question::Range(Range::of(&digest));
                ask(attempt, login, AskedAbout::Password(digest), question)
            }
            None => self.confirm_or_decide(host, attempt, login, body),
        }
    }

    fn confirm_or_decide(
        &self,
        host: &Host<'_, impl Store, impl Breached, impl EntryStore>,
        attempt: &mut Attempt,
        login: UndecidedLogin,
        body: Body<'_>,
    ) -> Step {
        match self.pass_to_confirm(host, &login) {
            Some((id, message)) => {
                ask(attempt, login, AskedAbout::Pass(id), Question::Pass(message))
            }
            None => self.decide_login(host, attempt, login, None, body),
        }
    }

    /// Takes the answer to [`Step::Ask`] and goes on with the attempt. `None` if there is no answer in
    /// time. `body` is the request's, as in [`Engine::request_body`].
    pub fn answer(
        &self,
        host: &Host<'_, impl Store, impl Breached, impl EntryStore>,
        attempt: &mut Attempt,
        body: Body<'_>,
        answer: Option<&[u8]>,
    ) -> Step {
        let phase = std::mem::replace(&mut attempt.0, Phase::Settled);
        let Phase::Asking(asked) = phase else {
            attempt.0 = phase;
            return Step::PassThrough;
        };
        let AskedLogin { mut login, about } = *asked;
        // Other attempts of the address may have been decided meanwhile.
        let state = self.state(host, &[]);
        login.held.client_entries.iter_mut().for_each(|entries| entries.read_again(&state));
        match about {
            AskedAbout::Password(digest) => {
                self.note_range(host, &mut login, &digest, answer);
                match answer {
                    Some(_) => self.confirm_or_decide(host, attempt, login, body),
                    None => self.decide_login(host, attempt, login, None, body),
                }
            }
            AskedAbout::Pass(id) => {
                let said = answer.and_then(FleetAnswer::read);
                let said = said.map(|answer| FleetPass { id, is_spent: answer.over });
                self.decide_login(host, attempt, login, said, body)
            }
        }
    }

    /// Looks at a login that is not decided yet. Nothing is charged and no pass is used.
    pub(super) fn preview<S, P, E: EntryStore, R>(
        &self,
        host: &Host<'_, S, P, E>,
        login: &UndecidedLogin,
        look: impl FnOnce(&Ledger<'_, E>) -> R,
    ) -> R {
        let state = self.state_for(host, &login.endpoints, &login.facts);
        let account = state.account(&login.held.client, &login.facts);
        let mut facts = login.facts.clone();
        facts.doubt_device(&account);
        let entries = login.held.client_entries.clone();
        look(&Ledger::open(&state, &login.held.client, &facts, entries, account))
    }
}

fn ask(
    attempt: &mut Attempt,
    login: UndecidedLogin,
    about: AskedAbout,
    question: Question,
) -> Step {
    attempt.0 = Phase::Asking(Box::new(AskedLogin { login, about }));
    Step::Ask(question)
}
