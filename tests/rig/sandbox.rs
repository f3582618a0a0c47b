//! An application behind an Envoy with the module, and clients of it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::app_response::AppResponse;
use crate::application::{Application, Behaviour, ReceivedRequest};
use crate::client::{self, ClientResponse, Connection, OpenRequest};
use crate::config::ManagerPatch;
use crate::envoy::{Envoy, EnvoyOptions, ModuleBuild, version};
use crate::http3::{self, Http3Connection};
use crate::policy::PolicyBuilder;
use crate::raw::RawConnection;
use crate::request::Request;
use crate::transcript;
use crate::wait::eventually;

/// Counts the times that each worker has handed over what it counted.
const TICKS: &str = "unstuff.ticks";

/// The options of a [`Sandbox`].
pub struct SandboxBuilder {
    policy: PolicyBuilder,
    options: EnvoyOptions,
    behaviour: Behaviour,
}

impl SandboxBuilder {
    fn new(policy: PolicyBuilder) -> Self {
        let options = EnvoyOptions::behind(0);
        Self { policy, options, behaviour: Behaviour::default() }
    }

    /// Sets the number of worker threads. Each has a VM of its own.
    pub fn workers(mut self, workers: u32) -> Self {
        self.options.workers = workers;
        self
    }

    /// Loads another build of the module.
    pub fn module(mut self, module: ModuleBuild) -> Self {
        self.options.module = module;
        self
    }

    /// Switches Envoy's path normalisation off, so that the module sees every spelling.
    pub fn raw_paths(mut self) -> Self {
        self.options.raw_paths = true;
        self
    }

    /// Removes the buffer filter, so that headers reach the application before the verdict.
    pub fn unbuffered(mut self) -> Self {
        self.options.unbuffered = true;
        self
    }

    /// Makes every route a login's, and speaks HTTP/1.0 with tools.
    pub fn any_path_and_tool(mut self) -> Self {
        self.options.any_path_and_tool = true;
        self
    }

    /// Adds a listener that speaks HTTP/3.
    pub fn http3(mut self) -> Self {
        self.options.http3 = true;
        self
    }

    /// Sets a variable of Envoy's own environment.
    pub fn environment(mut self, name: &'static str, value: &'static str) -> Self {
        self.options.environment.push((name, value));
        self
    }

    /// Adds a cluster of the documentation, `ranges` or `limiter`, on loopback; without a port it has
    /// no endpoint.
    pub fn cluster(mut self, name: &'static str, port: Option<u16>) -> Self {
        self.options.clusters.push((name, port));
        self
    }

    /// Changes the HTTP connection manager: its filters and routes.
    pub fn manager(mut self, change: ManagerPatch) -> Self {
        self.options.manager = change;
        self
    }

    /// Sets how the application responds to a complete request.
    pub fn on_request(
        mut self,
        whole: impl Fn(&ReceivedRequest) -> AppResponse + Send + Sync + 'static,
    ) -> Self {
        self.behaviour.on_request = Box::new(whole);
        self
    }

    /// Sets how the application responds as soon as it has the headers.
    pub fn on_headers(
        mut self,
        early: impl Fn(&ReceivedRequest) -> Option<AppResponse> + Send + Sync + 'static,
    ) -> Self {
        self.behaviour.on_headers = Box::new(early);
        self
    }

    /// Sets the port for clients; by default the kernel chooses one.
    pub fn port(mut self, port: u16) -> Self {
        self.options.port = port;
        self
    }

    /// Forwards requests to another application on this loopback port.
    pub fn behind(mut self, port: u16) -> Self {
        self.options.app_port = port;
        self
    }

    /// Sets how the application responds.
    pub fn behaviour(mut self, behaviour: Behaviour) -> Self {
        self.behaviour = behaviour;
        self
    }

    /// Starts the application and Envoy. Returns when both serve.
    pub async fn start(self) -> Sandbox {
        let app = Application::start(self.behaviour).await;
        let app_port = if self.options.app_port == 0 { app.port } else { self.options.app_port };
        let options = EnvoyOptions { app_port, ..self.options };
        Sandbox::of(Envoy::start(options, self.policy).await, app)
    }
}

/// An application behind an Envoy with the module.
///
/// When a test panics, dropping the sandbox prints what the test sent and received.
pub struct Sandbox {
    /// The Envoy.
    pub envoy: Envoy,
    /// The application behind Envoy.
    pub app: Application,
    /// How many requests Envoy had completed when all they counted was handed over.
    counted_requests: AtomicU64,
}

impl Sandbox {
    /// An Envoy before an application.
    pub fn of(envoy: Envoy, app: Application) -> Self {
        Self { envoy, app, counted_requests: AtomicU64::default() }
    }

    /// Builds a sandbox that by default has one worker, the shipped module and an application
    /// with the [default behaviour](Behaviour::default).
    pub fn builder(policy: PolicyBuilder) -> SandboxBuilder {
        SandboxBuilder::new(policy)
    }

    /// Starts the default sandbox.
    pub async fn start(policy: PolicyBuilder) -> Self {
        Self::builder(policy).start().await
    }

    /// The address that clients connect to.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.envoy.port))
    }

    /// Where a browser finds it. Browsers keep `Secure` cookies without TLS at `localhost` only.
    pub fn url_for_browsers(&self) -> String {
        format!("http://localhost:{}", self.envoy.port)
    }

    /// Sends a request with HTTP/1 on a new connection.
    pub async fn send(&self, request: Request) -> ClientResponse {
        self.connect().await.send(request).await
    }

    /// Sends a request and waits until it reaches the application, not for the response.
    pub async fn begin(&self, mut request: Request) -> OpenRequest {
        let body = std::mem::take(&mut request.body);
        let before = self.app.request_count();
        let mut pending = self.connect().await.open(request).await;
        pending.write(body).await;
        pending.end();
        eventually("the application has the request", || async {
            self.app.request_count() > before
        })
        .await;
        pending
    }

    /// Sends a request with HTTP/2 on a new connection.
    pub async fn send_h2(&self, request: Request) -> ClientResponse {
        self.connect_h2().await.send(request).await
    }

    /// Opens an HTTP/1 connection.
    pub async fn connect(&self) -> Connection {
        client::connect(self.address()).await.expect("Envoy listens")
    }

    /// Sends a request with HTTP/1 from this loopback address, which Envoy then sees.
    pub async fn send_from(&self, local: Ipv4Addr, request: Request) -> ClientResponse {
        let connection = client::connect_from(local, self.address()).await;
        connection.expect("Envoy listens").send(request).await
    }

    /// Opens an HTTP/2 connection.
    pub async fn connect_h2(&self) -> Connection {
        client::connect_h2(self.address()).await.expect("Envoy listens")
    }

    /// Opens an HTTP/3 connection.
    ///
    /// # Panics
    /// If the sandbox was built without [`SandboxBuilder::http3`].
    pub async fn connect_http3(&self) -> Http3Connection {
        let port = self.envoy.admin.port_of(http3::LISTENER_NAME).await;
        http3::connect(port.expect("a listener for HTTP/3")).await
    }

    /// Opens a connection that writes bytes.
    pub async fn raw(&self) -> RawConnection {
        RawConnection::connect(self.address()).await
    }

    /// The value of one of the module's metrics, such as `unstuff.attempts`, over all workers, once
    /// each has handed over what it counted until now.
    pub async fn metric(&self, name: &str) -> u64 {
        self.wait_for_counts().await;
        self.envoy.admin.metric(name).await
    }

    /// Returns when all that was counted until now is handed over.
    async fn wait_for_counts(&self) {
        let admin = self.envoy.admin;
        let requests = admin.completed_requests().await;
        if self.counted_requests.load(Ordering::Relaxed) == requests {
            return;
        }
        // The ticks of all are one number: the main thread's, too, and of each plugin.
        let tickers = (u64::from(self.envoy.workers()) + 1) * admin.plugins().await;
        // All but one may tick now, and before that one in the next second.
        let ticks = admin.metric(TICKS).await + 2 * tickers - 1;
        eventually("each plugin ticks in each thread", || async {
            admin.metric(TICKS).await >= ticks
        })
        .await;
        self.counted_requests.store(requests, Ordering::Relaxed);
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.report());
        }
    }
}

impl Sandbox {
    /// What a person needs to understand a failed test, besides Envoy's log.
    fn report(&self) -> String {
        let received = self.app.received();
        let last = received.last().map(|it| format!("; the last was {} {}", it.method, it.target));
        format!(
            "the last requests (>) and responses (<):\n{}\
             the application received {} requests{}\n\
             Envoy {}; to run only this test: {}",
            transcript::last(self.envoy.port),
            received.len(),
            last.unwrap_or_default(),
            version(),
            rerun_command().unwrap_or_default()
        )
    }
}

/// The command that runs only the current test.
fn rerun_command() -> Option<String> {
    let program = std::env::current_exe().ok()?;
    // `e2e-0123456789abcdef`: cargo adds a hash.
    let (target, _) = program.file_name()?.to_str()?.rsplit_once('-')?;
    let thread = std::thread::current();
    let test = thread.name()?;
    Some(format!("cargo test --package unstuff-tests --test {target} -- --exact {test}"))
}
