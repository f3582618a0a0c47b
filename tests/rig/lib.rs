//! The rig: a real Envoy with the module, an application behind it, clients in front.
//!
//! A [`Sandbox`] is all of that, on loopback, started for one test and stopped with it. What a
//! test says reads like the promise it checks:
//!
//! ```ignore
//! let sandbox = Sandbox::start(policy().rule(json!({ ... }))).await;
//! let answer = sandbox.send(form("alice", "wrong").from("198.51.100.7")).await;
//! assert_eq!(answer.status, 429);
//! assert!(sandbox.app.seen().is_empty());
//! ```
//!
//! Nothing here waits a fixed time for something to have happened: [`eventually`] polls
//! with a bound. When a test fails, the tail of Envoy's log is printed.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a rig that cannot do what a test asked for fails that test, on the spot"
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
pub mod pack;

pub mod policy;
pub mod raw;
pub mod request;
pub mod sandbox;
pub mod solver;
pub mod wait;

pub use app_response::AppResponse;
pub use application::{Application, ReceivedRequest};
pub use client::{ClientResponse, Connection};
pub use envoy::ModuleBuild;
pub use pack::PackedModule;
pub use policy::{PolicyBuilder, policy};
pub use raw::RawConnection;
pub use request::{Request, ambiguous, basic, form, json_login};
pub use sandbox::{Sandbox, SandboxBuilder};
pub use wait::eventually;
