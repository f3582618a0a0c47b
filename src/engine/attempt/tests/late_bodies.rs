//! A body that arrives late: the address is read again when it does.

use super::*;

#[test]
fn login_is_stopped_if_its_address_was_banned_before_the_body_came() {
    let site = Site::new(LIMIT_TEN);
    let mut attempt = Attempt::default();
    let (headers, peer) = (login_headers(&[]), b"192.0.2.1:5");
    let step = site.headers(&mut attempt, &headers, peer);
    assert!(matches!(step, Step::Hold));
    site.stuff("192.0.2.1", 0..11);
    let body = Body::Complete(b"user=alice&password=right");
    let step = site.engine.request_body(&site.host(), &mut attempt, body);
    let Step::Decided(decision) = step else { panic!("{step:?}") };
    assert_eq!((decision.verdict.action, decision.verdict.cause), (Action::Block, Cause::Ban));
}
