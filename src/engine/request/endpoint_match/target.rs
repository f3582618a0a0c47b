//! The target of a request: the hosts, methods and paths that it names.
//!
//! It is read once per request and compared with every endpoint. A request may name several of
//! each, and applications disagree on which they obey: frameworks take a method from override
//! headers (Symfony, Laravel, Rails, Spring, ASP.NET) and a path from `X-Original-URL` or
//! `X-Rewrite-URL` (old Symfony, Zend, IIS). A target holds all of them.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeSet;

use super::{host, method, path_variants::PathVariants};
use crate::request::header_names::HeaderNames;
use crate::request::headers::Headers;
use crate::request::urlencoded;

/// What a header tells about the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Path,
    Host,
    Method,
    Override,
    Protocol,
    Upgrade,
    Authorization,
}

static NAMES: HeaderNames<Meaning> = HeaderNames::new(&[
    (":path", Meaning::Path),
    ("x-original-url", Meaning::Path),
    ("x-rewrite-url", Meaning::Path),
    (":authority", Meaning::Host),
    ("host", Meaning::Host),
    ("x-forwarded-host", Meaning::Host),
    (":method", Meaning::Method),
    ("x-http-method-override", Meaning::Override),
    ("x-http-method", Meaning::Override),
    ("x-method-override", Meaning::Override),
    (":protocol", Meaning::Protocol),
    ("upgrade", Meaning::Upgrade),
    ("authorization", Meaning::Authorization),
]);

/// The hosts, methods and paths that a request names. Hosts and paths are brought into their
/// canonical form when an endpoint asks for them: most requests have another method, or the only
/// host.
#[derive(Clone, Debug)]
pub struct Target<'a> {
    hosts_as_sent: Vec<&'a [u8]>,
    hosts: OnceCell<BTreeSet<String>>,
    paths_as_sent: Vec<&'a [u8]>,
    paths: OnceCell<PathVariants>,
    /// The request's own method, in upper case.
    pub(super) method: Cow<'a, str>,
    /// The methods of overrides, in upper case.
    pub(super) overrides: BTreeSet<String>,
    /// It asks for another protocol or a tunnel.
    pub(super) is_upgrade: bool,
    /// It has a query or `Authorization`, where a request without a body can carry credentials.
    pub(super) may_carry_credentials: bool,
}

impl<'a> Target<'a> {
    /// The target of a request with these headers.
    #[must_use]
    pub fn of(headers: Headers<'a>) -> Self {
        let mut target = Self {
            hosts_as_sent: Vec::new(),
            hosts: OnceCell::new(),
            paths_as_sent: Vec::new(),
            paths: OnceCell::new(),
            method: Cow::Borrowed(""),
            overrides: BTreeSet::new(),
            is_upgrade: false,
            may_carry_credentials: false,
        };
        let mut method = None;
        for (name, value) in headers.iter() {
            match NAMES.meaning(name) {
                None => {}
                Some(Meaning::Path) => target.take_path(value),
                Some(Meaning::Host) => {
                    target.hosts_as_sent.extend(value.split(|&byte| byte == b','));
                }
                Some(Meaning::Method) => {
                    method.get_or_insert(value);
                }
                Some(Meaning::Override) => target.overrides.extend(method::named_in(value)),
                Some(Meaning::Protocol) => target.is_upgrade = true,
                Some(Meaning::Upgrade) => target.is_upgrade |= !value.trim_ascii().is_empty(),
                Some(Meaning::Authorization) => target.may_carry_credentials = true,
            }
        }
        target.method = method::first_in(method.unwrap_or_default());
        target.is_upgrade |= target.method == "CONNECT";
        target
    }

    fn take_path(&mut self, sent: &'a [u8]) {
        let (authority, rest) = split_absolute(sent);
        self.hosts_as_sent.extend(authority);
        let (path, query) = urlencoded::split_query(rest);
        self.paths_as_sent.push(path.split(|&byte| byte == b'#').next().unwrap_or_default());
        self.may_carry_credentials |= !query.is_empty();
        for (name, value) in urlencoded::pairs(query) {
            if method::is_field(&name) {
                self.overrides.extend(method::named_in(&value));
            }
        }
    }

    /// The hosts.
    pub(super) fn hosts(&self) -> &BTreeSet<String> {
        self.hosts.get_or_init(|| {
            let named = self.hosts_as_sent.iter().map(|sent| host::canonical(sent));
            // Item by item, see `path_variants`.
            let mut hosts = BTreeSet::new();
            hosts.extend(named.filter(|host| !host.is_empty()));
            hosts
        })
    }

    /// Every path that some server derives.
    pub(super) fn paths(&self) -> &PathVariants {
        self.paths.get_or_init(|| PathVariants::of(self.paths_as_sent.iter().copied()))
    }
}

/// The query of every request target, undecoded.
pub(crate) fn queries<'a>(headers: Headers<'a>) -> impl Iterator<Item = &'a [u8]> {
    targets(headers).map(|target| urlencoded::split_query(target).1)
}

/// What follows the first `;` in the path of every request target, undecoded.
pub(crate) fn path_parameters<'a>(headers: Headers<'a>) -> impl Iterator<Item = &'a [u8]> {
    targets(headers).filter_map(|target| {
        let path = urlencoded::split_query(target).0;
        let semicolon = path.iter().position(|&byte| byte == b';')?;
        path.get(semicolon + 1..)
    })
}

/// Every request target, as sent.
fn targets<'a>(headers: Headers<'a>) -> impl Iterator<Item = &'a [u8]> {
    headers.iter().filter(|(name, _)| names_a_path(name)).map(|(_, value)| value)
}

/// Whether a header of this name is a request target.
pub(crate) fn names_a_path(header: &[u8]) -> bool {
    NAMES.meaning(header) == Some(Meaning::Path)
}

/// Splits an absolute-form target (`http://host/path`) into host and path.
fn split_absolute(target: &[u8]) -> (Option<&[u8]>, &[u8]) {
    let target = target.trim_ascii();
    if target.starts_with(b"/") {
        return (None, target);
    }
    let Some(scheme) = target.windows(3).position(|window| window == b"://") else {
        return (None, target);
    };
    let rest = target.get(scheme + 3..).unwrap_or_default();
    let end = rest.iter().position(|byte| matches!(byte, b'/' | b'\\' | b'?' | b'#'));
    let (authority, path) = rest.split_at_checked(end.unwrap_or(rest.len())).unwrap_or_default();
    (Some(authority), path)
}
