//! Is this a login? Over-match rather than under-match.

use crate::headers::Headers;

/// Where an endpoint is: hosts, methods, paths, all in canonical form.
#[derive(Clone, Debug)]
pub struct Place {
    /// Any host, if empty.
    pub hosts: Vec<HostPattern>,
    /// Upper case; never empty.
    pub methods: Vec<String>,
    /// Never empty.
    pub paths: Vec<PathPattern>,
}

/// A host, or `*.` and a domain.
#[derive(Clone, Debug)]
pub struct HostPattern(String);

/// An exact path, a prefix, or a regular expression.
#[derive(Clone, Debug)]
pub enum PathPattern {
    /// The canonical path is this one (or continues it as `PATH_INFO` or a suffix).
    Exact(String),
    /// The canonical path is this one or lies below it.
    Prefix(String),
    /// The canonical path matches.
    Regex(regex_lite::Regex),
}

/// What the headers say about a request at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recognised {
    /// Not a login here.
    No,
    /// A login, as far as headers can tell.
    Yes,
    /// Only if the body names a method (`_method`) that the place has.
    IfBodyNamesMethod,
    /// The place, by an upgrade or CONNECT: refused.
    Upgrade,
}

impl Place {
    /// What `headers` say about a request at this place.
    #[must_use]
    pub fn recognise(&self, _headers: Headers<'_>) -> Recognised {
        Recognised::No
    }
}

impl HostPattern {
    /// Stub.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() || text.contains(['/', ':', ' ']) {
            return Err("not a host name; allowed: a name, or `*.` and a domain".to_owned());
        }
        Ok(Self(text.to_owned()))
    }
}

impl PathPattern {
    /// Stub.
    pub fn exact(text: &str) -> Result<Self, String> {
        Ok(Self::Exact(text.to_owned()))
    }

    /// Stub.
    pub fn prefix(text: &str) -> Result<Self, String> {
        Ok(Self::Prefix(text.to_owned()))
    }

    /// Stub.
    pub fn regex(text: &str) -> Result<Self, String> {
        let regex = regex_lite::Regex::new(text);
        regex.map(Self::Regex).map_err(|error| format!("not a regular expression: {error}"))
    }
}
