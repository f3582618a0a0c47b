//! The form of a challenge: a page for a person, a problem document for a program.
//!
//! The endpoint's `clients` decides. Where it is `auto`, the request does: a browser that will
//! display the response sends `sec-fetch-mode: navigate`. A script's request (`cors`,
//! `same-origin`) cannot display a page and gets the document. A client without `sec-fetch-*` gets
//! the page if its `accept` names HTML; `*/*` does not.

use crate::request::headers::Headers;

/// The kind of clients that log in at an endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clients {
    /// Decided per request.
    #[default]
    Auto,
    /// Browsers that display the response.
    Browser,
    /// Programs. They may be unable to solve a challenge, so a rule about one account annotates
    /// instead of challenging unless it says otherwise: anyone could lock the account out.
    Api,
}

/// The form of a challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChallengeForm {
    /// A page.
    Page,
    /// A problem document.
    Document,
}

impl ChallengeForm {
    /// The form for a request at an endpoint with such clients.
    #[must_use]
    pub fn of(clients: Clients, headers: Headers<'_>) -> Self {
        let shows = match clients {
            Clients::Browser => true,
            Clients::Api => false,
            Clients::Auto => match headers.first("sec-fetch-mode") {
                Some(mode) => mode == b"navigate",
                None => headers.all("accept").any(accepts_html),
            },
        };
        if shows { Self::Page } else { Self::Document }
    }
}

fn accepts_html(accept: &[u8]) -> bool {
    accept.split(|&byte| byte == b',').any(|range| {
        let kind = range.split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii();
        [&b"text/html"[..], b"application/xhtml+xml"].iter().any(|it| kind.eq_ignore_ascii_case(it))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::headers::Header;

    fn form(clients: Clients, headers: &[(&str, &str)]) -> ChallengeForm {
        let headers: Vec<Header> =
            headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        ChallengeForm::of(clients, Headers::new(&headers))
    }

    #[test]
    fn browser_gets_a_page_and_program_a_document() {
        let browser = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
        let of = |headers: &[_]| form(Clients::Auto, headers);
        assert_eq!(of(&[("sec-fetch-mode", "navigate"), browser]), ChallengeForm::Page);
        assert_eq!(of(&[("sec-fetch-mode", "cors"), ("accept", "*/*")]), ChallengeForm::Document);
        assert_eq!(of(&[("sec-fetch-mode", "same-origin"), browser]), ChallengeForm::Document);
        assert_eq!(of(&[browser]), ChallengeForm::Page);
        assert_eq!(of(&[("accept", "*/*")]), ChallengeForm::Document);
        assert_eq!(of(&[("accept", "application/json, Text/HTML ;q=0.1")]), ChallengeForm::Page);
        assert_eq!(of(&[]), ChallengeForm::Document);
    }

    #[test]
    fn declared_clients_decide_the_form() {
        assert_eq!(form(Clients::Api, &[("sec-fetch-mode", "navigate")]), ChallengeForm::Document);
        assert_eq!(form(Clients::Browser, &[("accept", "application/json")]), ChallengeForm::Page);
    }
}
