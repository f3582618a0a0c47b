//! Which passwords people have and try, as ranks of popularity rather than as words.
//!
//! The same rank has the same SHA-1 whoever uses it, so distinct counts and "one password
//! over many accounts" come out as in life; yet no real password, and no hash of one, is
//! in a trace. The hundred most popular follow Zipf's law; behind them is a long, flatter
//! tail of leaked passwords that few share.

use unstuff_engine::breached::Sha1Digest;

use super::PeopleParameters;
use crate::format::whole;
use crate::simulate::draw::{Dice, cumulative};

/// Leaked passwords of which a list is made: about what public collections hold.
const LEAKED: f64 = 1e7;
/// Popularity in the tail falls as rank to this power.
const TAIL: f64 = 0.7;
/// Passwords that many here have and no leak knows.
const FAVOURITES: u64 = 4;
/// How many are called popular.
pub const POPULAR: u64 = 100;

/// A password, by what it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Password {
    /// One of the hundred most popular, from 1.
    Popular(u64),
    /// Another leaked one, by rank.
    Leaked(u64),
    /// Popular here, in no leak.
    Favourite(u64),
    /// Nobody else's, in no leak.
    Own(u64),
}

impl Password {
    /// Whether leaks know it.
    pub fn leaked(self) -> bool {
        matches!(self, Self::Popular(_) | Self::Leaked(_))
    }

    /// The SHA-1 under which it appears in a trace.
    pub fn digest(self) -> Sha1Digest {
        let (kind, number) = match self {
            Self::Popular(rank) => ("popular", rank),
            Self::Leaked(rank) => ("leaked", rank),
            Self::Favourite(rank) => ("favourite", rank),
            Self::Own(tag) => ("own", tag),
        };
        Sha1Digest::of(format!("unstuff/simulate/{kind}/{number}").as_bytes())
    }

    /// The password of rank `index` among those that a spray would try: popular ones, or
    /// where leaks must not know it, a local favourite.
    pub fn sprayed(index: u64, leaked: bool) -> Self {
        if leaked {
            Self::Popular(index % POPULAR + 1)
        } else {
            Self::Favourite(index % FAVOURITES)
        }
    }
}

/// The distribution of passwords.
pub struct Passwords {
    popular: Vec<f64>,
    leaked: f64,
    top_hundred: f64,
    favourite: f64,
}

impl Passwords {
    /// With the shares of `parameters`.
    pub fn new(parameters: &PeopleParameters) -> Self {
        Self {
            popular: cumulative((1..=POPULAR).map(|rank| 1.0 / rank as f64)),
            leaked: parameters.leaked.0,
            top_hundred: parameters.top_hundred.0.min(parameters.leaked.0),
            favourite: parameters.local_favourite.0,
        }
    }

    /// One that a person chooses.
    pub fn chosen(&self, dice: &mut Dice) -> Password {
        if dice.chance(self.leaked) { self.leaked(dice) } else { self.unleaked(dice) }
    }

    /// One that leaks know.
    pub fn leaked(&self, dice: &mut Dice) -> Password {
        if dice.chance(self.top_hundred / self.leaked.max(f64::MIN_POSITIVE)) {
            return Password::Popular(dice.weighted(&self.popular) as u64 + 1);
        }
        let power = 1.0 - TAIL;
        let (low, high) = ((POPULAR as f64 + 1.0).powf(power), LEAKED.powf(power));
        let rank = (low + dice.unit() * (high - low)).powf(1.0 / power);
        Password::Leaked(whole(rank))
    }

    /// One that no leak knows.
    pub fn unleaked(&self, dice: &mut Dice) -> Password {
        if dice.chance(self.favourite / (1.0 - self.leaked).max(f64::MIN_POSITIVE)) {
            return Password::Favourite(dice.below(FAVOURITES));
        }
        Password::Own(dice.bits())
    }
}
