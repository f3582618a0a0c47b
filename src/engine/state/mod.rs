//! State: what is known about clients and accounts, bounded, shared, exact.
//!
//! Envoy runs one VM per worker, so counters live in storage that the workers share: a
//! mutex around string keys, without delete, expiry or listing ([`store`]). A key per
//! address would be a leak that the attacker drives. So the state is a **set-associative
//! table**, as in a CPU cache: a fixed number of slots, each a value that holds a few
//! entries ([`table`], [`slot`], [`sizing`]); an identity finds its slot by keyed hash
//! ([`identity`]); what it stores there is decided by one table ([`kept`]).
//!
//! Nothing in here has a clock, randomness or I/O of its own: time, 16 random bytes and a
//! [`Store`] are arguments. Nothing panics on what it reads: other plugins share the
//! storage, so junk reads as zero and is overwritten.
//!
//! What it refuses to do: decide. Rules, limits and what a signal means are the engine's.

pub(crate) mod bytes;
pub mod conformance;
pub(crate) mod entry;
mod entry_store;
pub mod eviction;
pub(crate) mod identity;
mod kind;
pub(crate) mod record;
pub mod stores;
pub mod table;

pub use entry::Entry;
pub use entry::counters::Counter;
pub use entry_store::{EntryStore, Update};
pub use identity::{EntryMark, HashKey, Place, Tag, Tagged};
pub use kind::EntryKind;
pub use stores::cas::Written;
pub use stores::{Expected, Store, StoreError, Version, WriteError};
pub use table::Table;
pub use table::sizing::StateSize;
