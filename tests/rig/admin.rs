//! Envoy's admin interface: statistics and where it listens.

use std::net::{Ipv4Addr, SocketAddr};

use serde_json::Value;

use crate::client;
use crate::request::Request;

/// The prefix under which Envoy shows what a module counts.
const MODULE_PREFIX: &str = "wasmcustom.";

/// A reader of one Envoy's admin interface.
#[derive(Clone, Copy, Debug)]
pub struct Admin(SocketAddr);

impl Admin {
    /// At an address that Envoy has named.
    pub fn at(address: SocketAddr) -> Self {
        Self(address)
    }

    /// Of an Envoy that has not named its address yet; nothing answers there.
    pub fn pending() -> Self {
        Self(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
    }

    /// Whether Envoy says that it serves.
    pub async fn is_ready(&self) -> bool {
        self.get("/ready").await.is_some_and(|(status, _)| status == 200)
    }

    /// The port of the first listener, if Envoy has accepted one.
    pub async fn listener_port(&self) -> Option<u16> {
        let listeners = self.json("/listeners?format=json").await;
        let address = &listeners["listener_statuses"][0]["local_address"]["socket_address"];
        u16::try_from(address["port_value"].as_u64()?).ok()
    }

    /// One of Envoy's own counters or gauges; 0 if there is none of that name.
    pub async fn stat(&self, name: &str) -> u64 {
        let stats = self.json(&format!("/stats?format=json&filter=^{name}$")).await;
        stats["stats"][0]["value"].as_u64().unwrap_or(0)
    }

    /// A counter or gauge of the module, named as the module names it (`unstuff.attempts`).
    pub async fn metric(&self, name: &str) -> u64 {
        self.stat(&format!("{MODULE_PREFIX}{name}")).await
    }

    /// All of the module's metrics, as they are named in the module.
    pub async fn metrics(&self) -> Vec<(String, u64)> {
        let stats = self.json(&format!("/stats?format=json&filter=^{MODULE_PREFIX}")).await;
        let stats = stats["stats"].as_array().cloned().unwrap_or_default();
        let named = stats.iter().filter_map(|stat| {
            let name = stat["name"].as_str()?.strip_prefix(MODULE_PREFIX)?;
            Some((name.to_owned(), stat["value"].as_u64()?))
        });
        named.collect()
    }

    async fn json(&self, path: &str) -> Value {
        let (_, body) = self.get(path).await.expect("Envoy's admin interface answers");
        serde_json::from_slice(&body).expect("JSON from Envoy's admin interface")
    }

    async fn get(&self, path: &str) -> Option<(u16, Vec<u8>)> {
        let mut connection = client::connect(self.0).await.ok()?;
        let response = connection.try_send(Request::get(path)).await.ok()?;
        Some((response.status, response.body))
    }
}
