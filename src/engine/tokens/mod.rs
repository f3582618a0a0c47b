//! Signatures on tokens and cookies ([`signing`]), and the device cookie ([`device`]).

pub mod device;
pub mod signing;
