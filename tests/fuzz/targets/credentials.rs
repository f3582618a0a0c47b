//! Properties of reading credentials.
//!
//! The fuzzed bytes are a request. Whatever a plain parser reads as the password is found, or the
//! request is flagged. They are also a username and a password: in each valid encoding exactly these
//! two are found, and whatever else is put beside them does not hide them.

use std::str::from_utf8;
use std::time::{Duration, Instant};

use unstuff_engine::request::credentials::{
    Body, ConfiguredName, CredentialFields, Credentials, FieldNames, GraphqlFields, MAX_CANDIDATES,
    Reading, normalise_username, read,
};
use unstuff_engine::request::headers::Headers;

use super::encodings::{self, EncodedLogin};
use super::plain_parsers;
use super::request::{FuzzedRequest, split_at};

/// What is found cannot be less than what an application reads.
pub(crate) fn credentials(bytes: &[u8]) {
    let request = FuzzedRequest::read(bytes);
    for fields in every_kind() {
        holds_for(&fields, request.headers(), request.content());
    }
    is_seen(&request);
    let (username, rest) = split_at(bytes, b'\n');
    let (password, junk) = split_at(rest, b'\n');
    let (Ok(username), Ok(password)) = (from_utf8(username), from_utf8(password)) else {
        return;
    };
    for encoded in encodings::all(username, password) {
        is_read_as_given(&encoded, username, password);
    }
    // An empty value gives way to another one.
    if !password.is_empty() {
        for encoded in encodings::beside(junk, username, password) {
            is_not_hidden(&encoded, password);
        }
    }
}

/// The most bytes of a body that an endpoint reads.
const LONGEST: usize = 64 << 10;

/// Far more than the work takes if it is linear in the body, also unoptimised and on a busy machine.
const ENOUGH: Duration = Duration::from_secs(4);

/// A long body of repeated bytes is read in linear time.
pub(crate) fn long_bodies(bytes: &[u8]) {
    let request = FuzzedRequest::read(bytes);
    let body = request.content();
    if body.is_empty() {
        return;
    }
    let (front, repeated) = split_at(body, 0xFF);
    let repeated = if repeated.is_empty() { front } else { repeated };
    let times = (LONGEST - front.len().min(LONGEST)) / repeated.len().max(1);
    let long = [front, &repeated.repeat(times)].concat();
    let begin = Instant::now();
    for fields in every_kind() {
        let _ = read(&fields, &[], None, request.headers(), Body::Complete(&long));
    }
    assert!(begin.elapsed() < ENOUGH, "{:?} for {} bytes", begin.elapsed(), long.len());
}

/// The fields of each kind of endpoint.
fn every_kind() -> Vec<CredentialFields> {
    let none = CredentialFields::default();
    let graphql = GraphqlFields {
        field: vec!["login".to_owned()],
        username: vec!["username".to_owned()],
        password: vec!["password".to_owned()],
    };
    vec![
        form(),
        json(),
        CredentialFields { json: json().json, basic: true, ..form() },
        nested(),
        CredentialFields { query: form().form, ..none.clone() },
        CredentialFields { basic: true, ..none.clone() },
        CredentialFields { graphql: Some(graphql), ..none.clone() },
        CredentialFields { xmlrpc: true, ..none },
    ]
}

fn names(username: &str, password: &str) -> Option<FieldNames> {
    Some(FieldNames {
        username: vec![ConfiguredName::of(username)],
        password: vec![ConfiguredName::of(password)],
    })
}

fn form() -> CredentialFields {
    let form = names("username", "password");
    CredentialFields { form, ..CredentialFields::default() }
}

fn json() -> CredentialFields {
    let json = names("/username", "/password");
    CredentialFields { json, ..CredentialFields::default() }
}

fn nested() -> CredentialFields {
    CredentialFields {
        form: names("user[username]", "user[password]"),
        json: names("/user/username", "/user/password"),
        ..CredentialFields::default()
    }
}

/// What holds for any request.
fn holds_for(fields: &CredentialFields, headers: Headers<'_>, body: &[u8]) {
    for (body, is_cut) in
        [(Body::None, false), (Body::Complete(body), false), (Body::Cut(body), true)]
    {
        let Reading::Login(found) = read(fields, &[], None, headers, body) else {
            assert!(!is_cut || !fields.reads_body(), "a cut body may hold a login");
            continue;
        };
        assert!(found.candidates.len() <= MAX_CANDIDATES);
        assert!(!(found.absent && found.unreadable), "{found:?}");
        assert!(!found.absent || found.candidates.iter().all(|it| it.password.is_none()));
        assert!(found.unreadable || !is_cut || !fields.reads_body(), "{found:?}");
        for candidate in &found.candidates {
            let name = candidate.username.as_deref().unwrap_or_default();
            assert_eq!(normalise_username(name.as_bytes()), name, "normalised once and for all");
        }
    }
}

/// What a plain parser reads is found, or the request is flagged.
fn is_seen(request: &FuzzedRequest) {
    let (headers, body) = (request.headers(), request.content());
    for password in plain_parsers::passwords(headers, body) {
        let both = CredentialFields { json: json().json, ..form() };
        for fields in [form(), json(), both] {
            let reading = read(&fields, &[], None, headers, Body::Complete(body));
            assert!(has(&reading, &password), "{}: {reading:?}", password.escape_ascii());
        }
    }
}

fn has(reading: &Reading, password: &[u8]) -> bool {
    let Reading::Login(found) = reading else { return false };
    found.unreadable || found.ambiguous || passwords(found).any(|sent| sent == password)
}

fn passwords(found: &Credentials) -> impl Iterator<Item = &[u8]> {
    found.candidates.iter().filter_map(|it| Some(it.password.as_ref()?.as_sent()))
}

fn fields_of(encoded: &EncodedLogin) -> CredentialFields {
    let at = ["form", "json", "both", "nested", "query", "basic", "graphql", "xmlrpc"];
    let at = at.iter().position(|kind| *kind == encoded.kind).expect("a kind");
    every_kind().swap_remove(at)
}

fn is_read_as_given(encoded: &EncodedLogin, username: &str, password: &str) {
    let EncodedLogin { name, request, .. } = encoded;
    let fields = fields_of(encoded);
    let body = request.content();
    let body = if body.is_empty() { Body::None } else { Body::Complete(body) };
    let Reading::Login(found) = read(&fields, &[], None, request.headers(), body) else {
        panic!("{name}: no login");
    };
    let user = normalise_username(username.as_bytes());
    let is_it = |it: &unstuff_engine::request::credentials::Candidate| {
        it.username.as_deref() == Some(&user)
            && it.password.as_ref().is_some_and(|sent| sent.as_sent() == password.as_bytes())
    };
    let gives_way = password.is_empty() && !encoded.is_plain;
    assert!(gives_way || found.candidates.iter().any(is_it), "{name}: {found:?}");
    assert!(!found.absent, "{name}: {found:?}");
    if encoded.is_plain {
        assert!(!found.ambiguous && !found.unreadable, "{name}: {found:?}");
        assert!(found.candidates.len() == 1 && found.further_attempts == 0, "{name}: {found:?}");
    }
}

fn is_not_hidden(encoded: &EncodedLogin, password: &str) {
    let body = Body::Complete(encoded.request.content());
    let reading = read(&fields_of(encoded), &[], None, encoded.request.headers(), body);
    assert!(has(&reading, password.as_bytes()), "{}: {reading:?}", encoded.name);
}
