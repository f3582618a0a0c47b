//! A second factor on suspicion, at the Django site of `envoy/second-factor`, with passkeys of a
//! virtual authenticator.

use std::net::{Ipv4Addr, SocketAddr};

use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpSocket;
use unstuff_tests::docs::{self, PythonServer};
use unstuff_tests::{Sandbox, policy};

use crate::run_script;

/// The site and Envoy, with the rules of the docs and the preset for Django.
struct PasskeySite {
    sandbox: Sandbox,
    _project: PythonServer,
    _folder: TempDir,
    _port: TcpSocket,
}

async fn start() -> PasskeySite {
    // A passkey belongs to an origin, so the site has to know Envoy's port before Envoy has it. The
    // socket keeps others away from it, and Envoy, which shares ports, can listen.
    let held = TcpSocket::new_v4().expect("a socket");
    held.set_reuseport(true).expect("a shared port");
    held.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).expect("a port");
    let port = held.local_addr().expect("an address").port();
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("db.sqlite3");
    let origin = format!("http://localhost:{port}");
    let environment = [("ORIGIN", &*origin), ("DATABASE", database.to_str().expect("text"))];
    let project = PythonServer::start_file("second-factor/project.py", &environment).await;
    let rules = docs::json("A second factor", "")[0]["rules"].take();
    let policy = policy().with("endpoints", json!([{ "preset": "django" }])).with("rules", rules);
    let builder = Sandbox::builder(policy).behind(project.port).port(port).any_path_and_tool();
    PasskeySite { sandbox: builder.start().await, _project: project, _folder: folder, _port: held }
}

impl PasskeySite {
    async fn tell(&self, story: &str) {
        let url = self.sandbox.url_for_browsers();
        run_script("second_factor.mjs", &[story, &url]).await;
    }

    /// Logins that succeeded, that failed, and that were neither.
    async fn outcomes(&self) -> [u64; 3] {
        let mut counts = [0; 3];
        for (count, name) in counts.iter_mut().zip(["success", "failure", "unknown"]) {
            *count = self.sandbox.metric(&format!("unstuff.outcome.{name}")).await;
        }
        counts
    }
}

#[tokio::test]
async fn a_suspected_login_needs_the_passkey_and_an_ordinary_one_does_not() {
    let site = start().await;
    site.tell("passkey").await;
    assert_eq!(site.outcomes().await, [1, 6, 1], "the half login is neither");
}

#[tokio::test]
async fn a_login_with_a_breached_password_needs_a_code_that_is_good_once() {
    let site = start().await;
    site.tell("code").await;
    assert_eq!(site.outcomes().await, [0, 0, 2]);
}

#[tokio::test]
async fn a_suspected_login_without_a_second_factor_is_told_what_to_do() {
    let site = start().await;
    site.tell("neither").await;
    assert_eq!(site.outcomes().await, [0, 0, 1]);
}
