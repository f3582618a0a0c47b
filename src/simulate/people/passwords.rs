//! The passwords that people have and try, as ranks of popularity rather than words.
//!
//! A rank has the same SHA-1 for everybody, so distinct counts and "one password at many accounts"
//! are realistic; but a trace has no real password and no hash of one. The hundred most popular
//! passwords follow Zipf's law. After them comes a long, flatter tail of leaked passwords that few
//! people share.

use unstuff_engine::breached::Sha1Digest;

use super::PeopleParameters;
use crate::random::whole;
use crate::random::{RandomStream, cumulative};

/// The number of leaked passwords: about the size of public collections.
const LEAKED: f64 = 1e7;
/// Popularity in the tail falls as the rank to this power.
const TAIL: f64 = 0.7;
/// The number of popular passwords.
pub(crate) const POPULAR: u64 = 100;

/// A password.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum SimulatedPassword {
    /// One of the hundred most popular, from 1.
    Popular(u64),
    /// Another leaked password, by rank.
    Leaked(u64),
    /// Popular on this site and not leaked.
    Favourite(u64),
    /// Used by one person and not leaked.
    Own(u64),
}

impl SimulatedPassword {
    /// Whether it is leaked.
    pub(crate) fn leaked(self) -> bool {
        matches!(self, Self::Popular(_) | Self::Leaked(_))
    }

    /// Its SHA-1 in a trace.
    pub(crate) fn digest(self) -> Sha1Digest {
        let (kind, number) = match self {
            Self::Popular(rank) => ("popular", rank),
            Self::Leaked(rank) => ("leaked", rank),
            Self::Favourite(rank) => ("favourite", rank),
            Self::Own(tag) => ("own", tag),
        };
        Sha1Digest::of(format!("unstuff/simulate/{kind}/{number}").as_bytes())
    }

    /// The password of this rank in a spray: a popular one, or a favourite of the site if it must
    /// not be leaked. Favourites after the last one are nobody's.
    pub(crate) fn sprayed(index: u64, leaked: bool) -> Self {
        if leaked { Self::Popular(index % POPULAR + 1) } else { Self::Favourite(index) }
    }
}

/// The distribution of passwords.
pub(crate) struct PasswordDistribution {
    popular: Vec<f64>,
    leaked: f64,
    top_hundred: f64,
    favourite: f64,
    favourites: u64,
}

impl PasswordDistribution {
    /// The distribution with the shares of `parameters`.
    pub(crate) fn new(parameters: &PeopleParameters) -> Self {
        Self {
            popular: cumulative((1..=POPULAR).map(|rank| 1.0 / rank as f64)),
            leaked: parameters.leaked.0,
            top_hundred: parameters.top_hundred.0.min(parameters.leaked.0),
            favourite: parameters.local_favourite.0,
            favourites: parameters.favourites,
        }
    }

    /// A password that a person chooses.
    pub(crate) fn chosen(&self, random: &mut RandomStream) -> SimulatedPassword {
        if random.chance(self.leaked) { self.leaked(random) } else { self.unleaked(random) }
    }

    /// A leaked password.
    pub(crate) fn leaked(&self, random: &mut RandomStream) -> SimulatedPassword {
        if random.chance(self.top_hundred / self.leaked.max(f64::MIN_POSITIVE)) {
            return SimulatedPassword::Popular(random.weighted(&self.popular) as u64 + 1);
        }
        let power = 1.0 - TAIL;
        let (low, high) = ((POPULAR as f64 + 1.0).powf(power), LEAKED.powf(power));
        let rank = (low + random.unit() * (high - low)).powf(1.0 / power);
        SimulatedPassword::Leaked(whole(rank))
    }

    /// A password that is not leaked.
    pub(crate) fn unleaked(&self, random: &mut RandomStream) -> SimulatedPassword {
        if random.chance(self.favourite / (1.0 - self.leaked).max(f64::MIN_POSITIVE)) {
            return SimulatedPassword::Favourite(random.below(self.favourites));
        }
        SimulatedPassword::Own(random.bits())
    }
}
