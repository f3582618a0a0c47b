//! Envoy's admin interface, read only: what is configured, and what is counted.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;
use ureq::Agent;

use crate::{format, tls};

/// The longest answer that is read, in bytes. The configuration of a large mesh has tens of megabytes.
const LONGEST: u64 = 256 << 20;

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The path of the statistics of modules, and of Envoy's about them.
const STATS: &str = "/stats?format=json&filter=wasm";

/// What the names of a module's metrics begin with, in Envoy's own statistics.
const CUSTOM: &str = "wasmcustom.";

/// The admin interface of one Envoy.
pub(crate) struct EnvoyAdmin {
    agent: Agent,
    base: String,
}

impl EnvoyAdmin {
    /// The interface at a URL; `http://` may be left out.
    ///
    /// # Errors
    /// The URL is of another kind.
    pub(crate) fn at(url: &str) -> anyhow::Result<Self> {
        let base = match url.split_once("://") {
            None => format!("http://{url}"),
            Some(("http" | "https", _)) => url.to_owned(),
            Some((scheme, _)) => bail!("{url}: {scheme} is not read; give http:// or https://"),
        };
        let agent = Agent::config_builder()
            .tls_config(tls::of_machine())
            .timeout_global(Some(TIMEOUT))
            .http_status_as_error(false)
            .max_redirects(0)
            .build()
            .new_agent();
        Ok(Self { agent, base: base.trim_end_matches('/').to_owned() })
    }

    /// The URL, as it is used.
    pub(crate) fn url(&self) -> &str {
        &self.base
    }

    /// The answer at a path.
    ///
    /// # Errors
    /// There is none, or it is an error.
    pub(crate) fn text(&self, path: &str) -> anyhow::Result<String> {
        let url = format!("{}{path}", self.base);
        let mut answer = self.agent.get(&url).call().with_context(|| {
            format!(
                "cannot read {url}: is this where the admin interface of Envoy listens (port 9901 in the \
                 examples, 15000 in Istio and 19000 in Envoy Gateway, forwarded)?"
            )
        })?;
        let status = answer.status().as_u16();
        ensure!(
            status == 200,
            "{url} answers with {status}: is that the admin interface of Envoy?"
        );
        let body = answer.body_mut().with_config().limit(LONGEST).read_to_string();
        body.with_context(|| format!("cannot read {url}"))
    }

    /// What modules have counted.
    ///
    /// # Errors
    /// As [`EnvoyAdmin::json`].
    pub(crate) fn stats(&self) -> anyhow::Result<EnvoyStats> {
        Ok(EnvoyStats::of_json(&self.json(STATS)?))
    }

    /// The answer at a path, as JSON.
    ///
    /// # Errors
    /// There is none, it is an error, or it is not JSON.
    pub(crate) fn json(&self, path: &str) -> anyhow::Result<Value> {
        let text = self.text(path)?;
        serde_json::from_str(&text).map_err(|_| {
            anyhow::anyhow!(
                "{}{path} is not JSON: is that the admin interface of Envoy?",
                self.base
            )
        })
    }
}

/// Counters and gauges by name. A name of the module has no prefix, and dots and underscores are the
/// same in it, because Prometheus knows no dots.
#[derive(Clone, Debug, Default)]
pub(crate) struct EnvoyStats(BTreeMap<String, EnvoyStat>);

/// A counter or a gauge.
#[derive(Clone, Debug)]
struct EnvoyStat {
    /// The name as it was given, as long as the one that it is found by.
    name: String,
    value: u64,
}

impl EnvoyStats {
    /// The statistics of `/stats?format=json`.
    pub(crate) fn of_json(stats: &Value) -> Self {
        let all = stats["stats"].as_array().into_iter().flatten();
        let named = all.filter_map(|it| {
            let name = it["name"].as_str()?;
            Some((name.strip_prefix(CUSTOM).unwrap_or(name).to_owned(), it["value"].as_u64()?))
        });
        Self::of_named(named)
    }

    /// The statistics in Prometheus' text format. The labels of ours are parts of the name again.
    pub(crate) fn of_prometheus(text: &str) -> Self {
        Self::of_named(text.lines().filter_map(prometheus_line))
    }

    fn of_named(named: impl Iterator<Item = (String, u64)>) -> Self {
        Self(named.map(|(name, value)| (plain(&name), EnvoyStat { name, value })).collect())
    }

    /// The value of a metric; `None` if there is none.
    pub(crate) fn find(&self, name: &str) -> Option<u64> {
        self.0.get(&plain(name)).map(|stat| stat.value)
    }

    /// The value of a metric; 0 if there is none.
    pub(crate) fn of(&self, name: &str) -> u64 {
        self.find(name).unwrap_or(0)
    }

    /// The metrics whose names begin so, without that beginning.
    pub(crate) fn below(&self, prefix: &str) -> impl Iterator<Item = (&str, u64)> {
        let (prefix, length) = (plain(prefix), prefix.len());
        let named = self.0.iter().filter(move |(name, _)| name.starts_with(&*prefix));
        named.filter_map(move |(_, stat)| Some((stat.name.get(length..)?, stat.value)))
    }
}

/// A line of Prometheus' text format: `unstuff_rule_matched{unstuff_rule="ip-guessing"} 3`.
fn prometheus_line(line: &str) -> Option<(String, u64)> {
    let (name, value) = line.rsplit_once(' ').filter(|_| !line.starts_with('#'))?;
    let (name, labels) = name.split_once('{').unwrap_or((name, ""));
    let mut name = name.to_owned();
    for label in labels.trim_end_matches('}').split(',') {
        if let Some((_, value)) = label.split_once('=').filter(|(it, _)| it.starts_with("unstuff_"))
        {
            name = format!("{name}.{}", value.trim_matches('"'));
        }
    }
    let whole = value.parse().ok().or_else(|| value.parse().ok().map(format::whole))?;
    Some((name, whole))
}

/// A name as Prometheus has it.
fn plain(name: &str) -> String {
    name.replace(['.', '-'], "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_may_lack_its_scheme_and_others_are_refused() {
        assert_eq!(EnvoyAdmin::at("127.0.0.1:9901").unwrap().url(), "http://127.0.0.1:9901");
        assert_eq!(EnvoyAdmin::at("https://a/x/").unwrap().url(), "https://a/x");
        assert!(EnvoyAdmin::at("ftp://a").err().unwrap().to_string().contains("give http://"));
    }

    #[test]
    fn prometheus_text_gives_the_same_names() {
        let stats = EnvoyStats::of_prometheus(
            "# TYPE unstuff_attempts counter\nunstuff_attempts{} 12\n\
             unstuff_rule_matched{unstuff_rule=\"ip-guessing\"} 3\n\
             unstuff_state_bytes{pod=\"a,b\"} 1.5e+3\nnot a metric\n",
        );
        assert_eq!(stats.find("unstuff.attempts"), Some(12));
        assert_eq!(stats.find("unstuff.rule.matched.ip-guessing"), Some(3));
        assert_eq!(stats.find("unstuff.state.bytes"), Some(1500));
    }

    #[test]
    fn metrics_of_the_module_have_no_prefix() {
        let json = serde_json::json!({"stats": [
            {"name": "wasmcustom.unstuff.verdict.block", "value": 3},
            {"name": "wasm.unstuff.vm_reload_success", "value": 1},
            {"name": "a.histogram"}]});
        let stats = EnvoyStats::of_json(&json);
        assert_eq!(stats.find("unstuff.verdict.block"), Some(3));
        assert_eq!(stats.of("wasm.unstuff.vm_reload_success"), 1);
        assert_eq!(stats.find("a.histogram"), None);
        assert_eq!(stats.below("unstuff.verdict.").collect::<Vec<_>>(), [("block", 3)]);
    }
}
