//! One Envoy process: its start, its log, its reconfiguration and its end.
//!
//! The kernel chooses the ports, so that tests run in parallel. Dropping the value ends the
//! process, also while a test panics. In that case the end of Envoy's log is printed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::admin::Admin;
use crate::config::{self, ConfigPatch, LISTENER_FILE, ManagerPatch};
use crate::policy::PolicyBuilder;
use crate::wait::eventually;

/// The pinned version, unless the environment variable `ENVOY` names another.
const PINNED: &str = include_str!("../../setup/envoy.version");

/// How many lines of the log a failed test prints.
const TAIL_LINES: usize = 40;

/// The bootstrap in an Envoy's folder.
pub const BOOTSTRAP_FILE: &str = "envoy.json";

/// The file that Envoy writes to, in an Envoy's folder. It has a folder of its own, because Envoy watches
/// the one of its listener: each line would wake its main thread.
const LOG_FILE: &str = "output/log";

/// Which build of the module Envoy loads.
#[derive(Clone, Debug)]
pub enum ModuleBuild {
    /// The shipped module, with the starter filter.
    Shipped,
    /// The test build that traps on request.
    Trap,
    /// The test build that stores what it counts in another layout, as another version does.
    Other,
    /// A module that a test has [packed](crate::PackedModule).
    At(PathBuf),
}

impl ModuleBuild {
    /// The path of the file; `make` builds the first three.
    pub fn path(&self) -> PathBuf {
        match self {
            Self::Shipped => target().join("unstuff.wasm"),
            Self::Trap => target().join("unstuff-trap.wasm"),
            Self::Other => target().join("unstuff-other.wasm"),
            Self::At(path) => path.clone(),
        }
    }
}

/// The build folder of the repository.
pub fn target() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target")
}

/// The options that an Envoy starts with.
#[derive(Clone, Debug)]
pub struct EnvoyOptions {
    /// The build of the module.
    pub module: ModuleBuild,
    /// Worker threads.
    pub workers: u32,
    /// See [`ConfigPatch::raw_paths`].
    pub raw_paths: bool,
    /// See [`ConfigPatch::unbuffered`].
    pub unbuffered: bool,
    /// See [`ConfigPatch::any_path_and_tool`].
    pub any_path_and_tool: bool,
    /// See [`ConfigPatch::http3`].
    pub http3: bool,
    /// See [`ConfigPatch::manager`].
    pub manager: ManagerPatch,
    /// See [`ConfigPatch::clusters`].
    pub clusters: Vec<(&'static str, Option<u16>)>,
    /// Variables of the process's environment.
    pub environment: Vec<(&'static str, &'static str)>,
    /// Port to listen on; 0 takes a free one.
    pub port: u16,
    /// Port of the application.
    pub app_port: u16,
}

/// A running Envoy.
pub struct Envoy {
    process: Child,
    folder: TempDir,
    options: EnvoyOptions,
    /// Its admin interface.
    pub admin: Admin,
    /// Where clients connect.
    pub port: u16,
}

impl EnvoyOptions {
    /// One worker with the shipped module, before the application on this port.
    pub fn behind(app_port: u16) -> Self {
        Self {
            module: ModuleBuild::Shipped,
            workers: 1,
            raw_paths: false,
            unbuffered: false,
            any_path_and_tool: false,
            http3: false,
            manager: |_| (),
            clusters: Vec::new(),
            environment: Vec::new(),
            port: 0,
            app_port,
        }
    }
}

impl Envoy {
    /// Starts Envoy and waits until it serves.
    ///
    /// # Panics
    /// If Envoy does not start. Its log is printed.
    pub async fn start(options: EnvoyOptions, policy: PolicyBuilder) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let module = options.module.path();
        let patch = patch(&options, &module, folder.path());
        let bootstrap = folder.path().join(BOOTSTRAP_FILE);
        write(&bootstrap, &config::bootstrap(&patch).to_string());
        write(&folder.path().join(LISTENER_FILE), &config::listener(&patch, policy).to_string());
        Self::launch(folder, options).await
    }

    /// Starts Envoy with the bootstrap in this folder, [`BOOTSTRAP_FILE`], and waits until it serves.
    ///
    /// # Panics
    /// If Envoy does not start. Its log is printed.
    pub async fn launch(folder: TempDir, options: EnvoyOptions) -> Self {
        let binary = binary();
        for file in [&options.module.path(), &binary] {
            assert!(file.exists(), "{} is missing; `make build` makes it", file.display());
        }
        let bootstrap = folder.path().join(BOOTSTRAP_FILE);
        let log = folder.path().join(LOG_FILE);
        fs::create_dir_all(log.parent().expect("a folder")).expect("the log's folder");
        let log = File::create(log).expect("a log file");
        let admin_address = folder.path().join("admin");
        let process = Command::new(binary)
            .envs(options.environment.iter().copied())
            .arg("--config-path")
            .arg(&bootstrap)
            .arg("--admin-address-path")
            .arg(&admin_address)
            .args(["--concurrency", &options.workers.to_string()])
            // A test must not share memory with another Envoy.
            .arg("--disable-hot-restart")
            // Connections with a replaced policy are closed after this time.
            .args(["--drain-time-s", "1", "--drain-strategy", "immediate"])
            // A failed test prints the access log too.
            .args(["--file-flush-interval-msec", "50"])
            .args(["--log-level", "warning", "--component-log-level", "wasm:info"])
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("the log file"))
            .stderr(log)
            .spawn()
            .expect("Envoy runs");
        let admin = Admin::pending();
        let mut envoy = Self { process, folder, options, admin, port: 0 };
        envoy.wait_until_serving(&admin_address).await;
        envoy
    }

    async fn wait_until_serving(&mut self, admin_address: &Path) {
        let mut exited = None;
        eventually("Envoy writes its admin address", || {
            exited = self.process.try_wait().expect("its state");
            let named = fs::read_to_string(admin_address).is_ok_and(|text| text.contains(':'));
            std::future::ready(named || exited.is_some())
        })
        .await;
        // The panic drops `self`, which prints the log.
        assert!(exited.is_none(), "Envoy ended at once: {exited:?}");
        let address = fs::read_to_string(admin_address).expect("an address");
        self.admin = Admin::at(address.trim().parse().expect("an address"));
        eventually("Envoy is ready", || self.admin.is_ready()).await;
        self.port = self.admin.listener_port().await.unwrap_or_else(|| {
            panic!("Envoy did not accept its first listener");
        });
    }

    /// Replaces the policy while Envoy serves. Returns when Envoy uses or rejects the new one.
    ///
    /// # Errors
    /// The lines that Envoy and the module logged, if Envoy rejects the policy.
    pub async fn reconfigure(&mut self, policy: PolicyBuilder) -> Result<(), String> {
        let logged = self.log().len();
        let accepted = self.admin.stat("listener_manager.lds.update_success").await;
        let rejected = self.admin.stat("listener_manager.lds.update_rejected").await;
        let module = self.options.module.path();
        let patch = patch(&self.options, &module, self.folder.path());
        self.replace_file(LISTENER_FILE, &config::listener(&patch, policy));

        let admin = &self.admin;
        eventually("Envoy accepts or rejects the new policy", || async {
            admin.stat("listener_manager.lds.update_success").await > accepted
                || admin.stat("listener_manager.lds.update_rejected").await > rejected
        })
        .await;
        if admin.stat("listener_manager.lds.update_rejected").await > rejected {
            return Err(self.log().get(logged..).unwrap_or_default().to_owned());
        }
        // Every worker uses the new policy once the old filter chains are drained.
        eventually("the old policy is drained", || async {
            admin.stat("listener_manager.total_filter_chains_draining").await == 0
                && admin.stat("listener_manager.total_listeners_draining").await == 0
                && admin.stat("listener_manager.total_listeners_warming").await == 0
        })
        .await;
        self.port = self.admin.listener_port().await.expect("a listener");
        Ok(())
    }

    /// Loads another build of the module with the next policy.
    pub fn use_module(&mut self, module: ModuleBuild) {
        self.options.module = module;
    }

    /// Returns when the process has ended.
    pub async fn wait_until_ended(&mut self) {
        let process = &mut self.process;
        eventually("Envoy ends", || {
            let ended = process.try_wait().is_ok_and(|status| status.is_some());
            std::future::ready(ended)
        })
        .await;
    }

    /// Worker threads.
    pub fn workers(&self) -> u32 {
        self.options.workers
    }

    /// The identifier of the process.
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Replaces a file that Envoy watches. It arrives by a rename, so that Envoy never reads half.
    pub fn replace_file(&self, name: &str, content: &Value) {
        let next = self.folder.path().join("next.json");
        write(&next, &content.to_string());
        fs::rename(&next, self.folder.path().join(name)).expect("a rename");
    }

    /// Everything that Envoy and the module have logged so far, and the access log.
    pub fn log(&self) -> String {
        let bytes = fs::read(self.folder.path().join(LOG_FILE)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The last lines of [`Envoy::log`].
    pub fn tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        let tail = lines.len().saturating_sub(TAIL_LINES);
        lines[tail..].join("\n")
    }

    /// Resident memory of the process, in bytes.
    pub fn resident_bytes(&self) -> u64 {
        resident_bytes(self.process.id()).expect("a Linux process that runs")
    }
}

impl Drop for Envoy {
    fn drop(&mut self) {
        // Both fail only if Envoy has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
        if std::thread::panicking() {
            eprintln!("the last {TAIL_LINES} lines of Envoy's log:\n{}", self.tail());
        }
    }
}

/// Resident memory of a process in bytes, if it runs.
pub fn resident_bytes(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}

/// The version of Envoy that the tests run.
pub fn version() -> String {
    std::env::var("ENVOY").unwrap_or_else(|_| PINNED.trim().to_owned())
}

fn binary() -> PathBuf {
    target().join("envoy").join(version()).join("envoy")
}

fn patch<'a>(options: &'a EnvoyOptions, module: &'a Path, folder: &'a Path) -> ConfigPatch<'a> {
    let EnvoyOptions { port, app_port, raw_paths, unbuffered, .. } = *options;
    let EnvoyOptions { any_path_and_tool, http3, manager, .. } = *options;
    ConfigPatch {
        module,
        folder,
        port,
        app_port,
        raw_paths,
        unbuffered,
        any_path_and_tool,
        http3,
        clusters: &options.clusters,
        manager,
    }
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
