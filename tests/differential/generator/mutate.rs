//! Small changes of a request that an application has read.

use rand::RngExt;
use rand_pcg::Pcg64;

use super::names::MARKS;
use super::{chance, pick};
use crate::login_request::LoginRequest;

/// Changes a request in one to three places, or crosses it with another.
pub(super) fn request(rng: &mut Pcg64, from: &LoginRequest, other: &LoginRequest) -> LoginRequest {
    let mut request = from.clone();
    for _ in 0..rng.random_range(1..4) {
        match rng.random_range(0..14) {
            12 => decoy(rng, &mut request.body),
            13 if request.target.contains(&b'?') => decoy(rng, &mut request.target),
            0..6 => bytes(rng, &mut request.body, &other.body),
            6..8 => bytes(rng, &mut request.target, &other.target),
            8..10 => header(rng, &mut request, other),
            10 => request.headers.clone_from(&other.headers),
            _ => request.method.clone_from(&other.method),
        }
    }
    request
}

/// Adds a field that looks like the password.
fn decoy(rng: &mut Pcg64, bytes: &mut Vec<u8>) {
    let decoys = [
        "&password=decoy",
        "&PASSWORD=decoy",
        "&Password=",
        "&user[password]=decoy",
        "&USER[PASSWORD]=decoy",
        "&password[]=decoy",
        ",\"password\":\"decoy\"",
        ",\"PASSWORD\":\"decoy\"",
        "&pass-word=decoy",
        "&.password=decoy",
    ];
    let at = if chance(rng, 70) { bytes.len() } else { rng.random_range(0..=bytes.len()) };
    bytes.splice(at..at, pick(rng, &decoys).bytes()).for_each(drop);
}

fn header(rng: &mut Pcg64, request: &mut LoginRequest, other: &LoginRequest) {
    if request.headers.is_empty() || chance(rng, 20) {
        request.headers.clone_from(&other.headers);
        return;
    }
    let at = rng.random_range(0..request.headers.len());
    bytes(rng, &mut request.headers[at].1, &[]);
}

fn bytes(rng: &mut Pcg64, bytes: &mut Vec<u8>, other: &[u8]) {
    let at = rng.random_range(0..=bytes.len());
    let end = rng.random_range(at..=bytes.len().min(at + 12));
    match rng.random_range(0..7) {
        0 | 1 => bytes.splice(at..at, pick(rng, &MARKS).bytes()).for_each(drop),
        2 => bytes.drain(at..end).for_each(drop),
        3 => {
            let part = bytes[at..end].to_vec();
            bytes.splice(at..at, part).for_each(drop);
        }
        4 => bytes[at..end].make_ascii_uppercase(),
        5 => {
            let encoded =
                bytes[at..end].iter().map(|byte| format!("%{byte:02x}")).collect::<String>();
            bytes.splice(at..end, encoded.bytes()).for_each(drop);
        }
        _ if !other.is_empty() => {
            let from = rng.random_range(0..other.len());
            let to = rng.random_range(from..=other.len().min(from + 40));
            bytes.splice(at..at, other[from..to].iter().copied()).for_each(drop);
        }
        _ => {}
    }
}
