//! The script for login pages: with it a person pays while typing and sees no challenge.
//!
//! Every host that has endpoints serves two texts: `client.js`, which a login page holds, and
//! `worker.js`, which that loads once somebody types. Their addresses with the digest of both, such as
//! `client.js?v=DIGEST`, never serve another text, so these responses may be kept for ever. Others are
//! not kept: a page without the digest runs the script of the module that serves it.
//!
//! Only these spellings of the paths are ours, and only GET and HEAD: everything else goes to the
//! application, as if there were no script.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::response::ChallengeResponse;
use crate::request::headers::Headers;
use crate::request::urlencoded::split_query;

/// The path of the page's script.
const CLIENT_PATH: &str = "/.well-known/unstuff/client.js";

/// The path of its worker.
const WORKER_PATH: &str = "/.well-known/unstuff/worker.js";

/// The folder of both.
const FOLDER: &[u8] = b"/.well-known/unstuff/";

/// The bytes of the digest that the address holds.
const SHORT_DIGEST_BYTES: usize = 8;

/// The text and its digest, made once in each process or worker that needs them.
static SCRIPT: LazyLock<ClientScript> = LazyLock::new(ClientScript::new);

/// The script and its worker.
#[derive(Debug)]
pub struct ClientScript {
    client: String,
    worker: String,
    version: String,
}

impl ClientScript {
    /// The script.
    #[must_use]
    pub fn get() -> &'static Self {
        &SCRIPT
    }

    fn new() -> Self {
        // A function keeps the names from those of the page.
        let client = format!("(() => {{\n{}}})();\n", compact(include_str!("client.js")));
        let parts = [include_str!("solver.js"), include_str!("client_worker.js")];
        let worker = compact(&parts.concat());
        let both = Sha256::new().chain_update(&client).chain_update(&worker).finalize();
        let version = hex::encode(both.get(..SHORT_DIGEST_BYTES).unwrap_or_default());
        Self { client, worker, version }
    }

    /// The address on each host, with the digest.
    #[must_use]
    pub fn address(&self) -> String {
        format!("{CLIENT_PATH}?v={}", self.version)
    }

    /// The element that is added to login pages.
    #[must_use]
    pub fn element(&self) -> String {
        format!("<script src=\"{}\" data-unstuff defer></script>", self.address())
    }

    /// The value of the attribute `integrity` (Subresource Integrity).
    #[must_use]
    pub fn integrity(&self) -> String {
        format!("sha256-{}", STANDARD.encode(Sha256::digest(&self.client)))
    }

    /// The response to a request for one of them, whose query decides how long it is kept.
    #[must_use]
    pub(crate) fn response(&self, asked: &AskedScript<'_>) -> ChallengeResponse {
        let is_fixed = asked.version == Some(self.version.as_bytes());
        let kept = if is_fixed { "public, max-age=31536000, immutable" } else { "no-store" };
        let text = if asked.is_worker { &self.worker } else { &self.client };
        ChallengeResponse::script(text.clone(), kept)
    }
}

/// A request for one of the texts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AskedScript<'a> {
    is_worker: bool,
    version: Option<&'a [u8]>,
}

impl<'a> AskedScript<'a> {
    /// What a request asks for, by method and path. Nearly every request differs in the first letters.
    #[must_use]
    pub(crate) fn in_request(headers: Headers<'a>) -> Option<Self> {
        let target = headers.first(":path")?;
        if !target.starts_with(FOLDER) || !matches!(headers.first(":method")?, b"GET" | b"HEAD") {
            return None;
        }
        let (path, query) = split_query(target);
        let is_worker = path == WORKER_PATH.as_bytes();
        (is_worker || path == CLIENT_PATH.as_bytes())
            .then(|| Self { is_worker, version: query.strip_prefix(b"v=") })
    }
}

/// The source without indentation and without lines of comment: a third shorter. No text in it
/// depends on either.
fn compact(source: &str) -> String {
    let mut text = String::with_capacity(source.len());
    let lines = source.lines().map(str::trim);
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with("//")) {
        text.push_str(line);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_small_and_name_no_other_host() {
        let ClientScript { client, worker, .. } = ClientScript::get();
        println!("client.js {} bytes, worker.js {} bytes", client.len(), worker.len());
        assert!(client.len() <= 8 << 10 && worker.len() <= 16 << 10);
        assert!(!client.contains("://") && !worker.contains("://"));
    }

    #[test]
    fn only_the_two_paths_by_get_and_head_are_asked_for() {
        let asked = |method: &str, path: &str| {
            let headers = [(":method", method), (":path", path)]
                .map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()));
            AskedScript::in_request(Headers::new(&headers))
                .map(|it| (it.is_worker, it.version.map(<[u8]>::to_vec)))
        };
        let version = Some(b"0a".to_vec());
        assert_eq!(asked("GET", "/.well-known/unstuff/client.js?v=0a"), Some((false, version)));
        assert_eq!(asked("HEAD", "/.well-known/unstuff/worker.js"), Some((true, None)));
        for (method, path) in [
            ("POST", "/.well-known/unstuff/client.js"),
            ("get", "/.well-known/unstuff/client.js"),
            ("GET", "/.well-known/unstuff/"),
            ("GET", "/.well-known/unstuff/client.js/"),
            ("GET", "/.well-known/unstuff/Client.js"),
            ("GET", "//.well-known/unstuff/client.js"),
            ("GET", "/a?/.well-known/unstuff/client.js"),
        ] {
            assert_eq!(asked(method, path), None, "{method} {path}");
        }
    }

    #[test]
    fn compacting_keeps_all_but_indentation_and_comments() {
        let source = "\n// Why.\nconst a = 1; // kept\n\n    b(a);\n  // also why\n";
        assert_eq!(compact(source), "const a = 1; // kept\nb(a);\n");
    }
}
