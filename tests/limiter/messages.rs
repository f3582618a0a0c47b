//! The messages of `envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit`, as far as they are
//! used.
//!
//! The module writes and reads them by hand, so here a library does.

use std::collections::HashMap;

use prost::Message;

#[derive(Clone, PartialEq, Message)]
pub(crate) struct RateLimitRequest {
    #[prost(string, tag = "1")]
    pub domain: String,
    #[prost(message, repeated, tag = "2")]
    pub descriptors: Vec<RateLimitDescriptor>,
    #[prost(uint32, tag = "3")]
    pub hits_addend: u32,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct RateLimitDescriptor {
    #[prost(message, repeated, tag = "1")]
    pub entries: Vec<RateLimitEntry>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct RateLimitEntry {
    #[prost(string, tag = "1")]
    pub key: String,
    #[prost(string, tag = "2")]
    pub value: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct RateLimitResponse {
    #[prost(enumeration = "OverallCode", tag = "1")]
    pub overall_code: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum OverallCode {
    Unknown = 0,
    Ok = 1,
    OverLimit = 2,
}

impl RateLimitRequest {
    /// The entries of each descriptor, as Limitador's own server hands them to its limits.
    pub(crate) fn entries(&self) -> Vec<HashMap<String, String>> {
        let entries = |descriptor: &RateLimitDescriptor| {
            let entries = descriptor.entries.iter();
            entries.map(|entry| (entry.key.clone(), entry.value.clone())).collect()
        };
        self.descriptors.iter().map(entries).collect()
    }

    /// 0 counts as 1, as in the protocol.
    pub(crate) fn hits(&self) -> u64 {
        self.hits_addend.max(1).into()
    }
}
