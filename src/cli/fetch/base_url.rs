//! The base address of the ranges.
//!
//! It is written into every file and every error, so it must not contain a password. A prefix is
//! appended to it, so it cannot have a query.

use std::fmt;
use std::str::FromStr;

use super::prefix::RangePrefix;

/// An `http` or `https` address that ends in `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BaseUrl(String);

impl BaseUrl {
    /// The address of one range.
    pub(super) fn range(&self, prefix: RangePrefix) -> String {
        format!("{}{prefix}", self.0)
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for BaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let rest = rest.ok_or("it must begin with https:// or http://")?;
        let host = rest.split('/').next().unwrap_or_default();
        if host.is_empty() {
            return Err("it names no host".into());
        }
        if host.contains('@') {
            return Err("it must not hold a user or password: it is written into every file".into());
        }
        if !rest.bytes().all(|byte| byte.is_ascii_graphic()) || rest.contains(['?', '#']) {
            return Err("it must be visible ASCII without a query or fragment: the prefix is \
                        appended to it, as in https://mirror.example/range/"
                .into());
        }
        Ok(Self(if text.ends_with('/') { text.to_owned() } else { format!("{text}/") }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefix_is_appended_as_a_path_segment() {
        for text in ["https://mirror.example/range", "https://mirror.example/range/"] {
            let base: BaseUrl = text.parse().unwrap();
            let range = base.range("0ABCD".parse().unwrap());
            assert_eq!(range, "https://mirror.example/range/0ABCD");
        }
    }

    #[test]
    fn unusable_address_is_refused() {
        for text in [
            "",
            "mirror.example",
            "ftp://mirror.example/",
            "https://",
            "https:///range/",
            "https://me:secret@mirror.example/",
            "https://mirror.example/?range=",
            "https://mirror.example/a b/",
        ] {
            let error = text.parse::<BaseUrl>().unwrap_err();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
