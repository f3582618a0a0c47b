//! The target of a request: the hosts, methods and paths that it names.
//!
//! It is read once per request and compared with every endpoint. A request may name several of
//! each, and applications disagree on which they obey: frameworks take a method from override
//! headers (Symfony, Laravel, Rails, Spring, ASP.NET) and a path from `X-Original-URL` or
//! `X-Rewrite-URL` (old Symfony, Zend, IIS). A target holds all of them.

use std::collections::BTreeSet;

use super::{host, method, path_variants::PathVariants};
use crate::request::headers::Headers;
use crate::request::urlencoded;

pub(crate) const PATH_HEADERS: [&str; 3] = [":path", "x-original-url", "x-rewrite-url"];
const HOST_HEADERS: [&str; 3] = [":authority", "host", "x-forwarded-host"];

/// The hosts, methods and paths that a request names.
#[derive(Clone, Debug)]
pub struct Target {
    pub(super) hosts: BTreeSet<String>,
    pub(super) paths: PathVariants,
    /// The request's own method, in upper case.
    pub(super) method: String,
    /// The methods of overrides, in upper case.
    pub(super) overrides: BTreeSet<String>,
    /// It asks for another protocol or a tunnel.
    pub(super) is_upgrade: bool,
    /// It has a query or `Authorization`, where a request without a body can carry credentials.
    pub(super) may_carry_credentials: bool,
}

impl Target {
    /// The target of a request with these headers.
    #[must_use]
    pub fn of(headers: Headers<'_>) -> Self {
        let mut hosts = BTreeSet::new();
        let mut overrides = BTreeSet::new();
        let mut paths = Vec::new();
        let mut has_query = false;
        for target in PATH_HEADERS.into_iter().flat_map(|name| headers.all(name)) {
            let (authority, rest) = split_absolute(target);
            hosts.extend(authority.map(host::canonical));
            let (path, query) = urlencoded::split_query(rest);
            paths.push(path.split(|&byte| byte == b'#').next().unwrap_or_default());
            has_query |= !query.is_empty();
            for (name, value) in urlencoded::pairs(query) {
                if method::is_field(&name) {
                    overrides.extend(method::named_in(&value));
                }
            }
        }
        for value in HOST_HEADERS.into_iter().flat_map(|name| headers.all(name)) {
            let named = value.split(|&byte| byte == b',').map(host::canonical);
            hosts.extend(named.filter(|host| !host.is_empty()));
        }
        for value in method::OVERRIDE_HEADERS.into_iter().flat_map(|name| headers.all(name)) {
            overrides.extend(method::named_in(value));
        }
        let method = method::named_in(headers.first(":method").unwrap_or_default());
        let method = method.into_iter().next().unwrap_or_default();
        let is_upgrade = method == "CONNECT"
            || headers.all(":protocol").next().is_some()
            || headers.all("upgrade").any(|value| !value.trim_ascii().is_empty());
        let may_carry_credentials = has_query || headers.first("authorization").is_some();
        let paths = PathVariants::of(paths);
        Self { hosts, paths, method, overrides, is_upgrade, may_carry_credentials }
    }
}

/// The query of every request target, undecoded.
pub(crate) fn queries<'a>(headers: Headers<'a>) -> impl Iterator<Item = &'a [u8]> {
    let targets = PATH_HEADERS.into_iter().flat_map(move |name| headers.all(name));
    targets.map(|target| urlencoded::split_query(target).1)
}

/// What follows the first `;` in the path of every request target, undecoded.
pub(crate) fn path_parameters<'a>(headers: Headers<'a>) -> impl Iterator<Item = &'a [u8]> {
    let targets = PATH_HEADERS.into_iter().flat_map(move |name| headers.all(name));
    targets.filter_map(|target| {
        let path = urlencoded::split_query(target).0;
        let semicolon = path.iter().position(|&byte| byte == b';')?;
        path.get(semicolon + 1..)
    })
}

/// Splits an absolute-form target (`http://host/path`) into host and path.
fn split_absolute(target: &[u8]) -> (Option<&[u8]>, &[u8]) {
    let target = target.trim_ascii();
    let is_absolute = !target.starts_with(b"/");
    let scheme = target.windows(3).position(|window| window == b"://");
    let (true, Some(scheme)) = (is_absolute, scheme) else {
        return (None, target);
    };
    let rest = target.get(scheme + 3..).unwrap_or_default();
    let end = rest.iter().position(|byte| matches!(byte, b'/' | b'\\' | b'?' | b'#'));
    let (authority, path) = rest.split_at_checked(end.unwrap_or(rest.len())).unwrap_or_default();
    (Some(authority), path)
}
