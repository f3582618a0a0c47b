//! Why a token was not taken: each reason is counted on its own.

/// Why a token was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No token of the kind that is wanted, or signed by nobody we know.
    Forged,
    /// Too late.
    Expired,
    /// Bound to somebody else.
    Stolen,
    /// For another endpoint.
    CrossEndpoint,
    /// All its attempts are used.
    Replayed,
    /// A solution that solves nothing.
    Unsolved,
    /// A wait that is not over.
    Early,
    /// More waits have ended than are let in at a time; a longer one begins.
    Crowded,
    /// The spent_tokens has no place to remember it, or cannot be written.
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

    /// As it is written in metrics and in problem documents.
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
