//! Which endpoint of the policy a line is at.
//!
//! The engine reads that from the request's headers, canonicalising every path; a trace has
//! few different ones, so the answer is remembered. Headers that no server routes by are
//! left out of what is remembered; any other is part of it.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use unstuff_engine::attempt::Engine;
use unstuff_engine::request::headers::{Header, Headers};

use crate::trace::Line;

/// What differs between people and not between endpoints.
const NEVER_ROUTED_BY: [&str; 6] =
    ["user-agent", "accept-language", "accept", "accept-encoding", "cookie", "x-ja4"];

/// Answers that are remembered; then it starts anew. A trace of attacks on paths made up at
/// random must not fill the memory.
const REMEMBERED: usize = 4096;

/// Places, remembered.
#[derive(Default)]
pub struct Requests {
    known: HashMap<Vec<u8>, Option<usize>, FixedState>,
    key: Vec<u8>,
}

impl Requests {
    /// The endpoint that `line` is at, if it is at one.
    pub fn endpoint(&mut self, engine: &Engine, line: &Line<'_>) -> Option<usize> {
        self.key.clear();
        for (name, value) in parts(line) {
            // A byte that neither can contain keeps ("ab", "c") apart from ("a", "bc").
            for text in [name, value] {
                self.key.extend_from_slice(text.as_bytes());
                self.key.push(0xFF);
            }
        }
        if let Some(known) = self.known.get(&self.key) {
            return *known;
        }
        let header = |(name, value): (&str, &str)| (name.into(), value.into());
        let headers: Vec<Header> = parts(line).map(header).collect();
        let endpoint = engine.endpoint(Headers::new(&headers));
        if self.known.len() >= REMEMBERED {
            self.known.clear();
        }
        self.known.insert(self.key.clone(), endpoint);
        endpoint
    }
}

/// The headers that recognition may look at.
fn parts<'l>(line: &'l Line<'_>) -> impl Iterator<Item = (&'l str, &'l str)> {
    let method = (":method", line.method.as_deref().unwrap_or(Line::METHOD));
    let path = (":path", line.path.as_deref().unwrap_or(Line::PATH));
    // Without a host a request may be at each endpoint.
    let host = line.host.as_deref().map(|host| (":authority", host));
    let others = line.headers.iter().map(|(name, value)| (name.as_ref(), value.as_ref()));
    let routed_by = |(name, _): &(&str, &str)| {
        !NEVER_ROUTED_BY.iter().any(|never| name.eq_ignore_ascii_case(never))
    };
    [method, path].into_iter().chain(host).chain(others.filter(routed_by))
}

#[cfg(test)]
mod tests {
    use unstuff_engine::config;
    use unstuff_engine::state::stores::memory::MemoryStore;
    use unstuff_engine::state::{StateSize, Table};

    use super::*;
    use crate::trace;

    fn endpoint_of(fields: &str) -> Option<String> {
        let policy = config::parse(
            br#"{"endpoints": [
                {"name": "shop", "match": {"hosts": ["shop.example"], "path": "/login"}},
                {"name": "api", "match": {"methods": ["PUT"], "path": "/session"}}]}"#,
        );
        let table = Table::open(&MemoryStore::new(), StateSize::MIN, [0; 16]).unwrap();
        let engine = Engine::new(policy.unwrap().policy, table);
        let line = format!("{{\"time\":1,\"ip\":\"::1\",\"user\":\"a\",\"status\":200{fields}}}");
        let line = trace::parse(line.as_bytes()).ok().unwrap();
        let mut requests = Requests::default();
        let first = requests.endpoint(&engine, &line);
        assert_eq!(requests.endpoint(&engine, &line), first, "it remembers something else");
        first.map(|index| engine.policy().endpoints[index].name.clone())
    }

    #[test]
    fn a_bare_line_is_a_post_to_login_at_any_host() {
        assert_eq!(endpoint_of("").as_deref(), Some("shop"));
        assert_eq!(endpoint_of(",\"host\":\"SHOP.example:443\"").as_deref(), Some("shop"));
        assert_eq!(endpoint_of(",\"host\":\"other.example\""), None);
    }

    #[test]
    fn paths_and_methods_are_recognised_as_live_ones_are() {
        assert_eq!(endpoint_of(",\"path\":\"//x/../LOGIN;a?b\"").as_deref(), Some("shop"));
        assert_eq!(endpoint_of(",\"path\":\"/other\""), None);
        assert_eq!(
            endpoint_of(",\"path\":\"/session\",\"method\":\"PUT\"").as_deref(),
            Some("api")
        );
        let overridden = ",\"path\":\"/session\",\"headers\":{\"X-HTTP-Method-Override\":\"PUT\"}";
        assert_eq!(endpoint_of(overridden).as_deref(), Some("api"));
    }

    #[test]
    fn a_post_that_only_a_body_would_make_a_login_is_at_no_endpoint() {
        assert_eq!(endpoint_of(",\"path\":\"/session\""), None);
    }
}
