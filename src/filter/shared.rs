//! The state's store on shared data: process-wide, behind one mutex of the host's.

use unstuff_engine::state::{Expected, Store, StoreError, Stored, Version, WriteError};

use crate::host::{self, SetError};

/// A cas that no value has (the host counts up from 1). A first insert is written with it:
/// an absent key is inserted whatever the cas, and the second of two first-writers is told
/// that it lost, where a cas of 0 would overwrite unchecked (platform fact 18).
const NEVER: u32 = u32::MAX;

/// Shared data of the proxy.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SharedData;

impl Store for SharedData {
    fn read(&self, key: &str) -> Result<Stored, StoreError> {
        let found = host::shared(key).map_err(|_| StoreError)?;
        Ok(found.map(|(value, cas)| (value, Version(cas))))
    }

    fn write(&self, key: &str, value: &[u8], expected: Expected) -> Result<(), WriteError> {
        let cas = match expected {
            Expected::Absent | Expected::Version(Version(0)) => NEVER,
            Expected::Version(Version(cas)) => cas,
        };
        host::set_shared(key, value, cas).map_err(|error| match error {
            SetError::CasMismatch => WriteError::Mismatch,
            SetError::Failed(_) => WriteError::Failed,
        })
    }
}
