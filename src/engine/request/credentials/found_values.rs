//! The distinct values of a credential, each with its origins.
//!
//! An origin is a bit: a configured name at a place of the request. Two values of one origin are
//! ambiguous, and so is a value without any, whose name is not exactly a configured one. Empty
//! values do not count beside others.

use super::reading::MAX_CANDIDATES;

/// The first [`MAX_CANDIDATES`] distinct values.
pub(super) struct FoundValues<T> {
    values: Vec<FoundValue<T>>,
    /// There were more.
    is_incomplete: bool,
}

struct FoundValue<T> {
    value: T,
    origins: u64,
}

impl<T> Default for FoundValues<T> {
    fn default() -> Self {
        Self { values: Vec::new(), is_incomplete: false }
    }
}

impl<T: AsRef<[u8]>> FoundValues<T> {
    /// Adds a value, unless it is known; returns it, unless there are too many.
    pub(super) fn add(
        &mut self,
        value: &[u8],
        origin: u64,
        keep: impl FnOnce() -> T,
    ) -> Option<&mut T> {
        let known = self.values.iter().position(|known| known.value.as_ref() == value);
        let at = match known {
            Some(at) => at,
            None => {
                self.make_room(value)?;
                self.values.push(FoundValue { value: keep(), origins: 0 });
                self.values.len() - 1
            }
        };
        let found = self.values.get_mut(at)?;
        found.origins |= origin;
        Some(&mut found.value)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// An empty value gives way to another one.
    fn make_room(&mut self, value: &[u8]) -> Option<()> {
        if self.values.len() >= MAX_CANDIDATES && !value.is_empty() {
            self.values.retain(|known| !known.value.as_ref().is_empty());
            self.is_incomplete |= self.values.len() >= MAX_CANDIDATES;
        }
        (self.values.len() < MAX_CANDIDATES).then_some(())
    }

    /// The values that count: all but the empty ones, if there are others.
    fn counting(&self) -> impl Iterator<Item = &FoundValue<T>> {
        let is_full = |found: &FoundValue<T>| !found.value.as_ref().is_empty();
        let any_full = self.values.iter().any(is_full);
        self.values.iter().filter(move |found| !any_full || is_full(found))
    }

    pub(super) fn is_ambiguous(&self) -> bool {
        let mut seen = 0;
        let is_odd = |found: &FoundValue<T>| {
            let is_odd = found.origins == 0 || found.origins & seen != 0;
            seen |= found.origins;
            is_odd
        };
        self.is_incomplete || self.counting().any(is_odd)
    }

    pub(super) fn into_values(self) -> Vec<T> {
        let any_full = self.values.iter().any(|found| !found.value.as_ref().is_empty());
        let values = self.values.into_iter().map(|found| found.value);
        values.filter(|value| !any_full || !value.as_ref().is_empty()).collect()
    }
}
