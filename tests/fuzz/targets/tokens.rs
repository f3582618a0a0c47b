//! Properties of the challenge's tokens, both forged and correctly signed.

use unstuff_engine::challenge::token::Claims;
use unstuff_engine::challenge::{PASS_COOKIE, PASS_HEADER, REDEEM_HEADER, SOLUTION_HEADER};
use unstuff_engine::policy::Action;
use unstuff_engine::tokens::signing::Purpose;

use super::harness::{ChallengeHarness, keys};
use super::signed;

/// The purposes of signed tokens.
pub(super) const PURPOSES: [Purpose; 4] =
    [Purpose::Puzzle, Purpose::Pass, Purpose::Wait, Purpose::Handover];

/// No login is admitted without a solution, a wait or the other challenge.
pub(crate) fn tokens(bytes: &[u8]) {
    forged(bytes);
    signed::payload(bytes);
    signed::claims(bytes);
    signed::device(bytes);
}

/// Any unsigned bytes are refused.
fn forged(bytes: &[u8]) {
    for purpose in PURPOSES {
        assert!(Claims::open(bytes, &keys(1), purpose).is_err(), "a forged signature");
    }
    let harness = ChallengeHarness::new();
    assert_eq!(harness.redeemed_pass(b"", REDEEM_HEADER, bytes), None);
    for field in [&b"unstuff-wait="[..], b"unstuff-answer="] {
        assert_eq!(harness.redeemed_pass(&[field, bytes].concat(), "x", b""), None);
    }
    let cookie = [PASS_COOKIE.as_bytes(), b"=", bytes].concat();
    for (name, value) in
        [("cookie", cookie.as_slice()), (PASS_HEADER, bytes), (SOLUTION_HEADER, bytes)]
    {
        assert_eq!(harness.login(name, value).verdict.action, Action::Challenge);
    }
}
