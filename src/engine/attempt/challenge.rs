//! The engine's calls to the challenger: the client and the endpoint that a challenge is for.

use std::cell::LazyCell;

use super::matching::could_hold;
use super::{Engine, Host, Step};
use crate::challenge::client_script::AskedScript;
use crate::challenge::redemption::Presented;
use crate::challenge::token::TokenScope;
use crate::challenge::{
    Admission, ChallengeForm, ChallengePolicy, ChallengeResponse, ChallengeSubject, ChallengedAt,
    Challenger, ClientScript, Clients, FleetPass, Language, Randomness, Redemption, SentAddress,
    WayBack, login_page, puzzle_request,
};
use crate::policy::{Action, Endpoint, EndpointId, Mode, Rule};
use crate::request::client::{self, Client};
use crate::request::endpoint_match::Target;
use crate::request::headers::Headers;
use crate::state::{EntryStore, Store};
use crate::tokens::signing::Keys;

impl Engine {
    /// The same engine with the built-in challenge, if the policy uses it.
    #[must_use]
    pub fn with_challenge(self, keys: &Keys) -> Self {
        let challenger = |challenge: &ChallengePolicy| {
            Challenger::new(challenge.clone(), keys.clone(), &self.table)
        };
        Self { challenger: self.policy.challenge.as_ref().map(challenger), ..self }
    }

    /// Issues the challenge that a decision asks for. `None` without the built-in challenge.
    #[must_use]
    pub fn challenge<S: Store, P, E>(
        &self,
        host: &Host<'_, S, P, E>,
        subject: &ChallengeSubject,
        random: Randomness,
    ) -> Option<ChallengeResponse> {
        self.challenger
            .as_ref()
            .map(|challenger| challenger.challenge(host.store, host.now, subject, random))
    }

    /// Redeems the token that a request presents. `None` without the built-in challenge.
    #[must_use]
    pub fn redeem<S: Store, P, E>(
        &self,
        host: &Host<'_, S, P, E>,
        redemption: &Redemption,
        random: Randomness,
    ) -> Option<ChallengeResponse> {
        let challenger = self.challenger.as_ref()?;
        if matches!(redemption.presented, Presented::PuzzleRequest) && !self.may_challenge() {
            return Some(puzzle_request::not_needed());
        }
        Some(challenger.redeem(host.store, host.now, redemption, random))
    }

    /// Whether any rule challenges at present.
    fn may_challenge(&self) -> bool {
        let challenges = |rule: &Rule| rule.then == Action::Challenge && rule.mode == Mode::Enforce;
        self.policy.mode == Mode::Enforce && self.policy.rules.iter().any(challenges)
    }

    /// Whether a request asks for the script of login pages, if its host has any.
    pub(super) fn may_ask_for_script(&self, headers: Headers<'_>) -> bool {
        self.challenger.is_some() && AskedScript::in_request(headers).is_some()
    }

    /// Whether a request asks for a login page that the script is added to.
    #[must_use]
    pub fn injects_into(&self, headers: Headers<'_>) -> bool {
        let injects = self.policy.challenge.as_ref().is_some_and(|it| it.inject);
        if !injects || self.challenger.is_none() || headers.first(":method") != Some(b"GET") {
            return false;
        }
        // Few requests are for such a path, so hosts are read only then.
        let (address, target) = (SentAddress::of(headers), LazyCell::new(|| Target::of(headers)));
        let is_its_page = |endpoint: &Endpoint| {
            address.is_at_login_page(endpoint) && endpoint.matcher.is_on(&target)
        };
        self.policy.endpoints.iter().any(is_its_page)
    }

    /// The script of login pages, if the request's host has endpoints.
    pub(super) fn client_script(&self, headers: Headers<'_>) -> Option<ChallengeResponse> {
        let asked = AskedScript::in_request(headers)?;
        let target = Target::of(headers);
        let has_host = |endpoint: &Endpoint| endpoint.matcher.is_on(&target);
        let is_ours = self.policy.endpoints.iter().any(has_host);
        is_ours.then(|| ClientScript::get().response(&asked))
    }

    /// Whether a request presents anything that may be a token to the challenge.
    pub(super) fn may_be_redemption(&self, headers: Headers<'_>) -> bool {
        self.challenger.is_some() && Presented::in_request(headers).is_some()
    }

    /// The token that a request presents to the challenge, if its path is an endpoint's.
    pub(super) fn redemption(&self, headers: Headers<'_>, peer: &[u8]) -> Option<Redemption> {
        let challenger = self.challenger.as_ref()?;
        let presented = Presented::in_request(headers)?;
        let (target, address) = (Target::of(headers), SentAddress::of(headers));
        let endpoints = &self.policy.endpoints;
        let is_at = |endpoint: &Endpoint| {
            endpoint.matcher.is_at(&target) || self.is_at_page(endpoint, &target, &address)
        };
        let could_hold = |endpoint: &Endpoint| could_hold(endpoint, headers);
        // The login's own endpoint where several share the location and the query tells them apart.
        let came_to = { endpoints.iter() }
            .position(|endpoint| is_at(endpoint) && could_hold(endpoint))
            .or_else(|| endpoints.iter().position(is_at))?;
        let client = client::identify(&self.policy.client.address, headers, peer);
        let described =
            |endpoint: &Endpoint| (endpoint.name.clone(), WayBack::of(endpoint, &target, headers));
        let mut endpoints: Vec<_> = endpoints.iter().map(described).collect();
        let came_to = endpoints.swap_remove(came_to);
        Some(Redemption {
            presented,
            binding: challenger.binding(&client, headers),
            passes: Redemption::passes(headers),
            language: Language::of(headers),
            came_to,
            others: endpoints,
        })
    }

    /// Whether a request is at a login page that may be challenged.
    fn is_at_page(
        &self,
        endpoint: &Endpoint,
        target: &Target<'_>,
        address: &SentAddress<'_>,
    ) -> bool {
        let may_be = |it: &ChallengePolicy| it.at == ChallengedAt::Page;
        self.policy.challenge.as_ref().is_some_and(may_be)
            && endpoint.matcher.is_on(target)
            && address.is_login_page(endpoint)
    }

    /// The endpoint under attack whose login page a request asks for, if pages are challenged.
    pub(super) fn attacked_page(&self, headers: Headers<'_>) -> Option<EndpointId> {
        let at = self.policy.challenge.as_ref()?.at;
        let may_be = at == ChallengedAt::Page && self.challenger.is_some() && self.may_challenge();
        if !may_be || !login_page::is_about_to_be_shown(headers) {
            return None;
        }
        let (target, address) = (Target::of(headers), SentAddress::of(headers));
        let is_asked = |(id, endpoint): &(EndpointId, &Endpoint)| {
            self.is_under_attack(*id)
                && endpoint.clients != Clients::Api
                && could_hold(endpoint, headers)
                && self.is_at_page(endpoint, &target, &address)
        };
        self.policy.endpoints_with_ids().find(is_asked).map(|(id, _)| id)
    }

    /// Takes a request for the login page of an endpoint under attack. It is challenged, unless its
    /// browser has what a login would be let in with: a pass, or the cookie of a known device.
    pub(super) fn login_page<S: Store, P, E: EntryStore>(
        &self,
        host: &Host<'_, S, P, E>,
        endpoint: EndpointId,
        headers: Headers<'_>,
        peer: &[u8],
    ) -> Step {
        let subject = || {
            let client = client::identify(&self.policy.client.address, headers, peer);
            if self.policy.client.is_allow_listed(&client) || self.device(host, headers).0.is_some()
            {
                return None;
            }
            let (challenger, endpoint) =
                (self.challenger.as_ref()?, self.policy.endpoint(endpoint)?);
            let subject = self.subject(endpoint, &client, headers, &Admission::default())?;
            let scope = TokenScope { endpoint: &endpoint.name, binding: &subject.binding };
            let has_pass = challenger.usable_pass(host.store, host.now, headers, scope).is_some();
            let way_back = subject.way_back.clone().ahead();
            let page = ChallengeSubject { form: ChallengeForm::Page, way_back, ..subject };
            (!has_pass).then_some(page)
        };
        subject().map_or(Step::PassThrough, |subject| Step::Challenge(Box::new(subject)))
    }

    /// Whether a challenged attempt brings anything that may be a pass or a solution.
    pub(super) fn may_be_admitted(&self, headers: Headers<'_>) -> bool {
        self.challenger.is_some() && Challenger::is_asked_to_admit(headers)
    }

    /// Whether a challenged attempt carries a pass that admits it.
    pub(super) fn admit<S: Store, P, E>(
        &self,
        host: &Host<'_, S, P, E>,
        endpoint: Option<&Endpoint>,
        client: &Client,
        headers: Option<Headers<'_>>,
        said: Option<FleetPass>,
    ) -> Option<Admission> {
        let (challenger, headers) = (self.challenger.as_ref()?, headers?);
        let endpoint = endpoint?;
        let scope =
            TokenScope { endpoint: &endpoint.name, binding: &challenger.binding(client, headers) };
        Some(challenger.admit(host.store, host.now, headers, scope, said))
    }

    /// The client and the endpoint of a challenge.
    pub(super) fn subject(
        &self,
        endpoint: &Endpoint,
        client: &Client,
        headers: Headers<'_>,
        admission: &Admission,
    ) -> Option<ChallengeSubject> {
        let challenger = self.challenger.as_ref()?;
        Some(ChallengeSubject {
            endpoint: endpoint.name.clone(),
            way_back: WayBack::of(endpoint, &Target::of(headers), headers),
            language: Language::of(headers),
            binding: challenger.binding(client, headers),
            form: ChallengeForm::of(endpoint.clients, headers),
            refused: admission.refused.first().copied(),
        })
    }
}
