//! Random requests: hostile spellings of alice's login with the breached password.

mod bodies;
mod json;
mod multipart;
mod mutate;
mod names;
mod places;
mod values;

use rand::RngExt;
use rand_pcg::Pcg64;

use crate::judge::KINDS;
use crate::login_request::LoginRequest;

/// One field of a login, or a decoy.
#[derive(Clone)]
pub(super) struct GeneratedField {
    /// The name's segments: `["user", "email"]` is `user[email]` in a form.
    pub(super) path: Vec<&'static str>,
    /// The name as spelled in a form. `None`: as configured.
    pub(super) name: Option<Vec<u8>>,
    pub(super) value: Vec<u8>,
}

impl GeneratedField {
    fn new(path: &[&'static str], value: impl Into<Vec<u8>>) -> Self {
        Self { path: path.to_vec(), name: None, value: value.into() }
    }

    /// The name in a form, with brackets.
    pub(super) fn form_name(&self) -> Vec<u8> {
        self.name.clone().unwrap_or_else(|| names::plain(&self.path))
    }
}

/// Whether it happens, in so many of a hundred cases.
pub(super) fn chance(rng: &mut Pcg64, percent: u32) -> bool {
    rng.random_range(0..100) < percent
}

/// One of several.
pub(super) fn pick<'a, T>(rng: &mut Pcg64, from: &'a [T]) -> &'a T {
    &from[rng.random_range(0..from.len())]
}

/// A random request; nearly half are mutations of those that an application has read.
pub(crate) fn request(rng: &mut Pcg64, pool: &[LoginRequest]) -> LoginRequest {
    loop {
        let request = match pool {
            [_, ..] if chance(rng, 45) => {
                let (from, other) = (pick(rng, pool), pick(rng, pool));
                mutate::request(rng, from, other)
            }
            _ => fresh(rng),
        };
        if request.passes_envoy() {
            return request;
        }
    }
}

fn fresh(rng: &mut Pcg64) -> LoginRequest {
    let kind = *pick(rng, &KINDS);
    let mut request = LoginRequest::post(kind);
    if kind == "basic" || (kind == "webbasic" && chance(rng, 60)) {
        request = places::basic(rng, request);
        if chance(rng, 50) {
            return places::spell(rng, request);
        }
    }
    let fields = fields(rng, kind);
    let request = match (kind, rng.random_range(0..100)) {
        ("query", 0..84) => places::query(rng, request, &fields),
        (_, 0..34) => bodies::form(rng, request, &fields),
        (_, 34..60) => json::body(rng, request, &fields),
        (_, 60..74) => multipart::body(rng, request, &fields),
        (_, 74..84) => places::query(rng, request, &fields),
        (_, 84..88) => places::path_parameters(rng, request, &fields),
        (_, 88..91) => places::cookie(rng, request, &fields),
        (_, 91..95) => bodies::other(rng, request, &fields),
        _ => places::split(rng, request, &fields),
    };
    places::spell(rng, request)
}

/// The fields of a login with decoys beside them, in any order.
fn fields(rng: &mut Pcg64, kind: &str) -> Vec<GeneratedField> {
    let (user, password): (&[&str], &[&str]) = match kind {
        "nested" => (&["user", "email"], &["user", "password"]),
        _ => (&["user"], &["password"]),
    };
    let mut fields = vec![GeneratedField::new(password, values::password(rng))];
    if chance(rng, 60) {
        fields[0].name = Some(names::spelled(rng, password));
    }
    if chance(rng, 90) {
        fields.push(GeneratedField::new(user, values::username(rng)));
        if chance(rng, 10) {
            fields[1].name = Some(names::spelled(rng, user));
        }
    }
    for _ in 0..*pick(rng, &[0, 0, 1, 1, 1, 2]) {
        let mut decoy =
            GeneratedField::new(password, *pick(rng, &["decoy", "decoy", "", "x y", "123456x"]));
        match rng.random_range(0..10) {
            0..4 => decoy.name = Some(names::in_case(rng, &names::plain(password))),
            4..7 => decoy.name = Some(names::spelled(rng, password)),
            _ => {}
        }
        fields.push(decoy);
    }
    if kind == "oauth" {
        let mut grant = GeneratedField::new(&["grant_type"], values::grant(rng));
        if chance(rng, 30) {
            grant.name = Some(names::spelled(rng, &["grant_type"]));
            if chance(rng, 60) {
                fields.push(GeneratedField::new(
                    &["grant_type"],
                    *pick(rng, &["x", "", "refresh_token"]),
                ));
            }
        }
        fields.push(grant);
    }
    if chance(rng, 15) {
        fields.push(GeneratedField::new(&["remember"], "on"));
    }
    for at in (1..fields.len()).rev() {
        fields.swap(at, rng.random_range(0..=at));
    }
    fields
}
