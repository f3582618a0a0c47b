//! Whether a site's content security policy lets its pages run a script of their own host.
//!
//! What is not certain counts as forbidden: then nothing is added to a page, and a warning says so.
//! That is less than browsers allow. A nonce, a hash and `'strict-dynamic'` would allow the script only
//! if the policy were changed.

use crate::request::headers::Headers;

/// Whether every policy of a response allows scripts and workers of the same host.
#[must_use]
pub(super) fn allows_own_script(response: Headers<'_>) -> bool {
    let policies = response.all("content-security-policy");
    { policies.flat_map(|value| value.split(|&byte| byte == b',')) }.all(allows)
}

fn allows(policy: &[u8]) -> bool {
    let script = ["script-src-elem", "script-src", "default-src"];
    let worker = ["worker-src", "child-src", "script-src", "default-src"];
    sources(policy, &["sandbox"]).is_none()
        && sources(policy, &script).is_none_or(names_own_host)
        && sources(policy, &worker).is_none_or(names_own_host)
}

/// The sources of the first of these directives that the policy has.
fn sources<'p>(policy: &'p [u8], names: &[&str]) -> Option<&'p [u8]> {
    let directives = || policy.split(|&byte| byte == b';').map(<[u8]>::trim_ascii);
    let of = |name: &&str| {
        let mut named = directives().map(|directive| {
            let end = directive.iter().position(u8::is_ascii_whitespace).unwrap_or(directive.len());
            directive.split_at_checked(end).unwrap_or_default()
        });
        named.find(|(own, _)| own.eq_ignore_ascii_case(name.as_bytes())).map(|(_, rest)| rest)
    };
    names.iter().find_map(of)
}

fn names_own_host(sources: &[u8]) -> bool {
    let has = |wanted: &[u8]| {
        let mut sources = sources.split(u8::is_ascii_whitespace);
        sources.any(|source| source.eq_ignore_ascii_case(wanted))
    };
    (has(b"'self'") || has(b"*")) && !has(b"'strict-dynamic'")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn allowed(policies: &[&str]) -> bool {
        let name = b"Content-Security-Policy".to_vec();
        let headers: Vec<_> =
            policies.iter().map(|it| (name.clone(), it.as_bytes().to_vec())).collect();
        allows_own_script(Headers::new(&headers))
    }

    #[test]
    fn script_of_the_same_host_is_allowed_where_the_policy_says_so_or_nothing() {
        for policy in [
            "",
            "frame-ancestors 'self'; object-src 'none'",
            "default-src 'self'",
            "Default-Src 'SELF' https://cdn.example",
            "default-src 'none'; script-src 'self' 'nonce-x'; worker-src *",
            "script-src 'none'; script-src-elem 'self'; worker-src 'self'",
        ] {
            assert!(allowed(&[policy]), "{policy}");
        }
        assert!(allowed(&[]));
    }

    #[test]
    fn script_is_forbidden_where_any_policy_does_not_name_the_host() {
        for policy in [
            "script-src 'none'",
            "script-src",
            "default-src https:",
            "script-src 'nonce-x'",
            "script-src 'self' 'strict-dynamic' 'nonce-x'",
            "script-src 'sha256-x'",
            "script-src 'self'; worker-src 'none'",
            "script-src 'self'; child-src blob:",
            "sandbox allow-forms",
            "default-src 'self', script-src 'none'",
            // The first of two counts.
            "script-src 'none'; script-src 'self'",
        ] {
            assert!(!allowed(&[policy]), "{policy}");
        }
        assert!(!allowed(&["default-src 'self'", "script-src 'none'"]));
    }

    proptest! {
        /// Another policy can only forbid.
        #[test]
        fn more_policies_allow_no_more(
            policy in "[ ;,a-z*']{0,40}",
            other in "(script-src|default-src|worker-src) ('self'|'none'|\\*|x)[;,]?.{0,10}",
        ) {
            prop_assert!(allowed(&[&policy]) || !allowed(&[&policy, &other]));
            prop_assert_eq!(allowed(&[&policy, &other]), allowed(&[&format!("{policy},{other}")]));
        }
    }
}
