//! The attacks: tools of Debian, and a loop that puts many attempts into one request.
//!
//! Each tool tries sixty passwords of alice, of which the last is the right one. hydra gets
//! the most usual passwords, which are breached, and patator passwords that nobody uses. What they
//! are told is `arguments` of the attack; `{name}` stands for what is known ([`Browsing::fill`]).

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use unstuff_tests::{Request, client, envoy};

use crate::exchange::Browsing;
use crate::manifest::{AppManifest, AttackSpec, ToolName};
use crate::record::known;
use crate::server::{AppServer, RIGHT};

/// How many passwords a tool tries.
pub(crate) const TRIES: usize = 60;

/// How many attempts a request of [`ToolName::Many`] holds.
const IN_ONE: usize = 30;

/// How long a tool may take.
const BOUND_S: &str = "240";

/// How long the application's log may lag behind.
const LOG_LAG: Duration = Duration::from_millis(500);

/// What came of an attack.
#[derive(Clone, Copy)]
pub(crate) struct AttackResult {
    /// The attempts that the tool says it has made.
    pub sent: usize,
    /// The attempts that the application's own log tells of.
    pub reached: usize,
    /// Whether the application let the tool in, as its log says.
    pub got_in: bool,
}

/// Attacks the application through `address`.
///
/// # Errors
/// What the tool printed, if it made no attempt.
pub(crate) async fn attack(
    manifest: &AppManifest,
    server: &AppServer,
    spec: &AttackSpec,
    address: SocketAddr,
) -> Result<AttackResult, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut browsing = Browsing::new(address, known(server));
    for step in &spec.before {
        browsing.take(step).await;
    }
    let (before, successes_before) = server.attempts();
    let guesses = guesses(spec.tool);
    let passwords = folder.path().join("passwords");
    fs::write(&passwords, guesses.join("\n") + "\n").expect("a file");
    let facts = [
        ("port", address.port().to_string()),
        ("passwords", passwords.to_string_lossy().into_owned()),
        ("user", manifest.person.types.clone()),
        ("cookie", browsing.cookie_header()),
    ];
    browsing.known.extend(facts.map(|(name, value)| (name.to_owned(), value)));
    let arguments: Vec<String> =
        spec.arguments.iter().map(|argument| browsing.fill(argument, false)).collect();
    let (sent, printed) = match spec.tool {
        ToolName::Hydra => hydra(&browsing, &arguments, folder.path()).await,
        ToolName::Patator => patator(&browsing, &arguments, folder.path()).await,
        ToolName::Many => (many(&arguments, &guesses, address).await, String::new()),
    };
    tokio::time::sleep(LOG_LAG).await;
    let (after, successes_after) = server.attempts();
    if sent == 0 {
        return Err(format!("{:?} made no attempt:\n{printed}", spec.tool));
    }
    let got_in = successes_after > successes_before;
    Ok(AttackResult { sent, reached: after - before, got_in })
}

/// The passwords that a tool tries; the last one is right. With many in a request, it is the first of
/// the second request: WordPress and GraphQL look at no other of a request once one has failed.
fn guesses(tool: ToolName) -> Vec<String> {
    const USUAL: &str = include_str!("../../filters/starter.txt");
    let mut guesses: Vec<String> = match tool {
        ToolName::Hydra => USUAL.lines().take(TRIES - 1).map(str::to_owned).collect(),
        _ => (1..TRIES).map(|n| format!("guess-{n}-at-nothing")).collect(),
    };
    let at = if tool == ToolName::Many { IN_ONE } else { guesses.len() };
    guesses.insert(at, RIGHT.to_owned());
    guesses
}

/// hydra with one argument, `PATH:BODY:CONDITION[:OPTION]`.
async fn hydra(browsing: &Browsing, arguments: &[String], folder: &Path) -> (usize, String) {
    let common = "-l {user} -P {passwords} -s {port} -t 4 -I -V 127.0.0.1 http-post-form";
    let common = browsing.fill(common, false);
    let mut command = Command::new("timeout");
    command.args([BOUND_S, "hydra"]).args(common.split(' ')).args(arguments);
    let printed = run(command, folder).await;
    (printed.matches("[ATTEMPT]").count(), printed)
}

/// patator's `http_fuzz` with these options; `FILE0` in them is the password. One thread: with
/// more, a thread is refused at its guesses while those of others are pending, and which guess is
/// let through next, maybe the right one, is chance.
async fn patator(browsing: &Browsing, arguments: &[String], folder: &Path) -> (usize, String) {
    let script = envoy::target().join("applications/debian/usr/bin/patator");
    let mut command = Command::new("timeout");
    command.args([BOUND_S, "/usr/bin/python3"]).arg(script).arg("http_fuzz").args(arguments);
    command.arg(browsing.fill("0={passwords}", false)).args(["-t", "1", "--max-retries", "0"]);
    // Debian's pycurl refuses the empty one that patator has by default.
    command.arg("resolve=unstuff.test:127.0.0.1");
    let printed = run(command, folder).await;
    // `Hits/Done/Skip/Fail/Size: 1/100/0/0/100, Avg: …`
    let counts = printed.split("Size: ").last().unwrap_or_default();
    let done = counts.split('/').nth(1).and_then(|done| done.parse().ok());
    (done.unwrap_or(0), printed)
}

async fn run(mut command: Command, folder: &Path) -> String {
    // patator is for Debian's Python, and hydra leaves a file where it runs.
    command.env_remove("PYTHONPATH").current_dir(folder).stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("it ends");
    let output = output.expect("the tool runs");
    let printed = [output.stdout, output.stderr].concat();
    String::from_utf8_lossy(&printed).into_owned()
}

/// Requests that hold thirty attempts each, told by the target, the content type, and the four
/// pieces of a body: its head, one attempt with `{guess}` and `{n}`, what stands between two
/// attempts, and its tail.
async fn many(arguments: &[String], guesses: &[String], address: SocketAddr) -> usize {
    let [target, kind, head, each, between, tail] = arguments else {
        panic!("`many` has six arguments")
    };
    for chunk in guesses.chunks(IN_ONE) {
        let attempts = chunk.iter().enumerate();
        let attempts = attempts
            .map(|(n, guess)| each.replace("{guess}", guess).replace("{n}", &n.to_string()));
        let body = format!("{head}{}{tail}", attempts.collect::<Vec<_>>().join(between));
        let request = Request::post(target).content(kind, body);
        let mut connection = client::connect(address).await.expect("it listens");
        // A refused connection is an attempt that did not reach the application.
        drop(connection.try_send(request).await);
    }
    guesses.len()
}
