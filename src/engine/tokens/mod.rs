//! Signed tokens: the keys that sign them ([`signing`]), and the device cookie ([`device`]).

pub mod device;
pub mod signing;
