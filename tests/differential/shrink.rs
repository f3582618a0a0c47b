//! The smallest request that still shows a difference.

use crate::login_request::LoginRequest;

/// Removes headers and parts of target and body as long as `shows` holds.
pub(crate) fn shrink(
    request: &LoginRequest,
    mut shows: impl FnMut(&LoginRequest) -> bool,
) -> LoginRequest {
    let mut least = request.clone();
    let mut shows = |it: &LoginRequest| it.passes_envoy() && shows(it);
    for at in (0..least.headers.len()).rev() {
        let mut less = least.clone();
        less.headers.remove(at);
        if shows(&less) {
            least = less;
        }
    }
    let post = LoginRequest { method: "POST".to_owned(), ..least.clone() };
    if shows(&post) {
        least = post;
    }
    let body =
        |it: &LoginRequest, bytes: &[u8]| LoginRequest { body: bytes.to_vec(), ..it.clone() };
    let target =
        |it: &LoginRequest, bytes: &[u8]| LoginRequest { target: bytes.to_vec(), ..it.clone() };
    let kept = least.clone();
    least.body = shorter(&kept.body, |bytes| shows(&body(&kept, bytes)));
    let kept = least.clone();
    least.target = shorter(&kept.target, |bytes| shows(&target(&kept, bytes)));
    for at in 0..least.headers.len() {
        let kept = least.clone();
        let value = shorter(&kept.headers[at].1, |bytes| {
            let mut it = kept.clone();
            it.headers[at].1 = bytes.to_vec();
            shows(&it)
        });
        least.headers[at].1 = value;
    }
    least
}

fn shorter(bytes: &[u8], mut shows: impl FnMut(&[u8]) -> bool) -> Vec<u8> {
    let mut least = bytes.to_vec();
    let mut length = least.len() / 2;
    while length > 0 {
        let mut at = 0;
        while at < least.len() {
            let end = least.len().min(at + length);
            let less = [&least[..at], &least[end..]].concat();
            if shows(&less) {
                least = less;
            } else {
                at = end;
            }
        }
        length /= 2;
    }
    least
}
