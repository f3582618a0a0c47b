//! Limitador behind Envoy's rate limit protocol, as a process, and the Redis that several count in.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::envoy::target;
use crate::policy::PolicyBuilder;
use crate::process::{ServerProcess, free_port};

/// `tests/limiter` with the limits of a policy.
pub struct Limitador {
    /// The process.
    pub server: ServerProcess,
    _folder: TempDir,
}

impl Limitador {
    /// Starts one that counts in its memory, with the limits that the tool prints for this policy.
    pub async fn start(policy: PolicyBuilder) -> Self {
        Self::launch(policy, None).await
    }

    /// Starts one that counts in Redis.
    pub async fn on(redis: &Redis, policy: PolicyBuilder) -> Self {
        Self::launch(policy, Some(redis.server.port)).await
    }

    async fn launch(policy: PolicyBuilder, redis: Option<u16>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (limits, port) = (folder.path().join("limits.yaml"), free_port());
        fs::write(&limits, printed_limits(policy)).expect("a file");
        let program = target().join("limiter/debug/limiter");
        assert!(program.exists(), "{} is missing; `make limiter` makes it", program.display());
        let mut command = Command::new(program);
        command.arg(limits).arg(format!("127.0.0.1:{port}"));
        command.args(redis.map(|port| port.to_string()));
        Self { server: ServerProcess::start(command, port).await, _folder: folder }
    }
}

/// What `unstuff fleet limits` prints.
fn printed_limits(policy: PolicyBuilder) -> Vec<u8> {
    let mut tool = Command::new(target().join("release/unstuff"))
        .args(["fleet", "limits", "-", "--format", "limitador"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the tool, which `make build` makes");
    let mut input = tool.stdin.take().expect("standard input");
    input.write_all(String::from(policy).as_bytes()).expect("the tool reads");
    drop(input);
    let output = tool.wait_with_output().expect("the tool ends");
    assert!(output.status.success(), "no limits: {}", output.status);
    output.stdout
}

/// A Redis that keeps nothing when it ends.
pub struct Redis {
    /// The process.
    pub server: ServerProcess,
    _folder: TempDir,
}

impl Redis {
    /// Starts an empty one.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = free_port();
        let mut command = Command::new(program("redis-server"));
        command.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", ""]);
        command.args(["--appendonly", "no", "--dir"]).arg(folder.path());
        Self { server: ServerProcess::start(command, port).await, _folder: folder }
    }

    /// All failures that are counted in it, under the rule of [`fleet_policy`](crate::fleet::fleet_policy).
    pub fn hits(&self) -> u64 {
        let sum = "local sum = 0 for _, key in ipairs(redis.call('KEYS', 'ip-failures:*')) do \
                   sum = sum + redis.call('GET', key) end return sum";
        let port = self.server.port.to_string();
        let output = Command::new(program("redis-cli"))
            .args(["-p", &port, "--raw", "EVAL", sum, "0"])
            .output()
            .expect("redis-cli, which `setup/redis` brings");
        let said = String::from_utf8_lossy(&output.stdout);
        said.trim().parse().unwrap_or_else(|_| panic!("redis-cli says {said:?}"))
    }
}

fn program(name: &str) -> PathBuf {
    let program = target().join("redis").join(name);
    assert!(program.exists(), "{} is missing; `setup/redis` brings it", program.display());
    program
}
