//! Properties of correctly signed tokens and cookies with any content.
//!
//! Only the module can sign, but a reader must not trust a signature blindly: a mistake elsewhere
//! could then crash it or admit a login. The fuzzer's bytes are signed as a whole payload, as the
//! claims of a client's token, and as a device cookie. The expected result is computed from the
//! rules in the docs.

use unstuff_engine::challenge::puzzle::{LANES, PuzzleAlgorithm, PuzzleWork, SUB_PUZZLES};
use unstuff_engine::challenge::token::{self, Claims, TokenScope};
use unstuff_engine::challenge::{
    BindingPolicy, PASS_HEADER, REDEEM_HEADER, SOLUTION_HEADER, TokenBinding,
};
use unstuff_engine::policy::Action;
use unstuff_engine::request::client::Client;
use unstuff_engine::request::headers::Headers;
use unstuff_engine::tokens::device;
use unstuff_engine::tokens::signing::Purpose;

use super::harness::{ADDRESS, ChallengeHarness, NOW, USERNAME, handover_key, keys};
use super::tokens::PURPOSES;

/// The attempts of a pass by default.
const ATTEMPTS: u8 = 3;
const PASS_SECONDS: u32 = 600;

/// The bytes are the whole payload. They are no token, or one that is written again identically.
/// It is never bound to the client, because a fuzzer does not find the tag.
pub(super) fn payload(bytes: &[u8]) {
    let harness = ChallengeHarness::new();
    for purpose in PURPOSES {
        let text = token::signed(bytes, &keys(1), purpose);
        if let Ok(opened) = Claims::open(text.as_bytes(), &keys(1), purpose) {
            assert_eq!(opened.claims.seal(&keys(1), purpose), text);
        }
        assert!(Claims::open(text.as_bytes(), &keys(2), purpose).is_err(), "another key");
        for other in PURPOSES.into_iter().filter(|other| *other != purpose) {
            assert!(Claims::open(text.as_bytes(), &keys(1), other).is_err(), "another purpose");
        }
        assert_eq!(harness.redeemed_pass(&query("unstuff-wait", &text), "x", b""), None);
        assert_eq!(harness.redeemed_pass(&query("unstuff-answer", &answer(&text)), "x", b""), None);
        assert_eq!(harness.redeemed_pass(b"", REDEEM_HEADER, text.as_bytes()), None);
        assert_eq!(harness.login(PASS_HEADER, text.as_bytes()).verdict.action, Action::Challenge);
    }
    // The other challenge may sign any text, but only a token of the module counts.
    let text = String::from_utf8_lossy(bytes);
    assert_eq!(harness.redeemed_pass(&query("unstuff-answer", &answer(&text)), "x", b""), None);
}

/// The bytes are the claims of a token, bound to the client and the endpoint unless flags in the
/// first byte change that. The remaining bytes are the numbers of a solution.
pub(super) fn claims(bytes: &[u8]) {
    let mut bytes = FuzzInput(bytes);
    let [flags, value] = bytes.take();
    let [other_client, other_endpoint, wait_used] = [1, 2, 4].map(|flag| flags & flag != 0);
    let (id, from, until) = (bytes.take(), near_now(bytes.take()), near_now(bytes.take()));
    let numbers = bytes.0;

    let client = Client::at(ADDRESS.parse().expect("an address"));
    let binding = TokenBinding::of(&BindingPolicy::default(), &client, Headers::new(&[]));
    let scope = TokenScope { endpoint: "web", binding: &binding };
    let pass = Claims { value: ATTEMPTS, ..Claims::new(&keys(1), id, NOW, PASS_SECONDS, scope) };
    let mut claims = Claims { from, until, value, ..pass };
    claims.binding[0] ^= u8::from(other_client);
    claims.endpoint[0] ^= u8::from(other_endpoint);
    let counts = !other_client && NOW.seconds() <= until;
    let seal = |purpose| claims.seal(&keys(1), purpose);

    let (harness, text) = (ChallengeHarness::new(), seal(Purpose::Pass));
    for attempt in 0..ATTEMPTS {
        let admitted = harness.login(PASS_HEADER, text.as_bytes()).admission.admitted;
        assert_eq!(admitted, counts && !other_endpoint && attempt < value, "attempt {attempt}");
    }

    let (harness, token) = (ChallengeHarness::new(), seal(Purpose::Puzzle));
    let solution = [token.as_bytes(), b".", numbers].concat();
    let solved = counts && is_solved(&claims, numbers);
    assert_eq!(
        harness.redeemed_pass(b"", REDEEM_HEADER, &solution),
        solved.then(|| worth(&pass, ATTEMPTS)),
        "redeemed"
    );
    let admitted = harness.login(SOLUTION_HEADER, &solution).admission.admitted;
    assert_eq!(admitted, solved && !other_endpoint, "a solution with the login");

    let (harness, text) = (ChallengeHarness::new(), seal(Purpose::Wait));
    if wait_used {
        let other = Claims { id: id.map(|byte| !byte), from: 0, until: u32::MAX, ..pass };
        let other = query("unstuff-wait", &other.seal(&keys(1), Purpose::Wait));
        assert!(harness.redeemed_pass(&other, "x", b"").is_some(), "the only one in this minute");
    }
    let waited = counts && from <= NOW.seconds() && !wait_used;
    let pass_value = harness.redeemed_pass(&query("unstuff-wait", &text), "x", b"");
    assert_eq!(pass_value, waited.then(|| worth(&pass, 1)), "waited");

    let text = answer(&seal(Purpose::Handover));
    let pass_value =
        ChallengeHarness::new().redeemed_pass(&query("unstuff-answer", &text), "x", b"");
    assert_eq!(pass_value, counts.then(|| worth(&pass, ATTEMPTS)), "handed over");
}

/// The bytes are the content of a device cookie. A flag in the first byte adds the username's name
/// in front.
pub(super) fn device(bytes: &[u8]) {
    let mut bytes = FuzzInput(bytes);
    let [flags, version] = bytes.take();
    let id: [u8; 8] = bytes.take();
    let expires = near_now(bytes.take());
    let is_named = flags & 1 != 0;
    let name = keys(1).sign(Purpose::Device, &[b"name", &id, USERNAME.as_bytes()]);
    let name = name.tag();
    let names = [if is_named { &name[..] } else { &[] }, bytes.0].concat();
    let body = [&[version][..], &expires.to_le_bytes(), &id, &names].concat();
    let signature = keys(1).sign(Purpose::Device, &[b"cookie", &body]);
    let cookie =
        format!("{}={}", device::COOKIE, hex(&[body, signature.as_bytes().to_vec()].concat()));
    let is_whole = names.len() % 8 == 0 && names.len() <= 5 * 8;
    let known = version == 1 && NOW.seconds() < expires && is_whole && is_named;
    let action = ChallengeHarness::new().login("cookie", cookie.as_bytes()).verdict.action;
    assert_eq!(action, if known { Action::Allow } else { Action::Challenge });
}

fn worth(pass: &Claims, attempts: u8) -> String {
    Claims { value: attempts, ..*pass }.seal(&keys(1), Purpose::Pass)
}

/// Whether the bytes are sixteen numbers in canonical form that each solve their part, by the
/// algorithm in the upper bits of the token's value.
fn is_solved(claims: &Claims, numbers: &[u8]) -> bool {
    let algorithm = match claims.value >> 6 {
        0 => PuzzleAlgorithm::Sha256,
        1 => PuzzleAlgorithm::MemoryWalk,
        _ => return false,
    };
    let bits = u32::from(claims.value % 64);
    let text = String::from_utf8_lossy(numbers);
    let numbers: Option<Vec<u32>> = text
        .split('.')
        .map(|number| number.parse::<u32>().ok().filter(|it| it.to_string() == number))
        .collect();
    let work = PuzzleWork::new(algorithm, &claims.id);
    numbers.is_some_and(|numbers| {
        numbers.len() == SUB_PUZZLES as usize
            && (0..).zip(numbers).all(|(part, it)| work.zero_bits([(part, it); LANES])[0] >= bits)
    })
}

/// The other challenge's answer for a token.
fn answer(token: &str) -> String {
    let signature = handover_key().sign_text(&format!("unstuff-answer\n{token}"));
    format!("{token}.{}", hex(signature.as_bytes()))
}

fn query(field: &str, value: &str) -> Vec<u8> {
    let escaped: String = value.bytes().map(|byte| format!("%{byte:02x}")).collect();
    format!("{field}={escaped}").into_bytes()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A time at this offset from now, in seconds. Most random times would be far away.
fn near_now(offset: [u8; 4]) -> u32 {
    NOW.seconds().saturating_add_signed(i32::from_be_bytes(offset))
}

/// The bytes that are left, followed by zeros.
struct FuzzInput<'b>(&'b [u8]);

impl FuzzInput<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let (front, rest) = self.0.split_at(self.0.len().min(N));
        self.0 = rest;
        std::array::from_fn(|at| front.get(at).copied().unwrap_or(0))
    }
}
