//! Hostile requests: each follows from a seed and its number, so one that breaks something can be
//! sent again alone.

mod bodies;
mod framing;
mod heads;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

pub(crate) use framing::Framing;

/// The header that tells the application which request it is, and what it has to hold.
pub(crate) const NUMBER_HEADER: &str = "x-torture";

/// The header that tells the application how to fail.
pub(crate) const FAULT_HEADER: &str = "x-torture-fault";

/// A breached password: the starter filter has it.
pub(crate) const BREACHED: &str = "123456";

/// See [`HostileRequest::leaves_after`].
pub(crate) const IN_ANSWER: u64 = 1150;

/// The version of HTTP that a request is sent with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HttpVersion {
    /// HTTP/1.0, without `host` now and then.
    Http10,
    /// HTTP/1.1.
    Http11,
    /// HTTP/2 with prior knowledge.
    Http2,
}

/// A request that no library would send, as it goes over the wire.
#[derive(Clone, Debug)]
pub(crate) struct HostileRequest {
    /// Its number in the run.
    pub number: u64,
    /// The version of HTTP.
    pub version: HttpVersion,
    /// The method.
    pub method: Vec<u8>,
    /// The request target.
    pub target: Vec<u8>,
    /// The header lines, in order.
    pub headers: Vec<(Vec<u8>, Vec<u8>)>,
    /// The body, before it is framed.
    pub body: Vec<u8>,
    /// How the body is framed.
    pub framing: Framing,
    /// Where the client leaves: after so many thousandths of the request, from 1000 on while it waits
    /// for the answer, and from [`IN_ANSWER`] on in the middle of it.
    pub leaves_after: Option<u64>,
    /// Whether the client sends it twice at once: pipelined, or on two streams.
    pub is_doubled: bool,
    /// Whether the client leaves with a reset.
    pub resets: bool,
    /// The sizes of its writes.
    pub write_bytes: usize,
    /// Whether an application that gets the whole body reads [`BREACHED`] from it.
    pub holds_password: bool,
}

impl HostileRequest {
    /// Request `number` of the run with this seed.
    pub(crate) fn generate(seed: u64, number: u64) -> Self {
        let rng = &mut Pcg64::seed_from_u64(seed.rotate_left(32) ^ number);
        let version = match rng.random_range(0..20) {
            0 => HttpVersion::Http10,
            1..8 => HttpVersion::Http2,
            _ => HttpVersion::Http11,
        };
        let payload = bodies::payload(rng);
        let mut request = Self {
            number,
            version,
            method: heads::method(rng),
            target: heads::target(rng),
            headers: Vec::new(),
            body: payload.body,
            framing: Framing::choose(rng, version),
            leaves_after: chance(rng, 6).then(|| rng.random_range(0..1300)),
            is_doubled: chance(rng, 5),
            resets: chance(rng, 50),
            write_bytes: *pick(rng, &[usize::MAX, usize::MAX, usize::MAX, 16_384, 1_000, 97, 7]),
            holds_password: payload.holds_password,
        };
        request.holds_password &= request.method == b"POST" && heads::is_login(&request.target);
        heads::identify(rng, &mut request);
        request.headers.extend(payload.headers);
        heads::decorate(rng, &mut request);
        request
    }

    /// The first value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&[u8]> {
        let found = self.headers.iter().find(|(it, _)| it.eq_ignore_ascii_case(name.as_bytes()));
        found.map(|(_, value)| value.as_slice())
    }

    /// The request for a person's eyes.
    pub(crate) fn describe(&self) -> String {
        let text = |bytes: &[u8]| bytes.escape_ascii().to_string();
        let mut lines = vec![format!(
            "{:?} {} {} {:?}, leaves after {:?}, in writes of {}, twice: {}",
            self.version,
            text(&self.method),
            text(&self.target),
            self.framing,
            self.leaves_after,
            self.write_bytes,
            self.is_doubled
        )];
        let headers = self.headers.iter();
        lines.extend(headers.map(|(name, value)| format!("  {}: {}", text(name), text(value))));
        let shown = &self.body[..self.body.len().min(2_000)];
        lines.push(format!("  {} bytes: {}", self.body.len(), text(shown)));
        lines.join("\n")
    }

    /// Whether the other side has to answer: everything that was announced is sent.
    pub(crate) fn is_whole(&self) -> bool {
        self.leaves_after.is_none()
            && self.framing.is_whole()
            && self.header("upgrade").is_none()
            && self.method != b"CONNECT"
    }
}

/// A hash that tells two bodies apart (FNV-1a).
pub(crate) fn body_hash(body: &[u8]) -> u64 {
    body.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Whether it happens, in so many of a hundred cases.
fn chance(rng: &mut Pcg64, percent: u32) -> bool {
    rng.random_range(0..100) < percent
}

/// One of several.
fn pick<'a, T>(rng: &mut Pcg64, from: &'a [T]) -> &'a T {
    &from[rng.random_range(0..from.len())]
}

/// So many random bytes.
fn junk(rng: &mut Pcg64, length: usize) -> Vec<u8> {
    (0..length).map(|_| rng.random_range(0..=255_u8)).collect()
}

#[test]
fn a_seed_and_a_number_always_give_the_same_request() {
    for number in 0..500 {
        let [once, again] = [(); 2].map(|()| format!("{:?}", HostileRequest::generate(7, number)));
        assert_eq!(once, again);
    }
}

#[test]
fn every_kind_of_request_comes_up() {
    let requests: Vec<_> = (0..4_000).map(|it| HostileRequest::generate(3, it)).collect();
    let share = |is: &dyn Fn(&HostileRequest) -> bool| {
        requests.iter().filter(|it| is(it)).count() * 100 / requests.len()
    };
    assert!(share(&|it| it.holds_password) >= 25, "{}", share(&|it| it.holds_password));
    assert!(share(&HostileRequest::is_whole) >= 60, "{}", share(&HostileRequest::is_whole));
    assert!(share(&|it| it.version == HttpVersion::Http2) >= 25);
    assert!(requests.iter().any(|it| it.version == HttpVersion::Http10));
    assert!(requests.iter().any(|it| it.header("upgrade").is_some()));
    assert!(requests.iter().any(|it| it.body.len() > 100_000));
}
