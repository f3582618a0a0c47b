//! The state: what is known about clients and accounts, bounded, shared and exact.
//!
//! Envoy runs one VM per worker, so counters live in storage that the workers share: a
//! mutex around string keys, without delete, expiry or listing ([`stores`]). A key per
//! address would be a leak that the attacker drives. So the state is a **set-associative
//! table**, as in a CPU cache: a fixed number of slots, each a value that holds a few
//! entries ([`table`]). An identity finds its slot by keyed hash (`identity`). One table
//! of counters says what an entry holds (`entry::counters`).
//!
//! The engine reads and changes entries through [`EntryStore`]. Every [`Store`] is one.
//! Whatever is stored is a `record`: junk of other plugins reads as nothing, without a
//! panic, and is replaced.
//!
//! The state has no clock, randomness or I/O: time, random bytes and a [`Store`] are
//! arguments. It does not decide: rules, limits and the meaning of signals are elsewhere.

pub(crate) mod bytes;
pub mod conformance;
pub(crate) mod entry;
mod entry_store;
pub mod eviction;
pub(crate) mod identity;
mod kind;
pub(crate) mod number_list;
pub(crate) mod record;
pub mod stores;
pub mod table;

pub use entry::Entry;
pub use entry::counters::Counter;
pub(crate) use entry::visits::VisitState;
pub use entry_store::{EntryStore, Update};
pub use identity::{EntryMark, HashKey, Place, Tag, Tagged};
pub use kind::EntryKind;
pub use stores::cas::Written;
pub use stores::{Expected, Store, StoreError, Stored, Version, WriteError};
pub use table::Table;
pub use table::sizing::StateSize;
