//! The queue from the requests of all workers to the one that asks the fleet's service.
//!
//! The proxy's own queue has no bound, and nobody empties it while the worker that is told of it has
//! died. So what waits is counted in shared data.

use crate::host;

/// The most messages that wait: twice as many as calls that await an answer. A worker that lives takes
/// them at once.
const MAX_WAITING: u32 = 512;

/// A cas that no value has.
const ABSENT: u32 = u32::MAX;

/// A queue of messages.
#[derive(Debug)]
pub(crate) struct FleetQueue {
    /// The queue's, and of the number that waits in it.
    name: String,
    id: u32,
}

impl FleetQueue {
    /// Opens the queue of this name. The proxy tells the last worker that does. None if it refuses.
    pub(crate) fn open(name: String) -> Option<Self> {
        let id = host::register_queue(&name)?;
        Some(Self { name, id })
    }

    /// Puts a message in, unless too many wait. Whether it did.
    pub(crate) fn put(&self, message: &[u8]) -> bool {
        let (waiting, cas) = self.waiting();
        let is_put = waiting < MAX_WAITING && host::enqueue(self.id, message);
        if is_put {
            // Of two workers that write at once one is not counted. The bound need not be exact.
            let _ = host::set_shared(&self.name, &(waiting + 1).to_le_bytes(), cas);
        }
        is_put
    }

    /// Takes the oldest message. None if there is none.
    pub(crate) fn take(&self) -> Option<Vec<u8>> {
        let message = host::dequeue(self.id);
        if message.is_none() {
            let _ = host::set_shared(&self.name, &0_u32.to_le_bytes(), 0);
        }
        message
    }

    /// How many wait, and the cas of that number.
    fn waiting(&self) -> (u32, u32) {
        let stored = host::shared(&self.name).ok().flatten();
        let number = stored.and_then(|(bytes, cas)| Some((bytes.try_into().ok()?, cas)));
        number.map_or((0, ABSENT), |(bytes, cas)| (u32::from_le_bytes(bytes), cas))
    }
}
