//! The demo's application: a login page and a few customers. It shows what Unstuff annotates.

use std::io::{self, Write as _};

use unstuff_tests::application::Behaviour;
use unstuff_tests::{AppResponse, ReceivedRequest};

/// A customer.
pub(crate) struct Customer {
    /// The username.
    pub user: &'static str,
    /// The password in plain text, since this is a demo.
    pub password: &'static str,
}

/// A careful customer.
pub(crate) const ANNA: Customer = Customer { user: "anna", password: "rowing at dawn, twice" };
/// Types badly.
pub(crate) const BERT: Customer = Customer { user: "bert", password: "eleven blue ferries" };
/// Uses a password that is known from breaches.
pub(crate) const CARLA: Customer = Customer { user: "carla", password: "iloveyou" };
/// Logs in during the attack.
pub(crate) const DORA: Customer = Customer { user: "dora", password: "moss under the stairs" };

const CUSTOMERS: [Customer; 4] = [ANNA, BERT, CARLA, DORA];

/// Responds to GET with a form, and to POST with 200 or 401.
pub(crate) fn behaviour() -> Behaviour {
    Behaviour { on_headers: Box::new(|_| None), on_request: Box::new(answer) }
}

/// Prints three curl commands to try, and two that look at Envoy's admin interface.
pub(crate) fn print_how_to_try(login: &str, admin: &str) {
    let Customer { user, password } = ANNA;
    let Customer { user: exposed, password: known } = CARLA;
    // A closed output ends nothing: the demo stays until it is told to end.
    let _ = writeln!(
        io::stdout(),
        "A login behind Envoy and Unstuff: {login}  (Ctrl-C ends it)\n\n\
         Log in:\n  \
         curl -i {login} -d user={user} --data-urlencode 'password={password}'\n\n\
         Log in with a password known from breaches:\n  \
         curl -i {login} -d user={exposed} -d password={known}\n\n\
         Guess until you are stopped:\n  \
         for n in $(seq 12); do curl -s -o /dev/null -w '%{{http_code}}\\n' {login} \
         -d user={user} -d password=guess-$n; done\n\n\
         Watch it, and look for mistakes:\n  \
         target/release/unstuff top {admin}\n  \
         target/release/unstuff doctor {admin}\n"
    );
}

fn answer(received: &ReceivedRequest) -> AppResponse {
    if !received.target.starts_with("/login") {
        return AppResponse::status(303).header("location", "/login");
    }
    if received.method != "POST" {
        return page(200, FORM);
    }
    let (user, password) = (field(&received.body, "user"), field(&received.body, "password"));
    if !CUSTOMERS.iter().any(|customer| customer.user == user && customer.password == password) {
        return page(401, "<p>Wrong name or password. <a href=/login>Again?</a></p>\n");
    }
    match received.header("exposed-credential-check") {
        None => page(200, "<p>Welcome.</p>\n"),
        Some(_) => page(
            200,
            "<p>Welcome. Your password is known from a breach of another site: please \
             change it.</p>\n",
        ),
    }
}

const FORM: &str = "<form method=post>\n\
    <p><label>Name <input name=user autocomplete=username></label></p>\n\
    <p><label>Password <input name=password type=password autocomplete=current-password>\
    </label></p>\n\
    <p><button>Log in</button></p>\n</form>\n";

fn page(status: u16, body: &str) -> AppResponse {
    let page = format!("<!doctype html>\n<title>Login</title>\n{body}");
    AppResponse::status(status).header("content-type", "text/html; charset=utf-8").body(page)
}

/// The value of a form field.
fn field(body: &[u8], name: &str) -> String {
    let body = String::from_utf8_lossy(body);
    let mut pairs = body.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| decode(value)).unwrap_or_default()
}

/// Decodes a form's value. A value that is not UTF-8 becomes empty, since no customer has it.
fn decode(value: &str) -> String {
    let mut rest = value.bytes();
    let mut decoded = Vec::with_capacity(value.len());
    while let Some(byte) = rest.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte.unwrap_or_default()).to_digit(16);
                let (high, low) = (digit(rest.next()), digit(rest.next()));
                let value = high.unwrap_or_default() * 16 + low.unwrap_or_default();
                u8::try_from(value).unwrap_or_default()
            }
            other => other,
        });
    }
    String::from_utf8(decoded).unwrap_or_default()
}
