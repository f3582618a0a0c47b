//! Reasons for which a token is refused; each has its own metric.

/// Why a token was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Not a token of the expected kind, or not signed by one of our keys.
    Forged,
    /// Past its last valid second.
    Expired,
    /// Bound to another client.
    Stolen,
    /// Issued for another endpoint.
    CrossEndpoint,
    /// All of its attempts are used.
    Replayed,
    /// A solution that does not solve its puzzle.
    Unsolved,
    /// A wait that is not over yet.
    Early,
    /// The wait limit is reached; a longer wait begins.
    Crowded,
    /// The set of spent tokens is full or cannot be written.
    Full,
}

impl Refusal {
    /// Every refusal.
    pub const ALL: [Self; 9] = [
        Self::Forged,
        Self::Expired,
        Self::Stolen,
        Self::CrossEndpoint,
        Self::Replayed,
        Self::Unsolved,
        Self::Early,
        Self::Crowded,
        Self::Full,
    ];

    /// Its name in metrics and problem documents.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Forged => "forged",
            Self::Expired => "expired",
            Self::Stolen => "stolen",
            Self::CrossEndpoint => "cross_endpoint",
            Self::Replayed => "replayed",
            Self::Unsolved => "unsolved",
            Self::Early => "early",
            Self::Crowded => "crowded",
            Self::Full => "full",
        }
    }
}
