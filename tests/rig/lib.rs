//! The test rig: a real Envoy with the module, an application behind it, and clients.
//!
//! A [`Sandbox`] is all of that on loopback. It starts for one test and stops with it:
//!
//! ```ignore
//! let sandbox = Sandbox::start(policy().rule(json!({ ... }))).await;
//! let response = sandbox.send(form("alice", "wrong").from("198.51.100.7")).await;
//! assert_eq!(response.status, 429);
//! assert!(sandbox.app.received().is_empty());
//! ```
//!
//! No test sleeps until something has happened: [`eventually`] polls with a time limit. A failed
//! test prints its last requests and responses, the end of Envoy's log, and the command that
//! runs only this test.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a rig that cannot do what a test asks for fails the test"
)]

pub mod admin;
pub mod app_response;
pub mod application;
pub mod bench;
pub mod browser;
pub mod client;
pub mod config;
pub mod docs;
pub mod envoy;
pub mod envoy_gateway;
pub mod fleet;
pub mod foreign_plugin;
pub mod headers;
pub mod http3;
pub mod lacking;
pub mod limitador;
pub mod limiter;
pub mod lock;
pub mod mesh;
pub mod pack;
pub mod policy;
pub mod process;
pub mod ranges;
pub mod raw;
pub mod request;
pub mod sandbox;
pub mod solver;
mod transcript;
pub mod wait;
pub mod wire;

pub use app_response::AppResponse;
pub use application::{Application, ReceivedRequest};
pub use client::{ClientResponse, Connection};
pub use envoy::ModuleBuild;
pub use http3::Http3Connection;
pub use pack::PackedModule;
pub use policy::{PolicyBuilder, policy};
pub use ranges::RangeMirror;
pub use raw::RawConnection;
pub use request::{Request, ambiguous, basic, form, json_login};
pub use sandbox::{Sandbox, SandboxBuilder};
pub use wait::eventually;
