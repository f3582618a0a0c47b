//! The applications: how they start, and what they say they read.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::http::{self, KeptConnection};
use crate::judge::PASSWORD;
use crate::login_request::LoginRequest;

/// Where a program's runtime and libraries come from.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RuntimeLanguage {
    /// Nothing beyond what the project needs anyway.
    AtHand,
    /// npm.
    Node,
    /// PyPI.
    Python,
    /// Debian.
    Debian,
}

/// A row of `applications.json`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ApplicationPlan {
    pub(crate) name: String,
    pub(crate) language: RuntimeLanguage,
    command: Vec<String>,
    folder: String,
}

/// A program that runs.
pub(crate) struct RunningApplication {
    pub(crate) plan: ApplicationPlan,
    child: Child,
    connection: KeptConnection,
    /// Requests that it did not answer.
    pub(crate) unanswered: usize,
}

/// One source of credentials, as an application reads it.
#[derive(Debug, Deserialize)]
struct ApplicationReading {
    from: String,
    at: String,
    user: Option<String>,
    password: Option<String>,
    grant: Option<String>,
}

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository").to_owned()
}

/// Starts the applications that `wanted` names. What is not installed is said and left out.
pub(crate) fn start(wanted: impl Fn(&ApplicationPlan) -> bool) -> Vec<RunningApplication> {
    let table = include_str!("applications.json");
    let plans: Vec<ApplicationPlan> = serde_json::from_str(table).expect("a table");
    let wanted = plans.into_iter().filter(|plan| wanted(plan));
    let starting: Vec<_> = wanted.filter_map(launch).collect();
    starting.into_iter().filter_map(RunningApplication::ready).collect()
}

/// Starts a program, if its runtime is there.
fn launch(plan: ApplicationPlan) -> Option<(ApplicationPlan, Child, u16)> {
    let home = root().join("target/differential");
    let port = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port");
    let port = port.port();
    let fill = |text: &String| {
        text.replace("{home}", &home.to_string_lossy()).replace("{port}", &port.to_string())
    };
    let arguments: Vec<String> = plan.command.iter().map(fill).collect();
    let log = home.join("log");
    std::fs::create_dir_all(&log).expect("a folder");
    let log = std::fs::File::create(log.join(&plan.name)).expect("a log");
    let mut command = Command::new(&arguments[0]);
    command.args(&arguments[1..]).current_dir(root().join("tests/differential").join(&plan.folder));
    command.env("PORT", port.to_string()).env("NODE_PATH", home.join("npm/node_modules"));
    command.env("SCRATCH", std::env::temp_dir()).env("PYTHONDONTWRITEBYTECODE", "1");
    command.stdin(Stdio::null()).stderr(log.try_clone().expect("a log")).stdout(log);
    match command.spawn() {
        Ok(child) => Some((plan, child, port)),
        Err(error) => {
            println!("skipped {}: {}: {error}", plan.name, arguments[0]);
            None
        }
    }
}

impl RunningApplication {
    /// Waits until a program reads an ordinary login.
    #[expect(clippy::disallowed_methods, reason = "a wait with a bound, outside of any runtime")]
    fn ready((plan, child, port): (ApplicationPlan, Child, u16)) -> Option<Self> {
        let mut it = Self { plan, child, connection: KeptConnection::to(port), unanswered: 0 };
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(60) {
            if it.child.try_wait().ok().flatten().is_some() {
                break;
            }
            if http::connect(port).is_ok() && it.reads_logins() {
                it.unanswered = 0;
                return Some(it);
            }
            thread::sleep(Duration::from_millis(50));
        }
        println!("skipped {}: see target/differential/log/{}", it.plan.name, it.plan.name);
        None
    }

    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    fn reads_logins(&mut self) -> bool {
        let form = LoginRequest {
            body: b"user=alice&password=123456".to_vec(),
            ..LoginRequest::post("web")
        };
        let form = form.header("content-type", "application/x-www-form-urlencoded");
        self.reads(&form).is_some()
    }

    /// From where the application takes alice's password, if it does.
    pub(crate) fn reads(&mut self, request: &LoginRequest) -> Option<String> {
        let answer = match self.connection.exchange(&request.wire()) {
            Ok(answer) => answer,
            Err(error) => {
                self.unanswered += 1;
                if std::env::var("TRACE").is_ok() {
                    println!("{} {error} {}", self.plan.name, request.to_json());
                }
                return None;
            }
        };
        if answer.status != 200 {
            return None;
        }
        let readings: Vec<ApplicationReading> = serde_json::from_slice(&answer.body).ok()?;
        let taken = readings.into_iter().filter(|it| it.is_alice(&request.endpoint));
        let from: BTreeSet<String> = taken.map(|it| it.from).collect();
        (!from.is_empty()).then(|| from.into_iter().collect::<Vec<_>>().join(", "))
    }
}

impl Drop for RunningApplication {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl ApplicationReading {
    /// Whether it is alice's password, or a password without a name, where the endpoint looks. In
    /// cookies, and in what is merged with them, a password without a name is a page's setting.
    fn is_alice(&self, endpoint: &str) -> bool {
        let is_at = match endpoint {
            "nested" | "basic" => self.at == endpoint,
            "webbasic" => self.at != "nested",
            "oauth" => self.at == "web" && self.grant.as_deref() == Some("password"),
            "query" => {
                self.at == "web"
                    && (self.from.contains("query")
                        || ["params", "arguments", "values"].contains(&self.from.as_str()))
            }
            _ => self.at == "web",
        };
        let alice = |user: &String| user.trim().eq_ignore_ascii_case("alice");
        let has_cookies = ["request", "cookies"].contains(&self.from.as_str());
        let is_hers = self.user.as_ref().map_or(!has_cookies, alice);
        is_at && self.password.as_deref() == Some(PASSWORD) && is_hers
    }
}
