//! The engine's calls to the challenger: the client and the endpoint that a challenge is for.

use super::{Engine, Host};
use crate::challenge::redemption::Presented;
use crate::challenge::token::TokenScope;
use crate::challenge::{
    Admission, ChallengeForm, ChallengePolicy, ChallengeResponse, ChallengeSubject, Challenger,
    FleetPass, Language, Randomness, Redemption, WayBack,
};
use crate::policy::Endpoint;
use crate::request::client::{self, Client};
use crate::request::endpoint_match::Target;
use crate::request::headers::Headers;
use crate::state::Store;
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
        self.challenger
            .as_ref()
            .map(|challenger| challenger.redeem(host.store, host.now, redemption, random))
    }

    /// Whether a request presents anything that may be a token to the challenge.
    pub(super) fn may_be_redemption(&self, headers: Headers<'_>) -> bool {
        self.challenger.is_some() && Presented::in_request(headers).is_some()
    }

    /// The token that a request presents to the challenge, if its path is an endpoint's.
    pub(super) fn redemption(&self, headers: Headers<'_>, peer: &[u8]) -> Option<Redemption> {
        let challenger = self.challenger.as_ref()?;
        let presented = Presented::in_request(headers)?;
        let target = Target::of(headers);
        let endpoints = &self.policy.endpoints;
        let came_to = endpoints.iter().position(|endpoint| endpoint.matcher.is_at(&target))?;
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
