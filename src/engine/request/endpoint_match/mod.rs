//! Endpoint matching: whether a request is a login, and at which endpoints.
//!
//! It matches too much rather than too little: one request too many costs microseconds, one too
//! few is a bypass.
//!
//! A [`Target`] is what a request names: its hosts, its methods, and every path that some server
//! derives from what was sent (`path_variants`, `path_steps`). An [`EndpointMatcher`] is what the
//! configuration names. They match if *any* host, method and path of the target fits the matcher.
//!
//! So a request can match several endpoints although the application serves one. A caller must not
//! stop at the first endpoint whose body says "not a login": see
//! [`credentials::Reading`](crate::request::credentials::Reading).

mod host;
pub(crate) mod method;
mod path_steps;
mod path_variants;
mod pattern;
mod target;
#[cfg(test)]
mod tests;

pub use host::HostPattern;
pub use method::parse_method;
pub use pattern::PathPattern;
pub use target::Target;
pub(crate) use target::{names_a_path, path_parameters, queries};

/// The canonical form of a configured path.
pub(crate) fn canonical_path(path: &str) -> String {
    path_variants::usual(path)
}

/// A path that all servers read alike, in canonical form: its further variants, and itself at the end.
#[derive(Clone, Debug)]
pub(crate) struct PlainPath(Vec<String>);

impl PlainPath {
    /// The path that was sent. `None` if servers may read it otherwise.
    #[must_use]
    pub(crate) fn read(sent: &[u8]) -> Option<Self> {
        path_steps::is_plain(sent).then(|| Self(path_steps::ends(path_steps::finish(sent))))
    }

    /// Its canonical form.
    #[must_use]
    pub(crate) fn as_str(&self) -> &str {
        self.0.last().map_or("/", String::as_str)
    }
}

/// The location of an endpoint: hosts, methods and paths, all in canonical form.
#[derive(Clone, Debug)]
pub struct EndpointMatcher {
    /// The hosts; any host if empty.
    pub hosts: Vec<HostPattern>,
    /// The methods, in upper case; any method if empty.
    pub methods: Vec<String>,
    /// The paths; never empty.
    pub paths: Vec<PathPattern>,
}

/// What the headers say about a request at an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointMatch {
    /// Not a login here.
    No,
    /// A login, as far as the headers tell.
    Yes,
    /// A login only if the body names a method of the endpoint (`_method`).
    IfBodyNamesMethod,
    /// An upgrade or CONNECT at the endpoint, which is refused.
    Upgrade,
}

impl EndpointMatcher {
    /// Whether a request with this target is a login here.
    #[must_use]
    pub fn match_target(&self, target: &Target<'_>) -> EndpointMatch {
        let by_method = if target.is_upgrade {
            EndpointMatch::Upgrade
        } else if self.has_method(target) {
            EndpointMatch::Yes
        } else if target.method == "POST" {
            // Frameworks let a form override the method only if it is sent by POST.
            EndpointMatch::IfBodyNamesMethod
        } else {
            EndpointMatch::No
        };
        // The paths last: they cost the most.
        if by_method == EndpointMatch::No || !self.has_host(target) || !self.has_path(target) {
            return EndpointMatch::No;
        }
        by_method
    }

    /// Whether the target is this location, regardless of the method.
    #[must_use]
    pub fn is_at(&self, target: &Target<'_>) -> bool {
        self.has_host(target) && self.has_path(target)
    }

    /// Whether the target is on a host of this location.
    #[must_use]
    pub fn is_on(&self, target: &Target<'_>) -> bool {
        self.has_host(target)
    }

    /// The exact path of this location that the target fits, in canonical form.
    #[must_use]
    pub fn exact_path(&self, target: &Target<'_>) -> Option<&str> {
        let mut exact = self.paths.iter().filter_map(|own| match own {
            PathPattern::Exact(path) => Some((own, path.as_str())),
            PathPattern::Prefix(_) | PathPattern::Suffix(_) | PathPattern::Regex(_) => None,
        });
        exact.find(|(own, _)| target.paths().any(|variant| own.fits(variant))).map(|(_, path)| path)
    }

    /// Whether a path is one of this location.
    #[must_use]
    pub(crate) fn has_plain_path(&self, path: &PlainPath) -> bool {
        path.0.iter().any(|variant| self.paths.iter().any(|own| own.fits(variant)))
    }

    fn has_method(&self, target: &Target<'_>) -> bool {
        let has = |method: &str| self.methods.iter().any(|own| own == method);
        // Servers answer HEAD as they answer GET, including the password check. Without credentials
        // it comes from a monitor or a browser and is not a login.
        let is_bare_get = target.method == "HEAD" && target.may_carry_credentials && has("GET");
        self.methods.is_empty()
            || has(&target.method)
            || is_bare_get
            || target.overrides.iter().any(|method| has(method))
    }

    fn has_host(&self, target: &Target<'_>) -> bool {
        // A request without a host (HTTP/1.0) may be for any.
        self.hosts.is_empty()
            || target.hosts().is_empty()
            || self.hosts.iter().any(|own| target.hosts().iter().any(|host| own.fits(host)))
    }

    fn has_path(&self, target: &Target<'_>) -> bool {
        !target.paths().is_empty()
            && target.paths().any(|variant| self.paths.iter().any(|own| own.fits(variant)))
    }
}
