//! A Prometheus that scrapes one Envoy each second. Dropping the value ends the process.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use unstuff_tests::envoy::target;
use unstuff_tests::process::free_port;
use unstuff_tests::{Request, client, eventually};

/// The path of `prometheus` or `promtool`.
pub(crate) fn program(name: &str) -> PathBuf {
    let path = target().join("prometheus/usr/bin").join(name);
    assert!(path.exists(), "{} is missing; `setup/prometheus` fetches it", path.display());
    path
}

/// A running Prometheus.
pub(crate) struct Prometheus {
    process: Child,
    folder: TempDir,
    address: SocketAddr,
}

impl Prometheus {
    /// Starts one with the alert rules, and waits until it has scraped Envoy's admin interface.
    pub(crate) async fn scrape(envoy: SocketAddr) -> Self {
        Self::scrape_with(envoy, "[]").await
    }

    /// The same with this list of `metric_relabel_configs`, as YAML.
    pub(crate) async fn scrape_with(envoy: SocketAddr, relabel: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let rules = target().join("../envoy/prometheus/unstuff.rules.yml");
        let rules = rules.canonicalize().expect("the rules");
        let configuration = format!(
            "global: {{ scrape_interval: 1s, evaluation_interval: 1s }}\n\
             rule_files: ['{}']\n\
             scrape_configs:\n\
             - job_name: envoy\n  metrics_path: /stats/prometheus\n  \
             static_configs: [{{ targets: ['{envoy}'] }}]\n  \
             metric_relabel_configs:\n{}",
            rules.display(),
            indented(relabel)
        );
        let file = folder.path().join("prometheus.yml");
        fs::write(&file, configuration).expect("a file");
        let log = File::create(folder.path().join("log")).expect("a log");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let process = Command::new(program("prometheus"))
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("the log"))
            .stderr(log)
            .spawn()
            .expect("Prometheus runs");
        let prometheus = Self { process, folder, address };
        eventually("Prometheus scrapes Envoy", || async {
            let answer = prometheus.ask("up == 1").await;
            answer
                .is_some_and(|it| it["data"]["result"].as_array().is_some_and(|it| !it.is_empty()))
        })
        .await;
        prometheus
    }

    /// The answer to a query.
    pub(crate) async fn query(&self, query: &str) -> Value {
        self.ask(query).await.expect("Prometheus answers")
    }

    /// How many series the answer to a query has.
    pub(crate) async fn count(&self, query: &str) -> usize {
        let answer = self.query(query).await;
        assert_eq!(answer["status"], "success", "{query}: {answer}");
        answer["data"]["result"].as_array().map_or(0, Vec::len)
    }

    async fn ask(&self, query: &str) -> Option<Value> {
        let encoded: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let request = Request::get(&format!("/api/v1/query?query={encoded}"));
        let response = client::send_alone(self.address, request).await?;
        serde_json::from_slice(&response.body).ok()
    }
}

/// YAML below a key of a job.
fn indented(yaml: &str) -> String {
    yaml.lines().map(|line| format!("    {line}\n")).collect()
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
        if std::thread::panicking() {
            let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            eprintln!("the log of Prometheus:\n{log}");
        }
    }
}
