//! Conditions on the query, which narrow an endpoint whose URL is shared.
//!
//! A condition that could hold for some application holds: the name in any spelling, any of several
//! values, trimmed, in any letter case. Only the query is asked, because the body comes later. An
//! application that takes the parameter from the body as well is not narrowed so.

use super::collect::is_value;
use super::names::ConfiguredName;
use super::sent_name::SentName;
use crate::request::headers::Headers;
use crate::request::{endpoint_match, urlencoded};

/// A parameter of the query and the values that it may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryCondition {
    /// The parameter's name.
    pub name: String,
    /// The values, in any letter case. An empty one stands for no parameter, too.
    pub values: Vec<String>,
}

impl QueryCondition {
    /// Whether it holds for some application.
    #[must_use]
    pub fn could_hold(&self, headers: Headers<'_>) -> bool {
        let may_be_absent = self.values.iter().any(String::is_empty);
        let is_left_out = |query| may_be_absent && !self.is_named_in(query);
        endpoint_match::queries(headers).any(|query| is_left_out(query) || self.is_met_in(query))
            || endpoint_match::path_parameters(headers).any(|text| self.is_met_in(text))
    }

    fn is_met_in(&self, text: &[u8]) -> bool {
        let field = ConfiguredName::of(&self.name);
        urlencoded::raw_pairs(text).any(|(name, value)| {
            let could_be = || {
                let decoded = urlencoded::decode(name);
                field.spelling(&SentName::of(&decoded)).is_some()
            };
            let is_one = |given: &[u8]| self.values.iter().any(|it| is_value(it.as_bytes(), given));
            could_be() && urlencoded::readings(value).iter().any(|given| is_one(given))
        })
    }

    /// Whether every application finds the parameter.
    fn is_named_in(&self, query: &[u8]) -> bool {
        urlencoded::raw_pairs(query).any(|(name, _)| name == self.name.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::headers::Header;

    fn holds(values: &[&str], path: &str) -> bool {
        let values = values.iter().map(|&value| value.to_owned()).collect();
        let headers: Vec<Header> = vec![(b":path".into(), path.into())];
        QueryCondition { name: "action".to_owned(), values }.could_hold(Headers::new(&headers))
    }

    #[test]
    fn condition_that_could_hold_for_some_application_holds() {
        for path in [
            "/x?action=login",
            "/x?a=b&ACTION=Login",
            "/x?action=logout&action=login",
            "/x?action[]=login",
            "/x?[action]=login",
            "/x?%61ction=%6cogin+",
            "/x?a=b;action=login",
            "/x;action=login?a=b",
        ] {
            assert!(holds(&["login"], path), "{path}");
        }
        for path in ["/x", "/x?action=logout", "/x?other=login", "/x?action=", "/x?my_action=login"]
        {
            assert!(!holds(&["login"], path), "{path}");
        }
        assert!(holds(&["login", "postpass"], "/x?action=postpass"));
    }

    #[test]
    fn empty_value_stands_for_no_parameter_too() {
        for path in ["/x", "/x?", "/x?action=", "/x?a=b", "/x?Action=logout"] {
            assert!(holds(&["", "login"], path), "{path}");
        }
        assert!(!holds(&["", "login"], "/x?action=logout"));
    }
}
