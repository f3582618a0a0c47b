//! An application, an Envoy with the module before it, and the way in.

use std::net::{Ipv4Addr, SocketAddr};

use crate::app_response::AppResponse;
use crate::application::{Application, Behaviour, ReceivedRequest};
use crate::client::{self, ClientResponse, Connection, OpenRequest};
use crate::envoy::{Envoy, EnvoyOptions, ModuleBuild};
use crate::policy::PolicyBuilder;
use crate::raw::RawConnection;
use crate::request::Request;
use crate::wait::eventually;

/// The options of a [`Sandbox`].
pub struct SandboxBuilder {
    policy: PolicyBuilder,
    options: EnvoyOptions,
    behaviour: Behaviour,
}

impl SandboxBuilder {
    fn new(policy: PolicyBuilder) -> Self {
        let options = EnvoyOptions {
            module: ModuleBuild::Shipped,
            workers: 1,
            raw_paths: false,
            unbuffered: false,
            port: 0,
            app_port: 0,
        };
        Self { policy, options, behaviour: Behaviour::default() }
    }

    /// With so many worker threads, each with a VM of its own.
    pub fn workers(mut self, workers: u32) -> Self {
        self.options.workers = workers;
        self
    }

    /// With another build of the module.
    pub fn module(mut self, module: ModuleBuild) -> Self {
        self.options.module = module;
        self
    }

    /// Without Envoy's normalisation of paths, so that the module sees every spelling.
    pub fn raw_paths(mut self) -> Self {
        self.options.raw_paths = true;
        self
    }

    /// Without the buffer filter, so that headers reach the application before the verdict.
    pub fn unbuffered(mut self) -> Self {
        self.options.unbuffered = true;
        self
    }

    /// With an application that answers a complete request so.
    pub fn on_request(
        mut self,
        whole: impl Fn(&ReceivedRequest) -> AppResponse + Send + Sync + 'static,
    ) -> Self {
        self.behaviour.on_request = Box::new(whole);
        self
    }

    /// With an application that answers so when it has seen the headers.
    pub fn on_headers(
        mut self,
        early: impl Fn(&ReceivedRequest) -> Option<AppResponse> + Send + Sync + 'static,
    ) -> Self {
        self.behaviour.on_headers = Box::new(early);
        self
    }

    /// With a known port for clients.
    pub fn port(mut self, port: u16) -> Self {
        self.options.port = port;
        self
    }

    /// With another application, which listens on this port of loopback.
    pub fn behind(mut self, port: u16) -> Self {
        self.options.app_port = port;
        self
    }

    /// With an application with this behaviour.
    pub fn behaviour(mut self, behaviour: Behaviour) -> Self {
        self.behaviour = behaviour;
        self
    }

    /// Starts the application and Envoy, and waits until both serve.
    pub async fn start(self) -> Sandbox {
        let app = Application::start(self.behaviour).await;
        let app_port = if self.options.app_port == 0 { app.port } else { self.options.app_port };
        let options = EnvoyOptions { app_port, ..self.options };
        Sandbox { envoy: Envoy::start(options, self.policy).await, app }
    }
}

/// An application, an Envoy with the module before it, and the way in.
pub struct Sandbox {
    /// The Envoy in front.
    pub envoy: Envoy,
    /// The application behind it.
    pub app: Application,
}

impl Sandbox {
    /// Builds a sandbox that by default has one worker, the shipped module and an application
    /// with the [default behaviour](Behaviour::default).
    pub fn builder(policy: PolicyBuilder) -> SandboxBuilder {
        SandboxBuilder::new(policy)
    }

    /// Starts the default sandbox.
    pub async fn start(policy: PolicyBuilder) -> Self {
        Self::builder(policy).start().await
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.envoy.port))
    }

    /// Sends a request by HTTP/1 on a connection of its own.
    pub async fn send(&self, request: Request) -> ClientResponse {
        self.connect().await.send(request).await
    }

    /// Sends a request and waits until it has reached the application, not for the answer.
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

    /// Sends a request by HTTP/2 on a connection of its own.
    pub async fn send_h2(&self, request: Request) -> ClientResponse {
        self.connect_h2().await.send(request).await
    }

    /// Opens an HTTP/1 connection.
    pub async fn connect(&self) -> Connection {
        client::connect(self.address()).await.expect("Envoy listens")
    }

    /// Sends a request by HTTP/1 from one of the many addresses that loopback has, which is
    /// then what Envoy sees.
    pub async fn send_from(&self, local: Ipv4Addr, request: Request) -> ClientResponse {
        let connection = client::connect_from(local, self.address()).await;
        connection.expect("Envoy listens").send(request).await
    }

    /// Opens an HTTP/2 connection.
    pub async fn connect_h2(&self) -> Connection {
        client::connect_h2(self.address()).await.expect("Envoy listens")
    }

    /// Opens a connection for bytes.
    pub async fn raw(&self) -> RawConnection {
        RawConnection::connect(self.address()).await
    }

    /// A metric of the module, summed over the workers: `unstuff.attempts`.
    pub async fn metric(&self, name: &str) -> u64 {
        self.envoy.admin.metric(name).await
    }
}
