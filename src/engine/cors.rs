//! CORS: which pages of other origins may read our replies.
//!
//! In Istio the CORS filter comes after every plugin, so it never sees a reply of the module, and a
//! browser keeps the reply from the page. A reply therefore carries the headers of the Fetch standard
//! itself. A preflight is no login and passes to the filter or the application that answers it.

/// The origins whose pages may read replies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorsPolicy {
    /// Such as `https://app.example`, in lower case.
    pub origins: Vec<String>,
    /// Whether pages may send cookies along.
    pub credentials: bool,
}

/// What a page may read of a reply beside its body.
const EXPOSED: &str = "retry-after, x-unstuff-challenge, x-unstuff-reply";

impl CorsPolicy {
    /// The headers of a reply to a request with this `Origin`. A cache must know that they depend on
    /// it, also where it is not listed.
    #[must_use]
    pub fn headers(&self, origin: Option<&[u8]>) -> Vec<(&'static str, &str)> {
        let mut headers = vec![("vary", "Origin")];
        let listed = origin.and_then(|it| self.origins.iter().find(|known| known.as_bytes() == it));
        if let Some(origin) = listed {
            headers.push(("access-control-allow-origin", origin));
            headers.push(("access-control-expose-headers", EXPOSED));
            if self.credentials {
                headers.push(("access-control-allow-credentials", "true"));
            }
        }
        headers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(credentials: bool) -> CorsPolicy {
        CorsPolicy { origins: vec!["https://app.example".to_owned()], credentials }
    }

    #[test]
    fn a_listed_origin_may_read_the_reply() {
        let policy = policy(true);
        let headers = policy.headers(Some(b"https://app.example"));
        assert!(headers.contains(&("access-control-allow-origin", "https://app.example")));
        assert!(headers.contains(&("access-control-allow-credentials", "true")));
        assert!(headers.contains(&("vary", "Origin")));
    }

    #[test]
    fn another_origin_may_not_and_caches_are_told_that_it_matters() {
        for origin in [
            None,
            Some(&b"https://evil.example"[..]),
            Some(b"https://app.example.evil.example"),
            Some(b"http://app.example"),
            Some(b"https://app.example:8443"),
            Some(b"null"),
            Some(b"\xff"),
        ] {
            assert_eq!(policy(true).headers(origin), [("vary", "Origin")], "{origin:?}");
        }
    }

    #[test]
    fn cookies_are_allowed_only_if_that_is_configured() {
        let policy = policy(false);
        let headers = policy.headers(Some(b"https://app.example"));
        assert!(!headers.iter().any(|(name, _)| name.ends_with("credentials")), "{headers:?}");
    }
}
