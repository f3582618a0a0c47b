//! What a gateway tells the service, and how it waits for its answer.
//!
//! A request's own context cannot await an answer, so a message passes through a queue of the proxy to
//! the one worker that asks.

use super::FleetPolicy;
use super::report::FleetReport;
use super::wire::{self, DescriptorEntry};
use crate::attack_mode::NewSuspicion;
pub use crate::attack_mode::suspicion::SUSPICION_LIMIT;
use crate::policy::{EndpointId, Policy};
use crate::state::bytes::{ByteReader, ByteWriter};
use crate::time::Millis;

/// What a gateway tells the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FleetMessage {
    /// A failed login.
    Failure(FleetReport),
    /// Suspicion of an attack.
    Suspicion(NewSuspicion),
}

/// The first byte of a message in the queue.
const FAILURE: u8 = b'f';
const SUSPICION: u8 = b's';

/// Bytes of suspicion in the queue, behind the first.
const SUSPICION_BYTES: usize = 2 + 4 + 4;

/// What stands in the queue for all endpoints together. A policy has fewer.
const ALL: u16 = u16::MAX;

/// What stands at the service in place of a rule's name. No rule is called so.
pub const SUSPICION_RULE: &str = "site.under_attack";

/// What stands at the service for all endpoints together. No endpoint is called so.
const ALL_ENDPOINTS: &str = "*";

impl FleetMessage {
    /// The message as it waits in the queue.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Failure(report) => [&[FAILURE], report.to_bytes().as_slice()].concat(),
            Self::Suspicion(NewSuspicion { endpoint, window, percent }) => {
                let position = endpoint.map(|it| u16::try_from(it.position()).unwrap_or(ALL));
                let mut bytes = vec![0; 1 + SUSPICION_BYTES];
                let mut out = ByteWriter(&mut bytes);
                out.u8(SUSPICION);
                out.u16(position.unwrap_or(ALL));
                out.u32(*window);
                out.u32(*percent);
                bytes
            }
        }
    }

    /// Reads a message from the queue. `None` for what is none, as another plugin could have put there.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        match bytes.split_first()? {
            (&FAILURE, report) => FleetReport::from_bytes(report).map(Self::Failure),
            (&SUSPICION, rest) if rest.len() == SUSPICION_BYTES => {
                let mut from = ByteReader(rest);
                let position = from.u16();
                let endpoint = (position != ALL).then(|| EndpointId::new(position.into()));
                let (window, percent) = (from.u32(), from.u32());
                Some(Self::Suspicion(NewSuspicion { endpoint, window, percent }))
            }
            _ => None,
        }
    }

    /// The question that the message is. `None` if it is of another policy.
    pub(crate) fn question(
        &self,
        policy: &Policy,
        fleet: &FleetPolicy,
        now: Millis,
    ) -> Option<Vec<u8>> {
        let (descriptors, hits) = match self {
            Self::Failure(report) => (report.descriptors(policy, fleet, now)?, report.hits),
            Self::Suspicion(new) => (vec![suspicion_descriptor(new, policy)?], new.percent),
        };
        Some(wire::request(&fleet.domain, &descriptors, hits))
    }
}

fn suspicion_descriptor(new: &NewSuspicion, policy: &Policy) -> Option<Vec<DescriptorEntry>> {
    let name = match new.endpoint {
        Some(at) => &policy.endpoint(at)?.name,
        None => ALL_ENDPOINTS,
    };
    Some(vec![
        ("rule", SUSPICION_RULE.to_owned()),
        ("endpoint", name.to_owned()),
        ("window", new.window.to_string()),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_survives_the_queue_and_junk_is_none() {
        for endpoint in [None, Some(EndpointId::new(0)), Some(EndpointId::new(300))] {
            let new = NewSuspicion { endpoint, window: 29_333_340, percent: 60 };
            let message = FleetMessage::Suspicion(new);
            let bytes = message.to_bytes();
            assert_eq!(FleetMessage::from_bytes(&bytes), Some(message));
            assert_eq!(FleetMessage::from_bytes(&bytes[..bytes.len() - 1]), None);
        }
        for junk in [b"".as_slice(), b"f", b"s", b"junk"] {
            assert_eq!(FleetMessage::from_bytes(junk), None);
        }
    }
}
