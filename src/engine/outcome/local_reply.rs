//! Local replies: responses that Envoy or one of its filters made, not upstream.
//!
//! Envoy says in `response.code_details` why it answered. Some reasons prove that no upstream has
//! seen the request, so that nothing was tried ([`is_unseen`]): a closed list from Envoy's router.
//! Others do not. A timeout or a reset after the request was sent leaves open what the application
//! did. A refusal by a later filter may be the check of the password itself (`ext_authz`,
//! `basic_auth`): it is an outcome where the configuration says so ([`CodeDetailsPattern`]).

/// The details of upstream's own responses.
pub const VIA_UPSTREAM: &[u8] = b"via_upstream";

/// What the router says when it answers before it has chosen a host, or without one.
const WITHOUT_HOST: [&[u8]; 7] = [
    b"route_not_found",
    b"cluster_not_found",
    b"maintenance_mode",
    b"no_healthy_upstream",
    b"drop_overload",
    b"unconditional_drop_overload",
    b"direct_response",
];

/// What begins the router's details when a connection did not bring a response.
const RESET: &[u8] = b"upstream_reset_before_response_started{";

/// The reasons of a reset that came before the request could be sent. `connection_failure` is how
/// Envoy before 1.25 called the next two.
const WITHOUT_CONNECTION: [&[u8]; 5] = [
    b"connection_failure",
    b"local_connection_failure",
    b"remote_connection_failure",
    b"connection_timeout",
    b"overflow",
];

/// Whether the details of a local reply prove that no upstream has seen the request, if Envoy has
/// tried it once.
#[must_use]
pub fn is_unseen(code_details: &[u8]) -> bool {
    if WITHOUT_HOST.contains(&code_details) {
        return true;
    }
    // The reason, and what the connection says: `{overflow}`, `{connection_failure|TLS_error…}`.
    let Some(rest) = code_details.strip_prefix(RESET) else { return false };
    let end = rest.iter().position(|byte| b",|}".contains(byte)).unwrap_or(rest.len());
    rest.get(..end).is_some_and(|reason| {
        WITHOUT_CONNECTION.iter().any(|it| {
            it.len() == reason.len()
                && it.iter().zip(reason).all(|(a, b)| a == b || (*a, *b) == (b'_', b' '))
        })
    })
}

/// The details that a condition names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeDetailsPattern {
    text: String,
    /// The text is the beginning of them, because the filter appends more.
    is_prefix: bool,
}

impl CodeDetailsPattern {
    /// The details of a local reply; a `*` at the end stands for any rest.
    ///
    /// # Errors
    /// A text for the operator.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (name, is_prefix) = match text.strip_suffix('*') {
            Some(name) => (name, true),
            None => (text, false),
        };
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(format!(
                "not the details of a reply, given {text:?}; allowed: visible ASCII characters, as \
                 %RESPONSE_CODE_DETAILS% shows them, and a * at the end for any rest"
            ));
        }
        let pattern = Self { text: name.to_owned(), is_prefix };
        let known = WITHOUT_HOST.into_iter().chain([VIA_UPSTREAM, RESET]);
        if known.into_iter().any(|details| pattern.names(details)) {
            return Err(format!(
                "no answer of a filter, given {text:?}; allowed: the details of a filter that checks \
                 credentials, such as \"ext_authz_denied\""
            ));
        }
        Ok(pattern)
    }

    /// Whether these details are meant.
    #[must_use]
    pub fn names(&self, code_details: &[u8]) -> bool {
        let wanted = self.text.as_bytes();
        if self.is_prefix { code_details.starts_with(wanted) } else { code_details == wanted }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_prove_that_no_upstream_has_seen_the_request_or_do_not() {
        for unseen in [
            "no_healthy_upstream",
            "route_not_found",
            "upstream_reset_before_response_started{overflow}",
            "upstream_reset_before_response_started{connection_timeout}",
            "upstream_reset_before_response_started{connection_failure,TLS_error:_1}",
            "upstream_reset_before_response_started{remote_connection_failure|delayed_connect}",
            "upstream_reset_before_response_started{remote connection failure}",
        ] {
            assert!(is_unseen(unseen.as_bytes()), "{unseen}");
        }
        for other in [
            "via_upstream",
            "upstream_response_timeout",
            "response_timeout",
            "upstream_per_try_timeout",
            "upstream_reset_before_response_started{connection_termination}",
            "upstream_reset_before_response_started{remote_reset,overflow}",
            "upstream_reset_before_response_started{overflow_of_another_kind}",
            "upstream_reset_before_response_started",
            "upstream_reset_after_response_started{overflow}",
            "request_payload_too_large",
            "ext_authz_denied",
            "ext_authz_error",
            "no_healthy_upstream_of_a_filter",
            "",
        ] {
            assert!(!is_unseen(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn a_pattern_names_details_exactly_or_by_their_beginning() {
        let exact = CodeDetailsPattern::parse("ext_authz_denied").expect("valid");
        assert!(exact.names(b"ext_authz_denied") && !exact.names(b"ext_authz_denied_2"));
        let any = CodeDetailsPattern::parse("jwt_authn_access_denied{*").expect("valid");
        assert!(any.names(b"jwt_authn_access_denied{Jwt_is_expired}"));
        assert!(!any.names(b"ext_authz_denied"));
    }

    #[test]
    fn what_is_no_answer_of_a_filter_cannot_be_declared() {
        for text in ["*", "", "a b", "via_upstream", "via_*", "no_healthy_*", "upstream_reset_b*"] {
            assert!(CodeDetailsPattern::parse(text).is_err(), "{text}");
        }
    }
}
