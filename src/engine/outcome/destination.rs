//! What kind of page a redirect leads to, by the words of its path.
//!
//! Only the path counts: a client writes part of the query (`next=`) in many applications, and must
//! not choose what its failure looks like. So a page for a second factor that differs from the login
//! page by its query alone is taken for the login page.

use crate::request::headers::Headers;

/// The last parts of a login page's path.
const LOGIN_PAGES: [&str; 8] =
    ["login", "log-in", "log_in", "signin", "sign-in", "sign_in", "logon", "session/new"];

/// What is in the path of a page that says that something went wrong.
const REFUSALS: [&str; 7] = ["error", "fail", "denied", "invalid", "incorrect", "wrong", "lockout"];

/// What is in the path of a page that asks for more.
const FURTHER_STEPS: [&str; 11] = [
    "2fa",
    "twofa",
    "factor",
    "otp",
    "mfa",
    "verify",
    "verification",
    "challenge",
    "webauthn",
    "passcode",
    "/tfa",
];

/// What kind of page a redirect leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// The login page: the password was refused.
    Login,
    /// A page for a second factor, or another step of a login that goes on.
    SecondFactor,
    /// A page whose path has no word of a login, an error or a further step.
    Elsewhere,
}

impl Destination {
    /// The destination of a response; `None` if it is no redirect, or its path has a word of a
    /// login or an error without being plainly a login page.
    pub(super) fn of(response: Headers<'_>) -> Option<Self> {
        let location = super::local_part(response.first("location")?);
        let path = location.split(|byte| matches!(byte, b'?' | b'#')).next().unwrap_or_default();
        Self::of_path(&String::from_utf8_lossy(path))
    }

    fn of_path(path: &str) -> Option<Self> {
        let path = path.trim_end_matches('/').to_ascii_lowercase();
        let is_page = |page: &str| {
            path.strip_suffix(page).is_some_and(|folder| folder.is_empty() || folder.ends_with('/'))
        };
        if LOGIN_PAGES.iter().any(|page| is_page(page)) {
            Some(Self::Login)
        } else if is_further_step(&path) {
            Some(Self::SecondFactor)
        } else {
            (!is_login_page(&path) && !is_refusal(&path)).then_some(Self::Elsewhere)
        }
    }
}

/// Whether a path, or the name of a parameter, has a word of a login page. In lower case.
pub(super) fn is_login_page(path: &str) -> bool {
    has(path, &LOGIN_PAGES)
}

/// Whether it has a word for an error.
pub(super) fn is_refusal(text: &str) -> bool {
    has(text, &REFUSALS)
}

/// Whether it has a word for a further step.
pub(super) fn is_further_step(path: &str) -> bool {
    has(path, &FURTHER_STEPS)
}

fn has(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(location: &str) -> Option<Destination> {
        let headers = [(b"location".to_vec(), location.as_bytes().to_vec())];
        Destination::of(Headers::new(&headers))
    }

    #[test]
    fn destination_is_told_by_the_words_of_the_path_alone() {
        use Destination::{Elsewhere, Login, SecondFactor};
        for (location, expected) in [
            ("/login", Some(Login)),
            ("login", Some(Login)),
            ("/login/?next=%2F", Some(Login)),
            ("/Users/Sign_In#form", Some(Login)),
            ("/session/new", Some(Login)),
            ("https://www.example.com/shop/signin?error", Some(Login)),
            // What follows the path may be the client's.
            ("/login?next=/login/2fa&otp=1", Some(Login)),
            ("/login/2fa", Some(SecondFactor)),
            ("/two-factor-challenge", Some(SecondFactor)),
            ("/account/mfa/verify/", Some(SecondFactor)),
            ("/", Some(Elsewhere)),
            ("", Some(Elsewhere)),
            ("/home?from=/login", Some(Elsewhere)),
            ("/session", Some(Elsewhere)),
            // Words that leave it open.
            ("/loginError", None),
            ("/login/denied", None),
            ("/users/blogin", None),
            ("/access-denied", None),
        ] {
            assert_eq!(of(location), expected, "{location}");
        }
        assert_eq!(Destination::of(Headers::new(&[])), None);
    }
}
