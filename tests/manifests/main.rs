//! The manifests below `envoy/`: what kustomize makes of them is valid, complete and accepted by
//! `unstuff check`.
//!
//! No cluster is asked. `setup/kubernetes` brings kubectl, which renders each folder as an operator
//! does. Each object is then held against the schema that its project publishes
//! (`tests/fixtures/crds`), closed so that a misspelt field is an error. The kinds without a schema
//! are listed in [`schema::WITHOUT_SCHEMA`].

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests and their helpers fail by panicking"
)]

mod clusters;
mod commands;
mod configuration;
mod examples;
mod folders;
mod helm;
mod keys;
mod schema;
mod shapes;
mod validity;
mod values;
