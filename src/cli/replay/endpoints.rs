//! The endpoint of a trace line, cached.
//!
//! The engine finds the endpoint from the request's headers and canonicalises every path. A trace
//! has few distinct requests, so each result is kept. The cache's key has all headers but those
//! that no server routes by.

use std::collections::HashMap;

use unstuff_engine::attempt::Engine;
use unstuff_engine::policy::{EndpointId, Policy};
use unstuff_engine::request::headers::{Header, Headers};
use unstuff_engine::state::stores::memory::MemoryStore;
use unstuff_engine::state::{StateSize, Table};
use unstuff_trace::TraceLine;

/// Headers that differ between clients and not between endpoints.
const NEVER_ROUTED_BY: [&str; 6] =
    ["user-agent", "accept-language", "accept", "accept-encoding", "cookie", "x-ja4"];

/// The most results in the cache; then it is emptied. A trace of attacks on random paths must not
/// fill the memory.
const CAPACITY: usize = 4096;

/// The endpoints of requests that were seen before.
#[derive(Default)]
pub(super) struct EndpointCache {
    known: HashMap<Vec<u8>, Option<EndpointId>>,
    key: Vec<u8>,
}

impl EndpointCache {
    /// The endpoint of a line, as an index into the policy's endpoints; none if it is at none.
    pub(super) fn endpoint(&mut self, engine: &Engine, line: &TraceLine) -> Option<EndpointId> {
        self.key.clear();
        for (name, value) in parts(line) {
            // No text contains this byte, so ("ab", "c") differs from ("a", "bc").
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
        if self.known.len() >= CAPACITY {
            self.known.clear();
        }
        self.known.insert(self.key.clone(), endpoint);
        endpoint
    }
}

/// Tells which lines are at an endpoint of a policy.
pub(crate) struct LoginFilter {
    engine: Engine,
    cache: EndpointCache,
}

impl LoginFilter {
    /// The filter of a policy.
    ///
    /// # Errors
    /// Never in practice: the store is memory.
    pub(crate) fn new(policy: Policy) -> anyhow::Result<Self> {
        let table = Table::open(&MemoryStore::new(), StateSize::MIN, [0; 16])?;
        Ok(Self { engine: Engine::new(policy, table), cache: EndpointCache::default() })
    }

    /// Whether a line is at an endpoint.
    pub(crate) fn is_login(&mut self, line: &TraceLine) -> bool {
        self.cache.endpoint(&self.engine, line).is_some()
    }
}

/// The headers that an endpoint may match on.
fn parts(line: &TraceLine) -> impl Iterator<Item = (&str, &str)> {
    let method = (":method", line.method.as_deref().unwrap_or(TraceLine::METHOD));
    let path = (":path", line.path.as_deref().unwrap_or(TraceLine::PATH));
    // Without a host a request may be at each endpoint.
    let host = line.host.as_deref().map(|host| (":authority", host));
    let others = line.headers.iter().flatten().map(|(name, value)| (name.as_ref(), value.as_ref()));
    let routed_by = |(name, _): &(&str, &str)| {
        !NEVER_ROUTED_BY.iter().any(|never| name.eq_ignore_ascii_case(never))
    };
    [method, path].into_iter().chain(host).chain(others.filter(routed_by))
}

#[cfg(test)]
mod tests {
    use unstuff_engine::config;

    use super::*;

    fn endpoint_of(fields: &str) -> Option<String> {
        let policy = config::parse(
            br#"{"endpoints": [
                {"name": "shop", "match": {"hosts": ["shop.example"], "path": "/login"}},
                {"name": "api", "match": {"methods": ["PUT"], "path": "/session"}}]}"#,
        );
        let table = Table::open(&MemoryStore::new(), StateSize::MIN, [0; 16]).unwrap();
        let engine = Engine::new(policy.unwrap().policy, table);
        let line = format!("{{\"time\":1,\"ip\":\"::1\",\"user\":\"a\",\"status\":200{fields}}}");
        let line = unstuff_trace::parse(line.as_bytes()).ok().unwrap();
        let mut cache = EndpointCache::default();
        let first = cache.endpoint(&engine, &line);
        assert_eq!(cache.endpoint(&engine, &line), first, "the cache differs from the engine");
        first.and_then(|id| Some(engine.policy().endpoint(id)?.name.clone()))
    }

    #[test]
    fn line_without_a_request_is_a_post_to_login_at_any_host() {
        assert_eq!(endpoint_of("").as_deref(), Some("shop"));
        assert_eq!(endpoint_of(",\"host\":\"SHOP.example:443\"").as_deref(), Some("shop"));
        assert_eq!(endpoint_of(",\"host\":\"other.example\""), None);
    }

    #[test]
    fn paths_and_methods_match_as_in_live_traffic() {
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
    fn post_that_overrides_its_method_in_the_body_is_at_no_endpoint() {
        assert_eq!(endpoint_of(",\"path\":\"/session\""), None);
    }
}
