//! The decision core of Unstuff.
#![forbid(unsafe_code)]

pub mod state;
