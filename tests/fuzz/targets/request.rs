//! A request as fuzzed bytes: a line with method and target, headers, a blank line, a body.

use unstuff_engine::request::headers::{Header, Headers};

/// A request that was read from fuzzed bytes.
pub(crate) struct FuzzedRequest {
    headers: Vec<Header>,
    body: Vec<u8>,
}

impl FuzzedRequest {
    /// A request with these parts.
    pub(crate) fn new(method: &str, target: &[u8]) -> Self {
        let headers = [(":method", method.as_bytes()), (":path", target)];
        let header = |(name, value): (&str, &[u8])| (name.as_bytes().to_vec(), value.to_vec());
        Self { headers: headers.into_iter().map(header).collect(), body: Vec::new() }
    }

    pub(crate) fn header(mut self, name: &str, value: &[u8]) -> Self {
        self.headers.push((name.as_bytes().to_vec(), value.to_vec()));
        self
    }

    pub(crate) fn body(self, body: &[u8]) -> Self {
        Self { body: body.to_vec(), ..self }
    }

    /// Reads a request; any bytes are one.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let mut rest = bytes;
        let line = take_line(&mut rest);
        let (method, target) = split_at(line, b' ');
        let mut request = Self::new(&String::from_utf8_lossy(method), target);
        loop {
            let line = take_line(&mut rest);
            if line.is_empty() {
                return request.body(rest);
            }
            let (name, value) = split_at(line, b':');
            request.headers.push((name.to_vec(), value.trim_ascii().to_vec()));
        }
    }

    /// The bytes that [`Self::read`] reads.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let line: Vec<&[u8]> = self.headers[..2].iter().map(|(_, value)| &value[..]).collect();
        let mut bytes = line.join(&b' ');
        for (name, value) in &self.headers[2..] {
            bytes.extend_from_slice(&[b"\n", &name[..], b": ", value].concat());
        }
        [&bytes, &b"\n\n"[..], &self.body].concat()
    }

    pub(crate) fn headers(&self) -> Headers<'_> {
        Headers::new(&self.headers)
    }

    pub(crate) fn content(&self) -> &[u8] {
        &self.body
    }
}

fn take_line<'b>(rest: &mut &'b [u8]) -> &'b [u8] {
    let (line, after) = split_at(rest, b'\n');
    *rest = after;
    line
}

/// What is before and after the first `mark`.
pub(super) fn split_at(text: &[u8], mark: u8) -> (&[u8], &[u8]) {
    let at = text.iter().position(|&byte| byte == mark).unwrap_or(text.len());
    (&text[..at], text.get(at + 1..).unwrap_or_default())
}
