//! A rush of real people: a mail-out, a sale, Monday at nine.
//!
//! Rate and failures rise together with successes, and more devices are unknown than
//! usual, since many come who were long away. None of it is an attack.

use super::draw::Dice;
use super::people::population::Population;
use super::people::session::Visit;
use super::people::{addresses, rhythm};
use super::settings::{Setting, Share, Span, parameters};
use crate::format::whole;

/// When a crowd comes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Call {
    /// Monday at nine; in the middle of a trace that holds none.
    MondayNine,
    /// At a given time.
    At(super::settings::Start),
}

impl Setting for Call {
    fn read(text: &str) -> Result<Self, String> {
        match text {
            "monday-9" => Ok(Self::MondayNine),
            _ => super::settings::Start::read(text)
                .map(Self::At)
                .map_err(|error| format!("{error}, or `monday-9`")),
        }
    }

    fn show(&self) -> String {
        match self {
            Self::MondayNine => "monday-9".into(),
            Self::At(start) => start.show(),
        }
    }
}

parameters! {
    /// A rush of people.
    pub struct CrowdParameters {
        /// How many come, as a share of the people of an ordinary day
        people: Share = Share(0.15), "assumption: a newsletter that works";
        /// When the first come: middle, monday-9, or a time after the trace begins
        starts: Call = Call::At(super::settings::Start::Middle), "so that a detector has learnt before";
        /// Half of them have come after this time
        half_within: Span = Span::minutes(20.0), "assumption: mails are read at once or never";
        /// Who has not been here for long (an account that sleeps)
        lapsed: Share = Share(0.3), "assumption";
        /// Whose cookies are still there
        cookie_kept: Share = Share(0.75), "assumption: below the 0.90 of StopGuessing, for they were away";
        /// Who has forgotten the password
        forgotten: Share = Share(0.18), "assumption: twice the everyday share";
    }
}

impl CrowdParameters {
    /// The time of the first, in seconds after the beginning of a trace of this length.
    pub fn begins(&self, length: f64) -> f64 {
        let middle = length / 2.0;
        match self.starts {
            Call::MondayNine if rhythm::MONDAY_NINE < length => rhythm::MONDAY_NINE,
            Call::MondayNine | Call::At(super::settings::Start::Middle) => middle,
            Call::At(super::settings::Start::After(span)) => span.0,
        }
    }
}

/// The visits of a crowd, in order of time.
pub fn visits<'a>(
    population: &'a Population,
    name: &str,
    parameters: &CrowdParameters,
    length: f64,
) -> impl Iterator<Item = Visit> + 'a {
    let mut dice = Dice::new(population.seed, name, 0, 0);
    let parameters = parameters.clone();
    let crowd = whole(population.people as f64 * parameters.people.0);
    // An exponential decay: of n still to come, the first comes after 1/n of the mean.
    let mean = parameters.half_within.0 / std::f64::consts::LN_2;
    let mut now = parameters.begins(length);
    (0..crowd).map(move |index| {
        now += dice.wait(mean / (crowd - index) as f64);
        let sleeping = population.accounts - population.people;
        let account = match dice.chance(parameters.lapsed.0) {
            true => population.people + dice.below(sleeping),
            false => dice.below(population.people),
        };
        let kept = dice.chance(parameters.cookie_kept.0);
        let at_home = dice.chance(population.parameters.same_address.0);
        let place = if at_home { population.home(account) } else { population.away(&mut dice) };
        Visit {
            at: now,
            account,
            ip: addresses::rotated(place.ip, 64, &mut dice),
            agent: population.agent(account),
            client: if kept { population.client(account, 0) } else { dice.bits() },
            known_device: kept,
            forgotten: parameters.forgotten.0,
            label: "benign/crowd",
        }
    })
}
