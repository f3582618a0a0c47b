//! A request as bytes, and its line of JSON.

use serde_json::{Value, json};

/// One request to an endpoint of a kind (`web`, `nested`, `basic`, …).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct LoginRequest {
    /// Which fields the endpoint reads.
    pub(crate) endpoint: String,
    pub(crate) method: String,
    pub(crate) target: Vec<u8>,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

impl LoginRequest {
    /// `POST /login` without headers and body.
    pub(crate) fn post(endpoint: &str) -> Self {
        Self {
            endpoint: endpoint.to_owned(),
            method: "POST".to_owned(),
            target: b"/login".to_vec(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// The request that a line of JSON describes. Its text is Latin-1: a character is a byte.
    pub(crate) fn from_json(value: &Value) -> Self {
        let text = |name: &str| value[name].as_str().unwrap_or_default();
        let headers = value["headers"].as_array().map(Vec::as_slice).unwrap_or_default();
        let header = |pair: &Value| {
            let part = |at: usize| pair[at].as_str().unwrap_or_default();
            (part(0).to_ascii_lowercase(), latin1_bytes(part(1)))
        };
        Self {
            endpoint: value["endpoint"].as_str().unwrap_or("web").to_owned(),
            method: text("method").to_owned(),
            target: latin1_bytes(text("target")),
            headers: headers.iter().map(header).collect(),
            body: latin1_bytes(text("body")),
        }
    }

    /// The line of JSON.
    pub(crate) fn to_json(&self) -> Value {
        let headers = self.headers.iter().map(|(name, value)| json!([name, latin1(value)]));
        json!({
            "endpoint": self.endpoint,
            "method": self.method,
            "target": latin1(&self.target),
            "headers": headers.collect::<Vec<_>>(),
            "body": latin1(&self.body),
        })
    }

    /// Sets a header.
    pub(crate) fn header(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The bytes that are sent over HTTP/1.1.
    pub(crate) fn wire(&self) -> Vec<u8> {
        let mut wire = [self.method.as_bytes(), b" ", &self.target, b" HTTP/1.1\r\n"].concat();
        wire.extend_from_slice(b"host: unstuff.test\r\n");
        for (name, value) in &self.headers {
            wire.extend_from_slice(&[name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        wire.extend_from_slice(format!("content-length: {}\r\n\r\n", self.body.len()).as_bytes());
        wire.extend_from_slice(&self.body);
        wire
    }

    /// Whether Envoy forwards it as it is: tokens as method, a visible path, and headers without
    /// control characters or blanks around them.
    pub(crate) fn passes_envoy(&self) -> bool {
        let visible = |byte: &u8| byte.is_ascii_graphic();
        let plain = |value: &[u8]| {
            let controls = value.iter().any(|&it| (it < b' ' && it != b'\t') || it == 0x7f);
            !controls && value.trim_ascii() == value
        };
        let mut names: Vec<&String> = self.headers.iter().map(|(name, _)| name).collect();
        names.sort();
        self.target.first() == Some(&b'/')
            && self.target.iter().all(|byte| visible(byte) && *byte != b'#')
            && self.headers.iter().all(|(_, value)| plain(value))
            && names.windows(2).all(|pair| pair[0] != pair[1])
    }
}

/// Latin-1 text as bytes; what is beyond it as UTF-8.
pub(crate) fn latin1_bytes(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for character in text.chars() {
        match u8::try_from(u32::from(character)) {
            Ok(byte) => bytes.push(byte),
            Err(_) => bytes.extend(character.to_string().as_bytes()),
        }
    }
    bytes
}

fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}
