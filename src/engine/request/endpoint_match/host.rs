//! Host names in requests, and host patterns in configurations.

/// A host, or `*.` followed by a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPattern(String);

impl HostPattern {
    /// Parses a host name or an address (`shop.example`, `[2001:db8::1]`), or `*.example`, which fits
    /// every host below `example` but not `example` itself, as in Envoy.
    ///
    /// # Errors
    /// A message that says what is wrong with `host` and what to try.
    pub fn parse(host: &str) -> Result<Self, String> {
        let wrong = |what: &str| Err(format!("`{host}` is not a host: {what}"));
        if let Some((_, rest)) = host.split_once("://") {
            let name = rest.split('/').next().unwrap_or_default();
            return wrong(&format!("it has a scheme; try `{}`", canonical(name.as_bytes())));
        }
        if let Some((name, _)) = host.split_once('/') {
            return wrong(&format!("paths go in `path`; try `{name}`"));
        }
        let name = canonical(host.as_bytes());
        let domain = name.strip_prefix("*.").unwrap_or(&name);
        if domain == "*" {
            return wrong("leave `hosts` out to have every host");
        }
        if domain.is_empty() || domain.contains('*') {
            return wrong("allowed are `shop.example` and `*.shop.example`");
        }
        if !domain.is_ascii() {
            return wrong("write its ASCII form, which starts with `xn--`");
        }
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._[]:".contains(&byte);
        if !domain.bytes().all(is_allowed) || domain.starts_with('.') {
            return wrong("allowed are letters, digits, `-` and `.`");
        }
        if host.len() > name.len() + host.len() - host.trim_end_matches('.').len() {
            return wrong(&format!("ports do not matter; try `{name}`"));
        }
        Ok(Self(name))
    }

    /// Whether a host in canonical form fits.
    pub(super) fn fits(&self, host: &str) -> bool {
        match self.0.strip_prefix('*') {
            Some(domain) => host.len() > domain.len() && host.ends_with(domain),
            None => host == self.0,
        }
    }
}

/// The canonical form of an authority: `user@Shop.Example.:8443` is `shop.example`. User, letter
/// case, port and the root's dot do not matter.
pub(super) fn canonical(authority: &[u8]) -> String {
    let text = String::from_utf8_lossy(authority).trim().to_ascii_lowercase();
    let host = text.rsplit_once('@').map_or(text.as_str(), |(_, host)| host);
    let name = match host.rsplit_once(':') {
        // A colon within an IPv6 address does not begin a port.
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) && is_whole(name) => name,
        _ => host,
    };
    name.trim_end_matches('.').to_owned()
}

fn is_whole(name: &str) -> bool {
    name.ends_with(']') || !name.contains(':')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn user_port_case_and_root_dot_do_not_matter() {
        for (given, expected) in [
            ("Shop.Example", "shop.example"),
            ("shop.example:8443", "shop.example"),
            ("shop.example.", "shop.example"),
            ("shop.example.:80", "shop.example"),
            ("shop.example:", "shop.example"),
            ("user:secret@shop.example:80", "shop.example"),
            ("[2001:DB8::1]:443", "[2001:db8::1]"),
            ("[::1]", "[::1]"),
            ("::1", "::1"),
            ("", ""),
        ] {
            assert_eq!(canonical(given.as_bytes()), expected, "{given}");
        }
    }

    #[test]
    fn wildcard_fits_subdomains_but_not_the_domain() {
        let below = HostPattern::parse("*.Example.com").unwrap();
        assert!(below.fits("a.example.com") && below.fits("a.b.example.com"));
        assert!(!below.fits("example.com") && !below.fits("badexample.com"));
        let exact = HostPattern::parse("shop.example.").unwrap();
        assert!(exact.fits("shop.example") && !exact.fits("www.shop.example"));
    }

    #[test]
    fn errors_say_what_to_try() {
        for (given, part) in [
            ("https://Shop.example/login", "try `shop.example`"),
            ("shop.example/login", "try `shop.example`"),
            ("shop.example:443", "ports do not matter; try `shop.example`"),
            ("*", "leave `hosts` out"),
            ("a.*.example", "`*.shop.example`"),
            ("", "`*.shop.example`"),
            ("*.", "leave `hosts` out"),
            ("bücher.example", "xn--"),
            ("shop example", "letters, digits"),
        ] {
            let error = HostPattern::parse(given).unwrap_err();
            assert!(error.contains(part), "{given}: {error}");
        }
    }

    proptest! {
        #[test]
        fn canonical_hosts_stay_as_they_are(name in "[a-z0-9-]{1,9}(\\.[a-z0-9-]{1,9}){0,3}") {
            prop_assert_eq!(canonical(name.as_bytes()), name.clone());
            prop_assert!(HostPattern::parse(&name).unwrap().fits(&name));
        }

        #[test]
        fn bytes_never_panic(bytes: Vec<u8>) {
            let host = canonical(&bytes);
            let _ = HostPattern::parse(&host);
        }
    }
}
