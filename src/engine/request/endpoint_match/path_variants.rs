//! Path variants: every path that a server may derive from a request target.
//!
//! Servers agree on the steps of canonicalisation but not on their order, and an attacker picks a
//! spelling on which the filter and the application disagree. So a path has a small set of
//! variants, made by taking each step wherever some server takes it. A request matches if any of
//! its variants does. The steps are in `path_steps`, each with its servers.
//!
//! - Before decoding: escaped slashes are kept, overlong UTF-8 is shortened, malformed UTF-8 is
//!   dropped, `\` is `/`, `//host/path` loses the host, parameters are dropped, dot segments are
//!   resolved. (Tomcat drops parameters first, Node and Envoy resolve dots first.)
//! - One percent-decoding, always: an exact or prefix pattern never needs the raw path.
//! - After decoding: all of these again. (nginx, Apache, Go.)
//! - A second decoding and all of these again. The standards allow one decoding; a proxy that
//!   forwards the decoded path (nginx with `$uri`) turns it into two.
//!
//! Limits: the bytes of all variants together are bounded. A path over the bound (crafted to have
//! many variants, or very long) matches *every* path, so it is a login wherever host and method
//! fit. A path in the query (`/?q=user/login`) is not recognised.

use std::collections::BTreeSet;

use super::path_steps::{self, PathStep};

/// The most bytes of all variants of a request together. It bounds the cost of a crafted path, with
/// a regex run over each variant, and exceeds any path that a person's browser sends.
const MAX_BYTES: usize = 8 * 1024;

/// The variants of a request's paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PathVariants {
    /// These: lower case, with a slash at the start and none at the end.
    These(BTreeSet<String>),
    /// Over the bound: matches any path.
    Any,
}

impl PathVariants {
    /// The variants of these paths, which have no query and no fragment.
    pub(super) fn of<'a>(paths: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut all = BTreeSet::new();
        let mut budget = Budget(MAX_BYTES);
        for path in paths {
            if path_steps::is_plain(path) {
                budget.spend(path.len());
                all.extend(path_steps::ends(path_steps::finish(path)));
            } else {
                expand(path, &mut all, &mut budget);
            }
            if budget.is_spent() {
                return Self::Any;
            }
        }
        Self::These(all)
    }

    /// Whether any variant fits.
    pub(super) fn any(&self, fits: impl FnMut(&str) -> bool) -> bool {
        match self {
            Self::These(variants) => variants.iter().map(String::as_str).any(fits),
            Self::Any => true,
        }
    }

    /// Whether there is no path.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::These(variants) if variants.is_empty())
    }
}

/// The canonical form of a pattern: the variant of a server that takes all steps in the usual order.
pub(super) fn usual(path: &str) -> String {
    let decoded = crate::request::percent::decode(path.as_bytes());
    let merged = path_steps::merge_slashes(&decoded).unwrap_or(decoded);
    path_steps::finish(&path_steps::resolve_dots(&merged).unwrap_or(merged))
}

const AROUND_DECODING: [&[PathStep]; 7] = [
    &[path_steps::keep_escaped_slashes],
    &[path_steps::shorten, path_steps::drop_malformed],
    &[path_steps::backslashes],
    &[path_steps::drop_authority, path_steps::cut_at_delimiter],
    &[path_steps::drop_parameters, path_steps::cut_at_parameters],
    &[path_steps::trim_dots, path_steps::drop_odd_dots],
    &[path_steps::resolve_dots, path_steps::merge_and_resolve],
];

fn expand(path: &[u8], all: &mut BTreeSet<String>, budget: &mut Budget) {
    // Item by item: to make a set of a list sorts it, and sorting is 5 KB of the module for each type.
    let mut variants = BTreeSet::new();
    variants.insert(path.to_vec());
    let mut next;
    branch(&mut variants, budget);
    for _decoding in 0..2 {
        next = BTreeSet::new();
        for variant in &variants {
            next.insert(crate::request::percent::decode(variant));
        }
        branch(&mut next, budget);
        for variant in &next {
            all.extend(path_steps::ends(path_steps::finish(variant)));
        }
        variants.clear();
        variants.extend(next.into_iter().filter(|variant| variant.contains(&b'%')));
        if variants.is_empty() || budget.is_spent() {
            return;
        }
    }
}

/// Adds to `variants` the results of the steps around a decoding, each taken or not.
fn branch(variants: &mut BTreeSet<Vec<u8>>, budget: &mut Budget) {
    for steps in AROUND_DECODING {
        let mut added = Vec::new();
        for variant in variants.iter() {
            for step in steps {
                if let Some(changed) = step(variant) {
                    budget.spend(changed.len() + 1);
                    added.push(changed);
                }
                if budget.is_spent() {
                    return;
                }
            }
        }
        variants.extend(added);
    }
}

/// What is left of [`MAX_BYTES`].
struct Budget(usize);

impl Budget {
    fn spend(&mut self, bytes: usize) {
        self.0 = self.0.saturating_sub(bytes);
    }

    fn is_spent(&self) -> bool {
        self.0 == 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn variants(path: &str) -> Vec<String> {
        match PathVariants::of([path.as_bytes()]) {
            PathVariants::These(variants) => variants.into_iter().collect(),
            PathVariants::Any => panic!("{path} has every variant"),
        }
    }

    #[test]
    fn ordinary_path_has_one_variant() {
        assert_eq!(variants("/Account/Login/"), ["/account/login"]);
        assert_eq!(variants("/files/my%20file.txt"), ["/files/my file.txt"]);
        assert_eq!(variants("/"), ["/"]);
    }

    #[test]
    fn every_order_of_steps_that_a_server_takes_is_covered() {
        for path in [
            "/login;%2fx",            // Tomcat: parameters, then decoding
            "/x%2fy/../login",        // Node: dots, then decoding
            "/x%2f../login",          // nginx: decoding, then dots
            "/a//../login",           // nginx: slashes, then dots
            "/..;/login",             // Tomcat: parameters, then dots
            "/x\\y/../login",         // Linux: a backslash is a letter
            "/x\\..\\login",          // Windows: a backslash is a slash
            "/x%5c..%5clogin",        // Windows, encoded
            "/x%252f..%252flogin",    // two decodings
            "/x/%c0%ae%c0%ae/login",  // old Java: overlong UTF-8
            "/x/..%20/login",         // dots with a blank that is trimmed
            "/login/..%20",           // Windows: dots and blanks at the end are nothing
            "/login/...",             // the same
            "//somewhere/login",      // Node: a network-path reference
            "/index.php/login",       // PHP: a front controller
            "/login/index.php",       // a directory index
            "/x%2fy/..;z/login;%2fw", // several at once
            "/lo%80gin%ff",           // Bottle: bytes that are no UTF-8
        ] {
            assert!(variants(path).contains(&"/login".to_owned()), "{path}: {:?}", variants(path));
        }
    }

    #[test]
    fn path_over_the_bound_matches_any_path() {
        let twisted = "/x%252f\\;a%2f../..;//%255c..%3b/..".repeat(300);
        assert_eq!(PathVariants::of([twisted.as_bytes()]), PathVariants::Any);
        let long = "/x".repeat(MAX_BYTES);
        assert_eq!(PathVariants::of([long.as_bytes()]), PathVariants::Any);
    }

    proptest! {
        #[test]
        fn never_panics_and_stays_bounded(path: Vec<u8>) {
            if let PathVariants::These(variants) = PathVariants::of([path.as_slice()]) {
                for variant in variants {
                    prop_assert!(variant.starts_with('/'), "{variant}");
                    prop_assert!(variant == "/" || !variant.ends_with('/'), "{variant}");
                    prop_assert!(!variant.contains("//"), "{variant}");
                }
            }
        }

        #[test]
        fn canonical_form_is_idempotent(path in "/[a-zA-Z0-9./;\\\\ _é-]{0,40}") {
            let once = usual(&path);
            prop_assert_eq!(usual(&once), once);
        }

        #[test]
        fn canonical_form_is_among_the_variants(path in "/[a-zA-Z0-9./;%\\\\ _é-]{0,40}") {
            let usual = usual(&path);
            prop_assert!(PathVariants::of([path.as_bytes()]).any(|variant| variant == usual));
        }
    }
}
