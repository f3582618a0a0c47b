//! What is known about something that holds or does not: a truth value with a third state.

/// Whether something holds. Of several conditions that must all hold, the least tells; of several
/// of which one suffices, the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Told {
    /// It does not.
    No,
    /// What is known does not tell.
    Untold,
    /// It does.
    Yes,
}

impl From<bool> for Told {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}
