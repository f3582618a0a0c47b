//! The state machine: request headers and request body. `response` goes on from there.

use super::judge::ClientContext;
use super::matching::{Concern, MatchedEndpoint, MatchedRequest, MaybeConcerned};
use super::read::{self, LoginRead, UndecidedLogin};
use super::{Attempt, Engine, HeldRequest, Host, Phase, Step};
use crate::challenge::FleetPass;
use crate::decision::facts::Breached;
use crate::request::client::{self, Fingerprint};
use crate::request::credentials::{self, Body};
use crate::request::headers::Headers;
use crate::state::{EntryStore, Store};
use crate::tokens::device::Device;

/// The longest body for which a ban waits, in bytes: that of any login form.
///
/// A reply in front of the body ends an HTTP/1 connection, and setting up another costs the proxy
/// more than reading a short body does.
const SHORT_BODY_BYTES: u64 = 16 << 10;

impl Engine {
    /// Takes a request's headers. `peer` is the client's address as the proxy sees it.
    pub fn request_headers(
        &self,
        host: &Host<'_, impl Store, impl Breached, impl EntryStore>,
        attempt: &mut Attempt,
        headers: Headers<'_>,
        peer: &[u8],
        end_of_stream: bool,
    ) -> Step {
        if let Some(concern) = self.concern(headers, end_of_stream) {
            return self.concerned(host, attempt, concern, headers, peer, end_of_stream);
        }
        *attempt = Attempt::none();
        Step::PassThrough
    }

    /// The same for headers that are known to concern the engine.
    pub fn concerned(
        &self,
        host: &Host<'_, impl Store, impl Breached, impl EntryStore>,
        attempt: &mut Attempt,
        concern: Concern,
        headers: Headers<'_>,
        peer: &[u8],
        end_of_stream: bool,
    ) -> Step {
        let matched = match concern.0 {
            MaybeConcerned::Matched(matched) => Some(matched),
            MaybeConcerned::PresentsToken => {
                if let Some(redemption) = self.redemption(headers, peer) {
                    attempt.0 = Phase::Settled;
                    return Step::Redeem(Box::new(redemption));
                }
                self.matched_request(headers, end_of_stream)
            }
            MaybeConcerned::AsksForScript => {
                if let Some(script) = self.client_script(headers) {
                    attempt.0 = Phase::Settled;
                    return Step::Answer(Box::new(script));
                }
                self.matched_request(headers, end_of_stream)
            }
            MaybeConcerned::AsksForPage(endpoint) => {
                attempt.0 = Phase::Settled;
                return self.login_page(host, endpoint, headers, peer);
            }
        };
        // What is no login costs no look at the state, and no ban stops it.
        let (endpoints, read) = match matched {
            None => {
                attempt.0 = Phase::Settled;
                return Step::PassThrough;
            }
            Some(MatchedRequest::Upgrade) => {
                attempt.0 = Phase::Settled;
                return Step::Decided(Box::new(self.refuse_upgrade()));
            }
            Some(MatchedRequest::Login(endpoints, read)) => (endpoints, read),
        };
        let client = client::identify(&self.policy.client.address, headers, peer)
            .looking_like(Fingerprint::of(&self.policy.client.fingerprint, headers));
        let places = self.state(host, &[]).client_places(&client);
        let (device, locked_device) = self.device(host, headers);
        let mut client_entries = None;
        let is_login = |at: &MatchedEndpoint| self.is_login_by_headers(at, headers);
        let is_ban_first = read.is_some() || endpoints.iter().any(is_login);
        let mut is_ban_due = is_ban_first;
        let is_stopped_here =
            || !brings_a_short_body(headers) && self.state(host, &[]).has_seen_ban(places);
        if read.is_some() || is_ban_due && is_stopped_here() {
            match self.entries_unless_banned(host, (&client, places), device.is_some()) {
                Ok(entries) => client_entries = Some(entries),
                Err(mut decision) => {
                    attempt.0 = Phase::Settled;
                    let request = (headers, locked_device.as_ref());
                    self.draft_ban(host, request, (&client, places), &endpoints, &mut decision);
                    return Step::Decided(decision);
                }
            }
            is_ban_due = false;
        }
        // A challenge and a record read other headers than the credentials do.
        let keeps_all = self.challenger.is_some() || self.recorder.is_some();
        let is_read = |name: &[u8]| keeps_all || credentials::reads(name);
        let sent = headers.iter().map(|(_, value)| value);
        let is_echo = self.could_bring_success(endpoints.iter().map(|at| at.id), sent);
        let headers = headers.copied(&is_read);
        let max_body_bytes = self.max_body_bytes(&endpoints);
        let held = Box::new(HeldRequest {
            headers,
            client,
            places,
            endpoints,
            max_body_bytes,
            client_entries,
            is_ban_due,
            device,
            is_echo,
            locked_device,
            is_ban_first,
        });
        if let Some(read) = read {
            return self.decide_read(host, attempt, held, read, Body::None);
        }
        attempt.0 = Phase::Held(held);
        Step::Hold
    }

    /// Takes the body of a held request: all of it, or the part that is read.
    pub fn request_body(
        &self,
        host: &Host<'_, impl Store, impl Breached, impl EntryStore>,
        attempt: &mut Attempt,
        body: Body<'_>,
    ) -> Step {
        if let Phase::Held(held) = &mut attempt.0 {
            let state = self.state(host, &[]);
            held.client_entries.iter_mut().for_each(|entries| entries.read_again(&state));
            if held.is_ban_due {
                let client = (&held.client, held.places);
                match self.entries_unless_banned(host, client, held.device.is_some()) {
                    Ok(entries) => held.client_entries = Some(entries),
                    Err(mut decision) => {
                        if self.recorder.is_some() {
                            let kept = held.headers.read();
                            let request = (Headers::borrowed(&kept), held.locked_device.as_ref());
                            self.draft_ban(host, request, client, &held.endpoints, &mut decision);
                        }
                        attempt.0 = Phase::Settled;
                        return Step::Decided(decision);
                    }
                }
            }
        }
        self.decide_held(host, attempt, body)
    }

    fn decide_held(
        &self,
        host: &Host<'_, impl Store, impl Breached, impl EntryStore>,
        attempt: &mut Attempt,
        body: Body<'_>,
    ) -> Step {
        let phase = std::mem::replace(&mut attempt.0, Phase::Settled);
        let Phase::Held(held) = phase else {
            attempt.0 = phase;
            return Step::PassThrough;
        };
        let read = self.read(&held.endpoints, Headers::borrowed(&held.headers.read()), body);
        match read {
            Some(read) => self.decide_read(host, attempt, held, read, body),
            None => Step::PassThrough,
        }
    }

    fn decide_read(
        &self,
        host: &Host<'_, impl Store, impl Breached, impl EntryStore>,
        attempt: &mut Attempt,
        held: Box<HeldRequest>,
        read: LoginRead,
        body: Body<'_>,
    ) -> Step {
        let mut facts = read::facts(host, &held, &read, body);
        self.recorder().into_iter().for_each(|it| it.tag(&mut facts));
        facts.address_fell_back = held.client.fell_back;
        facts.known_device =
            held.device.as_ref().is_some_and(|device| facts.is_of(|it| device.knows(it)));
        let login = UndecidedLogin { held, endpoints: read.endpoints, facts };
        self.ask_or_decide(host, attempt, login, body)
    }

    /// Decides a login by its facts, and by what the fleet said of its pass.
    pub(super) fn decide_login(
        &self,
        host: &Host<'_, impl Store, impl Breached, impl EntryStore>,
        attempt: &mut Attempt,
        login: UndecidedLogin,
        said_of_pass: Option<FleetPass>,
        body: Body<'_>,
    ) -> Step {
        let UndecidedLogin { mut held, endpoints, facts } = login;
        let (device, client_entries) = (held.device.take(), held.client_entries.take());
        let recorded = self.recorder.as_ref().map(|_| endpoints.clone());
        let kept = held.headers.read();
        let headers = Headers::borrowed(&kept);
        let known = ClientContext {
            client_entries,
            headers: Some(headers),
            said_of_pass,
            is_program: None,
        };
        let (mut decision, mut phase) = self.judge(host, endpoints, &held.client, facts, known);
        if let Some(endpoints) = &recorded {
            let at = (&held.client, endpoints.as_slice());
            let locked_device = held.locked_device.as_ref();
            let request = self.recorded_request(headers, locked_device, held.is_ban_first);
            decision.draft = self.draft(host, request, at, device.as_ref(), &decision);
        }
        if let Phase::AwaitingOutcome(endpoints, open) = &mut phase {
            if !open.is_about_address_only() {
                for &id in endpoints.iter() {
                    self.answer_monitor.note_request(id, headers, body);
                }
            }
            let sent = match body {
                Body::Complete(bytes) | Body::Cut(bytes) => Some(bytes),
                Body::None => None,
            };
            open.is_echo = held.is_echo
                || self.could_bring_success(endpoints.iter().copied(), sent.into_iter());
            // A device that tried no account does not answer for a failure.
            let device = device.filter(|_| !open.is_about_address_only());
            open.device_id = device.as_ref().map(|device| device.id);
            open.device = device;
            open.fleet_client = self.fleet_client(&held.client);
        }
        attempt.0 = phase;
        Step::Decided(Box::new(decision))
    }

    /// The device of a request's cookie, if the signature is valid: one that is not locked, or one
    /// that is.
    pub(super) fn device<S, P, E: EntryStore>(
        &self,
        host: &Host<'_, S, P, E>,
        headers: Headers<'_>,
    ) -> (Option<Device>, Option<Device>) {
        let keys = self.device_keys.as_ref();
        let device = keys.and_then(|keys| Device::read(keys, headers, host.now));
        match device {
            Some(device) if self.state(host, &[]).is_locked(&device.id) => (None, Some(device)),
            device => (device, None),
        }
    }
}

/// Whether the headers announce a short body. One of unknown length may be endless.
fn brings_a_short_body(headers: Headers<'_>) -> bool {
    headers.content_length().is_some_and(|bytes| bytes <= SHORT_BODY_BYTES)
}
