//! Exchanges with an application, as a browser has them: cookies, and tokens out of pages.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde_json::{Value, json};
use unstuff_tests::{ClientResponse, Request, client};

use crate::manifest::StepSpec;

/// How much of a response's body is recorded.
const BODY_PREFIX_BYTES: usize = 2_000;

/// The headers of a browser.
const BROWSER: [(&str, &str); 3] = [
    ("user-agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"),
    ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    ("accept-language", "en-GB,en;q=0.9"),
];

/// A browser at an application.
pub(crate) struct Browsing {
    address: SocketAddr,
    cookies: BTreeMap<String, String>,
    /// What `{name}` in a step stands for.
    pub known: BTreeMap<String, String>,
}

impl Browsing {
    /// A browser without cookies.
    pub(crate) fn new(address: SocketAddr, known: BTreeMap<String, String>) -> Self {
        Self { address, cookies: BTreeMap::new(), known }
    }

    /// Takes a step, and returns the exchange.
    ///
    /// # Panics
    /// If the response is not the one that the step names.
    pub(crate) async fn take(&mut self, step: &StepSpec) -> Value {
        if step.fresh {
            self.cookies.clear();
        }
        let request = self.request(step);
        let mut connection = client::connect(self.address).await.expect("the application listens");
        let response = connection.send(request.clone()).await;
        self.learn(step, &response);
        if let Some(status) = step.status {
            let body = String::from_utf8_lossy(&response.body);
            assert_eq!(response.status, status, "{}: {:?}\n{body}", step.step, response.headers);
        }
        recorded(step, &request, &response)
    }

    /// The cookies as one header.
    pub(crate) fn cookie_header(&self) -> String {
        let pairs = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }

    fn request(&self, step: &StepSpec) -> Request {
        let mut request = Request::get(&self.fill(&step.target, false));
        request.method.clone_from(&step.method);
        let mut headers: Vec<(String, String)> =
            BROWSER.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        if !self.cookies.is_empty() {
            headers.push(("cookie".to_owned(), self.cookie_header()));
        }
        if let Some(form) = &step.form {
            headers.push(("content-type".into(), "application/x-www-form-urlencoded".into()));
            request.body = self.fill(form, true).into_bytes();
        }
        if let Some(body) = &step.body {
            request.body = self.fill(body, false).into_bytes();
        }
        for (name, value) in &step.headers {
            headers.retain(|(known, _)| known != name);
            headers.push((name.clone(), self.fill(value, false)));
        }
        for (name, value) in headers {
            request = request.header(&name, value);
        }
        request
    }

    /// Puts what is known in the place of `{name}`, and percent-encoded in that of `{name-form}`.
    pub(crate) fn fill(&self, text: &str, encoded: bool) -> String {
        self.known.iter().fold(text.to_owned(), |text, (name, value)| {
            let in_form = percent(value);
            let text = text.replace(&format!("{{{name}-form}}"), &in_form);
            text.replace(&format!("{{{name}}}"), if encoded { &in_form } else { value })
        })
    }

    fn learn(&mut self, step: &StepSpec, response: &ClientResponse) {
        for line in response.headers.get_all("set-cookie") {
            let line = String::from_utf8_lossy(line.as_bytes()).into_owned();
            let pair = line.split(';').next().unwrap_or_default();
            let Some((name, value)) = pair.trim().split_once('=') else { continue };
            let gone = value.is_empty() || line.to_lowercase().contains("max-age=0");
            if gone {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let body = String::from_utf8_lossy(&response.body);
        for (name, excerpt) in &step.take {
            let after = body.split_once(&excerpt.after).map(|(_, rest)| rest);
            let found = after.and_then(|rest| rest.split_once(&excerpt.before));
            let Some((value, _)) = found else {
                panic!("{}: no {name} in {}: {body}", step.step, response.status)
            };
            self.known.insert(name.clone(), unescape(value));
        }
    }
}

/// An exchange, as the fixtures of the presets have it.
fn recorded(step: &StepSpec, request: &Request, response: &ClientResponse) -> Value {
    let sent = request.headers.iter().map(|(name, value)| json!([name, text(value)]));
    let received =
        response.headers.iter().map(|(name, value)| json!([name.as_str(), text(value.as_bytes())]));
    let prefix = &response.body[..response.body.len().min(BODY_PREFIX_BYTES)];
    json!({
        "step": step.step,
        "request": {
            "method": request.method,
            "target": request.target,
            "headers": sent.collect::<Vec<_>>(),
            "body": text(&request.body)
        },
        "response": {
            "status": response.status,
            "headers": received.collect::<Vec<_>>(),
            "body_prefix": text(prefix)
        },
        "outcome": step.outcome
    })
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A text of HTML, with the entities that tokens have.
fn unescape(text: &str) -> String {
    text.replace("&amp;", "&").replace("&#43;", "+").replace("&#39;", "'").replace("&quot;", "\"")
}

fn percent(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    text.bytes().map(encode).collect()
}
