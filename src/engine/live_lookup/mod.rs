//! Live lookups: whether the whole corpus of Have I Been Pwned holds a password that the packed
//! filter does not know, asked of a mirror while the login waits.
//!
//! The corpus is asked by its range protocol: the first five digits of the password's SHA-1 leave
//! the process, and the answer is the list of all hashes that begin so. Nobody is asked unless it is
//! configured. `range_body` reads an answer, `answers` remembers it, and `budget` bounds how many
//! questions all workers ask in a second. Who sends a question and when it is given up is the
//! caller's business.

mod answers;
mod budget;
mod range_body;

pub(crate) use answers::RememberedAnswers;
pub(crate) use budget::LookupBudget;
pub(crate) use range_body::find;

pub use range_body::MAX_RANGE_BYTES;

/// Who is asked, and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveLookupPolicy {
    /// The proxy's name for the mirror.
    pub cluster: String,
    /// The host that the mirror is asked as.
    pub authority: String,
    /// What stands before the five digits.
    pub path: String,
    /// How long a login waits at most, in milliseconds.
    pub deadline_ms: u16,
    /// The most questions of all workers in a second.
    pub per_second: u32,
    /// How long an answer is remembered, in seconds.
    pub remember_seconds: u32,
}

/// What a live lookup tells about the password of an attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LiveLookup {
    /// Nobody was asked: no rule needs to know, or the packed filter knows the password.
    #[default]
    NotAsked,
    /// Nobody was asked, because there were too many questions in this second.
    OverBudget,
    /// There was no answer in time, or junk.
    Failed,
    /// The corpus holds the password.
    Found,
    /// It does not.
    NotFound,
    /// A worker asked before, and this was the answer.
    Remembered(bool),
}

impl LiveLookup {
    /// Whether the corpus holds the password. `None` if that is not known.
    #[must_use]
    pub const fn is_breached(self) -> Option<bool> {
        match self {
            Self::Found => Some(true),
            Self::NotFound => Some(false),
            Self::Remembered(breached) => Some(breached),
            Self::NotAsked | Self::OverBudget | Self::Failed => None,
        }
    }
}
