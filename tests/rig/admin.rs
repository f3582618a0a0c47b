//! Envoy's admin interface: readiness, statistics and the listener's port.

use std::net::{Ipv4Addr, SocketAddr};

use serde_json::Value;

use crate::client;
use crate::request::Request;

/// The prefix of a module's metrics in Envoy's statistics.
const MODULE_PREFIX: &str = "wasmcustom.";

/// The type of a plugin's configuration.
const PLUGIN_TYPE: &str = "envoy.extensions.filters.http.wasm.v3.Wasm\"";

/// A client of one Envoy's admin interface.
#[derive(Clone, Copy, Debug)]
pub struct Admin(SocketAddr);

impl Admin {
    /// A client of the admin interface at this address.
    pub fn at(address: SocketAddr) -> Self {
        Self(address)
    }

    /// A placeholder until Envoy has chosen its admin address; nothing answers there.
    pub fn pending() -> Self {
        Self(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.0
    }

    /// Whether Envoy reports that it is ready.
    pub async fn is_ready(&self) -> bool {
        self.get("/ready").await.is_some_and(|(status, _)| status == 200)
    }

    /// The port of the first listener, if Envoy has accepted one.
    pub async fn listener_port(&self) -> Option<u16> {
        let listeners = self.json("/listeners?format=json").await;
        let address = &listeners["listener_statuses"][0]["local_address"]["socket_address"];
        u16::try_from(address["port_value"].as_u64()?).ok()
    }

    /// The port of the listener with this name, if Envoy has accepted it.
    pub async fn port_of(&self, name: &str) -> Option<u16> {
        let listeners = self.json("/listeners?format=json").await;
        let listeners = listeners["listener_statuses"].as_array()?;
        let listener = listeners.iter().find(|listener| listener["name"] == name)?;
        let port = &listener["local_address"]["socket_address"]["port_value"];
        u16::try_from(port.as_u64()?).ok()
    }

    /// How many plugins Envoy has in all its filter chains.
    pub async fn plugins(&self) -> u64 {
        let configuration = self.json("/config_dump").await.to_string();
        let plugins = configuration.matches(PLUGIN_TYPE).count();
        assert!(plugins > 0, "Envoy has no plugin");
        plugins as u64
    }

    /// How many requests Envoy has completed, not counting those to its admin interface.
    pub async fn completed_requests(&self) -> u64 {
        let stats = self.json("/stats?format=json&filter=^http.*downstream_rq_completed$").await;
        let stats = stats["stats"].as_array().cloned().unwrap_or_default();
        let served = stats.iter().filter(|it| it["name"] != "http.admin.downstream_rq_completed");
        served.filter_map(|stat| stat["value"].as_u64()).sum()
    }

    /// The value of one of Envoy's own counters or gauges; 0 if it does not exist.
    pub async fn stat(&self, name: &str) -> u64 {
        let stats = self.json(&format!("/stats?format=json&filter=^{name}$")).await;
        stats["stats"][0]["value"].as_u64().unwrap_or(0)
    }

    /// The value of one of the module's counters or gauges, such as `unstuff.attempts`.
    pub async fn metric(&self, name: &str) -> u64 {
        self.stat(&format!("{MODULE_PREFIX}{name}")).await
    }

    /// All of the module's metrics, by the module's own names.
    pub async fn metrics(&self) -> Vec<(String, u64)> {
        let stats = self.json(&format!("/stats?format=json&filter=^{MODULE_PREFIX}")).await;
        let stats = stats["stats"].as_array().cloned().unwrap_or_default();
        let named = stats.iter().filter_map(|stat| {
            let name = stat["name"].as_str()?.strip_prefix(MODULE_PREFIX)?;
            Some((name.to_owned(), stat["value"].as_u64()?))
        });
        named.collect()
    }

    /// What Prometheus scrapes.
    pub async fn prometheus(&self) -> String {
        let (_, body) =
            self.get("/stats/prometheus").await.expect("Envoy's admin interface answers");
        String::from_utf8(body).expect("text")
    }

    /// Asks for an action, such as `/drain_listeners`. Returns whether Envoy says that it is done.
    pub async fn post(&self, path: &str) -> bool {
        let response = client::send_alone(self.0, Request::post(path)).await;
        response.is_some_and(|response| response.status == 200)
    }

    async fn json(&self, path: &str) -> Value {
        let (_, body) = self.get(path).await.expect("Envoy's admin interface answers");
        serde_json::from_slice(&body).expect("JSON from Envoy's admin interface")
    }

    async fn get(&self, path: &str) -> Option<(u16, Vec<u8>)> {
        let response = client::send_alone(self.0, Request::get(path)).await?;
        Some((response.status, response.body))
    }
}
