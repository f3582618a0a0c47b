//! Tests of endpoint matching, with the table of spellings that the end-to-end tests send through
//! a real Envoy.

use proptest::prelude::*;
use unstuff_fixtures::login_paths::login_paths;

use super::*;
use crate::request::headers::{Header, Headers};

fn matcher(hosts: &[&str], methods: &[&str], paths: &[&str]) -> EndpointMatcher {
    EndpointMatcher {
        hosts: hosts.iter().map(|host| HostPattern::parse(host).unwrap()).collect(),
        methods: methods.iter().map(|&method| method.to_owned()).collect(),
        paths: paths.iter().map(|path| PathPattern::exact(path).unwrap()).collect(),
    }
}

fn headers(lines: &[(&str, &str)]) -> Vec<Header> {
    lines.iter().map(|(name, value)| (name.as_bytes().into(), value.as_bytes().into())).collect()
}

fn match_target(matcher: &EndpointMatcher, lines: &[(&str, &str)]) -> EndpointMatch {
    match_bytes(matcher, &headers(lines))
}

fn match_bytes(matcher: &EndpointMatcher, lines: &[Header]) -> EndpointMatch {
    matcher.match_target(&Target::of(Headers::new(lines)))
}

fn post_to(path: &[u8]) -> Vec<Header> {
    vec![(b":method".into(), b"POST".into()), (b":path".into(), path.into())]
}

#[test]
fn every_spelling_of_the_table_is_recognised() {
    let mut wrong = Vec::new();
    for case in login_paths() {
        let mut lines = vec![(":method", case.method.as_str()), (":path", case.target.as_str())];
        lines.extend(case.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let found = match_target(&matcher(&[], &["POST"], &[&case.at]), &lines);
        if (found == EndpointMatch::Yes) != case.login {
            wrong.push(format!("{} {}: {found:?} ({})", case.method, case.target, case.why));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn any_named_host_matches() {
    let shop = matcher(&["shop.example", "*.shop.example"], &["POST"], &["/login"]);
    for (name, host) in [
        (":authority", "Shop.Example:8443"),
        (":authority", "shop.example."),
        ("host", "www.shop.example"),
        ("x-forwarded-host", "other.example, shop.example"),
    ] {
        let lines = [(":method", "POST"), (":path", "/login"), (name, host)];
        assert_eq!(match_target(&shop, &lines), EndpointMatch::Yes, "{name}: {host}");
    }
    let absolute = [(":method", "POST"), (":path", "http://shop.example/login"), ("host", "x")];
    assert_eq!(match_target(&shop, &absolute), EndpointMatch::Yes);
    let hostless = [(":method", "POST"), (":path", "/login")];
    assert_eq!(match_target(&shop, &hostless), EndpointMatch::Yes);
    let elsewhere = [(":method", "POST"), (":path", "/login"), (":authority", "other.example")];
    assert_eq!(match_target(&shop, &elsewhere), EndpointMatch::No);
}

#[test]
fn post_may_override_its_method_in_the_body() {
    let lines = [(":method", "POST"), (":path", "/session")];
    let session = matcher(&[], &["PUT"], &["/session"]);
    assert_eq!(match_target(&session, &lines), EndpointMatch::IfBodyNamesMethod);
    let get = [(":method", "GET"), (":path", "/session")];
    assert_eq!(match_target(&session, &get), EndpointMatch::No);
}

#[test]
fn upgrades_and_tunnels_at_the_endpoint_are_recognised() {
    let login = matcher(&["shop.example"], &["POST"], &["/login"]);
    let at = |path, more: &[(&'static str, &'static str)]| {
        let mut lines = vec![(":method", "GET"), (":path", path), (":authority", "shop.example")];
        lines.extend(more);
        match_target(&login, &lines)
    };
    assert_eq!(at("/login", &[("upgrade", "websocket")]), EndpointMatch::Upgrade);
    assert_eq!(at("/x/../login", &[("Upgrade", "x")]), EndpointMatch::Upgrade);
    assert_eq!(at("/login", &[(":protocol", "websocket")]), EndpointMatch::Upgrade);
    assert_eq!(at("/chat", &[("upgrade", "websocket")]), EndpointMatch::No);
    assert_eq!(at("/login", &[("upgrade-insecure-requests", "1")]), EndpointMatch::No);
    let connect = [(":method", "CONNECT"), (":path", "/login"), (":authority", "shop.example")];
    assert_eq!(match_target(&login, &connect), EndpointMatch::Upgrade);
    let tunnel = [(":method", "CONNECT"), (":authority", "shop.example")];
    assert_eq!(match_target(&login, &tunnel), EndpointMatch::No);
}

#[test]
fn head_counts_as_get_if_it_can_carry_credentials() {
    let api = matcher(&[], &["GET"], &["/api"]);
    let head = [(":method", "HEAD"), (":path", "/api")];
    assert_eq!(match_target(&api, &head), EndpointMatch::No);
    let basic = [(":method", "HEAD"), (":path", "/api"), ("authorization", "Basic YTpi")];
    assert_eq!(match_target(&api, &basic), EndpointMatch::Yes);
    let query = [(":method", "HEAD"), (":path", "/api?user=a")];
    assert_eq!(match_target(&api, &query), EndpointMatch::Yes);
    let options = [(":method", "OPTIONS"), (":path", "/api"), ("authorization", "Basic YTpi")];
    assert_eq!(match_target(&api, &options), EndpointMatch::No);
}

proptest! {
    #[test]
    fn header_bytes_never_panic(lines in prop::collection::vec(
        (prop::sample::select(vec![
            ":method", ":path", ":authority", "host", "x-original-url", "x-http-method", "upgrade",
        ]), any::<Vec<u8>>()), 0..8,
    )) {
        let given: Vec<Header> =
            lines.into_iter().map(|(name, value)| (name.as_bytes().to_vec(), value)).collect();
        let _ = match_bytes(&matcher(&["a.example"], &["POST"], &["/login"]), &given);
    }

    #[test]
    fn path_is_recognised_in_any_encoding_and_case(
        how in prop::collection::vec(0..4_u8, "/account/login".len()),
        before in prop::sample::select(vec!["", "/.", "/x/..", "//", "/x%2f..", "/a/b/../.."]),
        after in prop::sample::select(vec!["", "/", ";x", "?y", "/.", "%20", "/x/..", "#z"]),
    ) {
        let mut path = before.to_owned();
        for (letter, how) in "/account/login".chars().zip(how) {
            match how {
                0 => path.push(letter),
                1 => path.push(letter.to_ascii_uppercase()),
                2 => path.push_str(&format!("%{:02x}", u32::from(letter))),
                _ => path.push_str(&format!("%{:02X}", u32::from(letter.to_ascii_uppercase()))),
            }
        }
        path.push_str(after);
        let login = matcher(&[], &["POST"], &["/account/login"]);
        let given = post_to(path.as_bytes());
        prop_assert_eq!(match_bytes(&login, &given), EndpointMatch::Yes, "{}", path);
    }

    #[test]
    fn other_ordinary_paths_are_not_recognised(path in "(/[a-z0-9-]{1,8}){1,4}(\\.css|\\?a=b)?") {
        prop_assume!(!path.starts_with("/login"));
        let given = post_to(path.as_bytes());
        let found = match_bytes(&matcher(&[], &["POST"], &["/login"]), &given);
        prop_assert_eq!(found, EndpointMatch::No);
    }
}
