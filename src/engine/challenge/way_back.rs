//! The way back: where a browser goes after a challenge.
//!
//! It is the path and the query of the login itself where that is a login page of the endpoint. So
//! a person who was at `/login?next=/account` is there again. Otherwise it is the configured
//! `login_page`. No host and no `Referer` of the request counts, because the way back must not lead
//! to another site (open redirect).
//!
//! A login's address is a login page if all of this holds:
//!
//! - its path is one that all servers read alike (no escapes, no parameters, no dot segments, no
//!   `//`);
//! - it is the path of the configured `login_page` (in any folder, if it is the endpoint's, too); where
//!   none is configured, the endpoint's;
//! - path and query are visible ASCII without `\`, at most [`MAX_BYTES`].

use super::protocol::{KEPT_FIELD, MARK_AGAIN, MARK_READY};
use crate::policy::Endpoint;
use crate::request::endpoint_match::{PlainPath, Target, canonical_path};
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
    /// Whether the page was challenged before anybody could log in, and no login.
    pub(super) is_ahead: bool,
    /// The query of the request, which links to the same location keep. Of our own fields it has
    /// [`MARK_READY`] alone, if the page was challenged.
    query: String,
}

impl WayBack {
    /// The way back of a request at an endpoint.
    #[must_use]
    pub(crate) fn of(endpoint: &Endpoint, target: &Target<'_>, headers: Headers<'_>) -> Self {
        let address = SentAddress::of(headers);
        let sent_query = address.query;
        let query = without_ours(sent_query);
        let own = address.as_page_of(endpoint, &query);
        let is_own = own.is_some();
        let login_page = own.unwrap_or_else(|| configured_page(endpoint, target));
        // The query of a login says nothing: its form may have been on a marked page.
        let is_ahead = headers.first(":method") == Some(b"GET") && is_marked_ready(sent_query);
        let way_back = Self { login_page, is_own, is_ahead: false, query };
        if is_ahead { way_back.ahead() } else { way_back }
    }

    /// The same for a login page that is challenged itself.
    #[must_use]
    pub(crate) fn ahead(self) -> Self {
        let query = pieces(&self.query).chain([MARK_READY]).collect::<Vec<_>>().join("&");
        Self { is_ahead: true, query, ..self }
    }

    /// The way back that a token has [carried](Self::carried), which was read from a request before.
    #[must_use]
    pub(super) fn own(carried: &str) -> Self {
        let (path, carried_query) = path_and_query(carried);
        let query = without_ours(carried_query);
        let login_page = with_fields(path, &query);
        let way_back = Self { login_page, is_own: true, is_ahead: false, query };
        if is_marked_ready(carried_query) { way_back.ahead() } else { way_back }
    }

    /// What a token carries to another place.
    #[must_use]
    pub(super) fn carried(&self) -> String {
        if self.is_ahead { self.marked() } else { self.login_page.clone() }
    }

    /// The mark that tells the login page why a person comes to it.
    #[must_use]
    pub(super) fn mark(&self) -> &'static str {
        if self.is_ahead { MARK_READY } else { MARK_AGAIN }
    }

    /// The login page with its mark.
    #[must_use]
    pub(super) fn marked(&self) -> String {
        with_field(&self.login_page, self.mark())
    }

    /// The login page, and first of all the question whether the browser kept its pass. Only for a
    /// login page that is a login's own address, because that question is not the application's.
    #[must_use]
    pub(super) fn asking_if_kept(&self) -> String {
        with_field(&self.carried(), &format!("{KEPT_FIELD}=1"))
    }

    /// A link to the location that the request was sent to, with its query and a field of ours.
    #[must_use]
    pub(super) fn here_with(&self, field: &str, value: &str) -> String {
        with_field(&format!("?{}", self.query), &format!("{field}={value}"))
    }
}

/// The address of a request, which may be a login page.
#[derive(Debug)]
pub(crate) struct SentAddress<'h> {
    /// Empty if a browser would read the address otherwise.
    path: &'h str,
    query: &'h str,
    /// The path, if all servers read it alike.
    place: Option<PlainPath>,
}

impl<'h> SentAddress<'h> {
    /// The address of a request with these headers.
    #[must_use]
    pub(crate) fn of(headers: Headers<'h>) -> Self {
        let sent = headers.first(":path").and_then(usable).unwrap_or_default();
        let (path, query) = path_and_query(sent);
        Self { path, query, place: PlainPath::read(path.as_bytes()) }
    }

    /// Whether it is a login page of the endpoint, whatever its query.
    #[must_use]
    pub(crate) fn is_at_login_page(&self, endpoint: &Endpoint) -> bool {
        let Some(place) = &self.place else { return false };
        let is_location = || endpoint.matcher.has_plain_path(place);
        let Some(configured) = &endpoint.login_page else { return is_location() };
        let (page, _) = path_and_query(configured);
        if !page.starts_with('/') || configured.contains('#') {
            return false;
        }
        let (wanted, place) = (canonical_path(page), place.as_str());
        let is_in_a_folder = || wanted != "/" && place.ends_with(&wanted) && is_location();
        place == wanted || is_in_a_folder()
    }

    /// The same, and each field of the configured page is in the query.
    #[must_use]
    pub(crate) fn is_login_page(&self, endpoint: &Endpoint) -> bool {
        let configured = endpoint.login_page.as_deref().unwrap_or_default();
        let (_, wanted) = path_and_query(configured);
        pieces(wanted).all(|field| pieces(self.query).any(|own| own == field))
            && self.is_at_login_page(endpoint)
    }

    /// The address with this query, if it is a login page of the endpoint.
    fn as_page_of(&self, endpoint: &Endpoint, query: &str) -> Option<String> {
        if !self.is_at_login_page(endpoint) {
            return None;
        }
        let mut page = with_fields(self.path, query);
        // `/doku.php?do=login`: without its field the same path is another page.
        let (_, configured) = path_and_query(endpoint.login_page.as_deref().unwrap_or_default());
        let name = |pair: &str| pair.split('=').next().unwrap_or_default().to_owned();
        for pair in pieces(configured) {
            if !pieces(query).any(|own| name(own) == name(pair)) {
                page = with_field(&page, pair);
            }
        }
        Some(page)
    }
}

/// The path and the query of an address.
fn path_and_query(address: &str) -> (&str, &str) {
    address.split_once('?').unwrap_or((address, ""))
}

/// An address that a browser reads as path and query on this host, if it is short enough.
fn usable(sent: &[u8]) -> Option<&str> {
    let is_usual = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'#');
    let fits = sent.len() <= MAX_BYTES && sent.iter().all(is_usual);
    std::str::from_utf8(sent).ok().filter(|_| fits)
}

/// The configured login page, else the endpoint's exact path (most forms are sent to the page that
/// shows them), else the front page.
fn configured_page(endpoint: &Endpoint, target: &Target<'_>) -> String {
    let configured = endpoint.login_page.as_deref();
    configured.or_else(|| endpoint.matcher.exact_path(target)).unwrap_or("/").to_owned()
}

/// Whether a person who was challenged before the form comes to a page with this query.
fn is_marked_ready(query: &str) -> bool {
    pieces(query).any(|piece| piece == MARK_READY)
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

/// A path with this query.
fn with_fields(path: &str, query: &str) -> String {
    pieces(query).fold(path.to_owned(), |page, pair| with_field(&page, pair))
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
