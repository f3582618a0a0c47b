//! The way back: where a browser goes after a challenge.
//!
//! It is the path and the query of the login itself where that is a login page of the endpoint. So
//! a person who was at `/login?next=/account` is there again. Otherwise it is the configured
//! `login_page`. No host and no `Referer` of the request counts, because the way back must not lead
//! to another site (open redirect).
//!
//! A login's address is a login page if all of this holds:
//!
//! - its path is one of the endpoint's that all servers read alike (no escapes, no parameters, no
//!   dot segments, no `//`);
//! - it is the path of the configured `login_page`, in any folder, if there is one;
//! - path and query are visible ASCII without `\`, at most [`MAX_BYTES`].

use super::protocol::{KEPT_FIELD, MARK};
use crate::policy::Endpoint;
use crate::request::endpoint_match::{Target, canonical_path};
use crate::request::headers::Headers;
use crate::request::urlencoded;

/// The longest path and query that are kept, in bytes. The page holds them five times, and is to stay
/// at 24 KiB in all.
const MAX_BYTES: usize = 1024;

/// Where a browser goes after a challenge, and what keeps that on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayBack {
    /// The login page: a path and a query, or a configured `https://` address.
    pub(super) login_page: String,
    /// Whether the login page is the request's own address.
    pub(super) is_own: bool,
    /// The query of the request without our own fields, which links to the same location keep.
    query: String,
}

impl WayBack {
    /// The way back of a request at an endpoint.
    #[must_use]
    pub(crate) fn of(endpoint: &Endpoint, target: &Target<'_>, headers: Headers<'_>) -> Self {
        let sent = headers.first(":path").and_then(usable).unwrap_or_default();
        let (path, query) = sent.split_once('?').unwrap_or((sent, ""));
        let query = without_ours(query);
        let own = own_page(endpoint, path, &query);
        let is_own = own.is_some();
        let login_page = own.unwrap_or_else(|| configured_page(endpoint, target));
        Self { login_page, is_own, query }
    }

    /// The way back that a token has carried, which was read from a login before.
    #[must_use]
    pub(super) fn own(login_page: String) -> Self {
        let query = login_page.split_once('?').unwrap_or_default().1.to_owned();
        Self { login_page, is_own: true, query }
    }

    /// The login page with the mark that tells it why a person comes back.
    #[must_use]
    pub(super) fn marked(&self) -> String {
        with_field(&self.login_page, MARK)
    }

    /// The login page, and first of all the question whether the browser kept its pass. Only for a
    /// login page that is a login's own address, because that question is not the application's.
    #[must_use]
    pub(super) fn asking_if_kept(&self) -> String {
        with_field(&self.login_page, &format!("{KEPT_FIELD}=1"))
    }

    /// A link to the location that the request was sent to, with its query and a field of ours.
    #[must_use]
    pub(super) fn here_with(&self, field: &str, value: &str) -> String {
        with_field(&format!("?{}", self.query), &format!("{field}={value}"))
    }
}

/// An address that a browser reads as path and query on this host, if it is short enough.
fn usable(sent: &[u8]) -> Option<&str> {
    let is_usual = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'#');
    let fits = sent.len() <= MAX_BYTES && sent.iter().all(is_usual);
    std::str::from_utf8(sent).ok().filter(|_| fits)
}

/// The request's own address, if it is a login page of the endpoint.
fn own_page(endpoint: &Endpoint, path: &str, query: &str) -> Option<String> {
    let place = endpoint.matcher.plain_path(path.as_bytes())?;
    let mut page = pieces(query).fold(path.to_owned(), |page, pair| with_field(&page, pair));
    let Some(configured) = &endpoint.login_page else { return Some(page) };
    let (page_path, page_query) = configured.split_once('?').unwrap_or((configured, ""));
    if !page_path.starts_with('/') || configured.contains('#') {
        return None;
    }
    let wanted = canonical_path(page_path);
    if place != wanted && (wanted == "/" || !place.ends_with(&wanted)) {
        return None;
    }
    // `/doku.php?do=login`: without its field the same path is another page.
    let name = |pair: &str| pair.split('=').next().unwrap_or_default().to_owned();
    for pair in pieces(page_query) {
        if !pieces(query).any(|own| name(own) == name(pair)) {
            page = with_field(&page, pair);
        }
    }
    Some(page)
}

/// The configured login page, else the endpoint's exact path (most forms are sent to the page that
/// shows them), else the front page.
fn configured_page(endpoint: &Endpoint, target: &Target<'_>) -> String {
    let configured = endpoint.login_page.as_deref();
    configured.or_else(|| endpoint.matcher.exact_path(target)).unwrap_or("/").to_owned()
}

/// A query without the fields that are ours.
fn without_ours(query: &str) -> String {
    let is_ours = |piece: &&str| {
        urlencoded::pairs(piece.as_bytes())
            .any(|(name, _)| *name == *b"unstuff" || name.starts_with(b"unstuff-"))
    };
    pieces(query).filter(|piece| !is_ours(piece)).collect::<Vec<_>>().join("&")
}

fn pieces(query: &str) -> impl Iterator<Item = &str> {
    query.split('&').filter(|piece| !piece.is_empty())
}

/// An address with one more field in its query, which stays byte for byte.
fn with_field(address: &str, field: &str) -> String {
    let (page, fragment) = match address.split_once('#') {
        Some((page, fragment)) => (page, format!("#{fragment}")),
        None => (address, String::new()),
    };
    let joint = match page.split_once('?') {
        None => "?",
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{page}{joint}{field}{fragment}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::policy::Policy;

    fn policy(endpoint: &str) -> Policy {
        let text = format!("{{\"endpoints\":[{endpoint}]}}");
        crate::config::parse(text.as_bytes()).expect("a good policy").policy
    }

    fn way_back(policy: &Policy, path: &[u8]) -> WayBack {
        let headers = [(b":path".to_vec(), path.to_vec())];
        let headers = Headers::new(&headers);
        let (_, endpoint) = policy.endpoints_with_ids().next().expect("an endpoint");
        WayBack::of(endpoint, &Target::of(headers), headers)
    }

    fn leads(endpoint: &str, path: &str) -> String {
        way_back(&policy(endpoint), path.as_bytes()).login_page
    }

    #[test]
    fn a_login_page_keeps_its_path_and_its_query() {
        let django = r#"{"preset":"django"}"#;
        for same in ["/accounts/login/?next=/a%3Fb=c", "/de/accounts/login/", "/accounts/login"] {
            assert_eq!(leads(django, same), same);
        }
        let wordpress = r#"{"preset":"wordpress"}"#;
        let post = "/blog/wp-login.php?action=postpass";
        assert_eq!(leads(wordpress, post), post);
        let mediawiki = r#"{"preset":"mediawiki"}"#;
        let wiki = "/index.php?title=Spezial:Anmelden&returnto=Haus";
        assert_eq!(leads(mediawiki, wiki), wiki);
    }

    #[test]
    fn the_configured_page_counts_where_the_login_is_sent_elsewhere() {
        assert_eq!(leads(r#"{"preset":"rails"}"#, "/session?next=/a"), "/session/new");
        let elsewhere =
            r#"{"name":"a","match":{"path":"/in"},"login_page":"https://id.example/#/in"}"#;
        assert_eq!(leads(elsewhere, "/in?next=/a"), "https://id.example/#/in");
        let front = r#"{"name":"a","match":{"path_suffix":"/in"},"login_page":"/"}"#;
        assert_eq!(leads(front, "/in?next=/a"), "/");
    }

    #[test]
    fn the_configured_page_is_found_in_any_folder_and_lends_the_fields_that_lack() {
        let page =
            r#"{"name":"a","match":{"path_suffix":"/doku.php"},"login_page":"/doku.php?do=login"}"#;
        assert_eq!(leads(page, "/wiki/doku.php?id=start"), "/wiki/doku.php?id=start&do=login");
        assert_eq!(leads(page, "/doku.php"), "/doku.php?do=login");
        assert_eq!(leads(page, "/doku.php?do=x"), "/doku.php?do=x");
    }

    #[test]
    fn our_own_fields_are_taken_out_and_the_others_stay_byte_for_byte() {
        let page = r#"{"name":"a","match":{"path":"/in"}}"#;
        let sent = "/in?a=%2f+b&&unstuff-wait=x&c&%75nstuff=again&d;unstuff-answer=1&unstuffed=1";
        assert_eq!(leads(page, sent), "/in?a=%2f+b&c&unstuffed=1");
    }

    #[test]
    fn what_is_no_plain_path_of_the_endpoint_does_not_count() {
        let page = r#"{"name":"a","match":{"path_suffix":"/in"},"login_page":"/in"}"#;
        let long = format!("/in?{}", "x".repeat(1024));
        for path in [
            "//evil.example/in",
            "/\\evil.example/in",
            "/a/../in",
            "/a/%2e%2e/in",
            "/in;a=b",
            "/%69n",
            "https://evil.example/in",
            "/in?a=\\",
            "/in?a\tb",
            "/in?a=\u{e4}",
            "/out",
            "/in#a",
            &long,
        ] {
            assert_eq!(leads(page, path), "/in", "{path}");
        }
    }

    #[test]
    fn a_field_is_added_before_the_fragment() {
        for (address, with) in [
            ("/in", "/in?x"),
            ("/in?", "/in?x"),
            ("/in?a&", "/in?a&x"),
            ("/in?a", "/in?a&x"),
            ("/#/in", "/?x#/in"),
            ("https://a.example/?b#/in?c", "https://a.example/?b&x#/in?c"),
        ] {
            assert_eq!(with_field(address, "x"), with);
        }
    }

    proptest! {
        #[test]
        fn no_request_leads_to_another_host(path in prop_oneof![
            any::<Vec<u8>>(),
            r"[/\\.%a?&;#=:@\t ]{0,12}/in[/?&\\;#]{0,3}.{0,20}".prop_map(String::into_bytes),
        ]) {
            let policy = policy(r#"{"name":"a","match":{"path_suffix":"/in"}}"#);
            let way_back = way_back(&policy, &path);
            for address in [way_back.marked(), way_back.asking_if_kept()] {
                let rest = address.strip_prefix('/').expect("a path");
                prop_assert!(!rest.starts_with(['/', '\\']), "{address}");
                prop_assert!(address.bytes().all(|it| it.is_ascii_graphic()), "{address}");
            }
            prop_assert!(way_back.here_with("a", "b").starts_with('?'));
        }
    }
}
