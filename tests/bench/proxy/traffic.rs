//! The requests that are sent, and what counts as their right answer.

use rand::RngExt as _;
use rand_pcg::Pcg64Mcg;
use unstuff_tests::headers::CHROME;

/// The share of logins that the application accepts.
const GOOD: f64 = 0.7;

/// What the password of a login that the application accepts begins with.
pub(crate) const GOOD_PASSWORD: &str = "good-";

/// The accounts of the site.
const ACCOUNTS: u32 = 1_000_000;

/// The address that is banned by its own failures while the row warms up.
const BANNED: &str = "203.0.113.66";

/// A kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Traffic {
    /// A login by a form, from a random address, of a random account.
    Login,
    /// The same as JSON.
    JsonLogin,
    /// A GET of something else.
    Other,
    /// A login from an address that is banned.
    BannedLogin,
    /// A login with two passwords, which the default rules challenge.
    ChallengedLogin,
}

impl Traffic {
    /// The name in tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::JsonLogin => "JSON login",
            Self::Other => "GET",
            Self::BannedLogin => "banned login",
            Self::ChallengedLogin => "challenged login",
        }
    }

    /// Whether this status is what the row is about. Anything else would be measured by mistake.
    pub(crate) fn expects(self, status: u16) -> bool {
        match self {
            Self::Login | Self::JsonLogin => matches!(status, 200 | 401),
            Self::Other => status == 200,
            Self::BannedLogin => status == 429,
            Self::ChallengedLogin => status == 403,
        }
    }

    /// Writes the next request.
    pub(crate) fn write(self, random: &mut Pcg64Mcg, request: &mut String) {
        request.clear();
        let (first, rest): (u8, [u8; 3]) = (random.random_range(11..100), random.random());
        let [second, third, fourth] = rest;
        let number: u64 = random.random();
        let user = random.random_range(0..ACCOUNTS);
        let mark = if random.random_bool(GOOD) { GOOD_PASSWORD } else { "bad-" };
        let (kind, body) = match self {
            Self::Login => (FORM, format!("user=anna{user}&password={mark}{number:x}&remember=on")),
            Self::JsonLogin => {
                (JSON, format!(r#"{{"user":"anna{user}","password":"{mark}{number:x}"}}"#))
            }
            Self::Other => {
                *request += "GET /assets/app.js?v=17 HTTP/1.1\r\n";
                headers(request);
                *request += &format!("x-forwarded-for: {first}.{second}.{third}.{fourth}\r\n\r\n");
                return;
            }
            Self::BannedLogin => (FORM, format!("user=anna{user}&password=bad-{number:x}")),
            Self::ChallengedLogin => {
                (FORM, format!("user=anna{user}&password={mark}{number:x}&password=two"))
            }
        };
        *request += "POST /login HTTP/1.1\r\n";
        headers(request);
        match self {
            Self::BannedLogin => *request += &format!("x-forwarded-for: {BANNED}\r\n"),
            _ => *request += &format!("x-forwarded-for: {first}.{second}.{third}.{fourth}\r\n"),
        }
        let length = body.len();
        *request += &format!("content-type: {kind}\r\ncontent-length: {length}\r\n\r\n{body}");
    }
}

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// What Chrome sends beside what describes the body.
fn headers(request: &mut String) {
    *request += "host: shop.example\r\n";
    for (name, value) in CHROME.iter().filter(|(name, _)| !name.starts_with(':')) {
        request.extend([name, ": ", value, "\r\n"]);
    }
}
