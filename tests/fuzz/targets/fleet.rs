//! What comes from a rate limit service, or from the proxy's queue.

use unstuff_engine::fleet::message::FleetMessage;
use unstuff_engine::fleet::wire::{FleetAnswer, MAX_ANSWER_BYTES};

/// A field of a later version of the protocol: number 15, the value 1.
const UNKNOWN_FIELD: &[u8] = b"\x78\x01";

/// An answer means the same with a field that nobody knows, and a message survives the queue.
pub(crate) fn fleet(bytes: &[u8]) {
    let answer = FleetAnswer::read(bytes);
    let longer = [bytes, UNKNOWN_FIELD].concat();
    if answer.is_some() && longer.len() <= MAX_ANSWER_BYTES {
        assert_eq!(FleetAnswer::read(&longer), answer);
        assert_eq!(FleetAnswer::read(&[UNKNOWN_FIELD, bytes].concat()), answer);
    }
    if let Some(message) = FleetMessage::from_bytes(bytes) {
        assert_eq!(FleetMessage::from_bytes(&message.to_bytes()), Some(message));
    }
}
