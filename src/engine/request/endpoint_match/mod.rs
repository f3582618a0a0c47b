//! Is this a login? Over-match rather than under-match: to look at one request too many
//! costs microseconds, to miss one is a way around.
//!
//! A [`Target`] is what a request names: its hosts, methods, and every path that some server
//! makes of what was sent (`path_variants`, `path_steps`). A [`EndpointMatcher`] is what a configuration names. A
//! request is a login at a place if *any* host, method and path of the one fits the other.
//!
//! So one request can be at several places, of which the application serves one. Whoever
//! asks must not stop at a place whose reading says "no login": see
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
pub(crate) use target::{PATH_HEADERS, queries};

/// Where an endpoint is: hosts, methods, paths, all in canonical variant.
#[derive(Clone, Debug)]
pub struct EndpointMatcher {
    /// Any host, if empty.
    pub hosts: Vec<HostPattern>,
    /// Upper case; never empty.
    pub methods: Vec<String>,
    /// Never empty.
    pub paths: Vec<PathPattern>,
}

/// What the headers say about a request at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointMatch {
    /// Not a login here.
    No,
    /// A login, as far as headers can tell.
    Yes,
    /// Only if the body names a method (`_method`) that the place has.
    IfBodyNamesMethod,
    /// The place, by an upgrade or CONNECT: refused.
    Upgrade,
}

impl EndpointMatcher {
    /// What headers with this target say about a request at this place.
    #[must_use]
    pub fn match_target(&self, target: &Target) -> EndpointMatch {
        let by_method = if target.is_upgrade {
            EndpointMatch::Upgrade
        } else if self.has_method(target) {
            EndpointMatch::Yes
        } else if target.method == "POST" {
            // Frameworks let a variant name another method only where it is sent by POST.
            EndpointMatch::IfBodyNamesMethod
        } else {
            EndpointMatch::No
        };
        // The paths last: they are what takes time.
        if by_method == EndpointMatch::No || !self.has_host(target) || !self.has_path(target) {
            return EndpointMatch::No;
        }
        by_method
    }

    /// Whether a request with this target comes here, by whatever method.
    #[must_use]
    pub fn is_at(&self, target: &Target) -> bool {
        self.has_host(target) && self.has_path(target)
    }

    /// The exact path of this place that a request with this target came to, in canonical
    /// variant.
    #[must_use]
    pub fn exact_path(&self, target: &Target) -> Option<&str> {
        let mut exact = self.paths.iter().filter_map(|own| match own {
            PathPattern::Exact(path) => Some((own, path.as_str())),
            PathPattern::Prefix(_) | PathPattern::Regex(_) => None,
        });
        exact.find(|(own, _)| target.paths.any(|variant| own.fits(variant))).map(|(_, path)| path)
    }

    fn has_method(&self, target: &Target) -> bool {
        let has = |method: &str| self.methods.iter().any(|own| own == method);
        // Servers answer HEAD as they answer GET, password checks included. Without
        // anything to check it is a monitor's or a browser's, and no login.
        let is_bare_get = target.method == "HEAD" && target.may_carry_credentials && has("GET");
        has(&target.method) || is_bare_get || target.overrides.iter().any(|method| has(method))
    }

    fn has_host(&self, target: &Target) -> bool {
        // A request without any host (HTTP/1.0) may be at each.
        self.hosts.is_empty()
            || target.hosts.is_empty()
            || self.hosts.iter().any(|own| target.hosts.iter().any(|host| own.fits(host)))
    }

    fn has_path(&self, target: &Target) -> bool {
        !target.paths.is_empty()
            && target.paths.any(|variant| self.paths.iter().any(|own| own.fits(variant)))
    }
}
