//! A rush of real people: a mail-out, a sale, Monday at nine.
//!
//! The rate, failures and successes rise together, and more devices are unknown than usual,
//! because many people were away for long. None of it is an attack.

use super::parameters::{Fraction, ParameterValue, TimeSpan, parameters};
use super::people::population::Population;
use super::people::session::Visit;
use super::people::{addresses, rhythm};
use super::random::RandomStream;
use crate::random::whole;

/// When a crowd comes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CrowdStart {
    /// Monday at nine; the middle of a trace without a Monday at nine.
    MondayNine,
    /// At this time.
    At(super::parameters::StartTime),
}

impl ParameterValue for CrowdStart {
    fn read(text: &str) -> Result<Self, String> {
        match text {
            "monday-9" => Ok(Self::MondayNine),
            _ => super::parameters::StartTime::read(text)
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
        /// How many people come, as a share of the people of an ordinary day
        people: Fraction = Fraction(0.15), "assumption: a newsletter that works";
        /// When the first people come: middle, monday-9, or a time after the trace begins
        starts: CrowdStart = CrowdStart::At(super::parameters::StartTime::Middle), "so that a detector has learnt a baseline";
        /// The time within which half of them come
        half_within: TimeSpan = TimeSpan::minutes(20.0), "assumption: mails are read at once or never";
        /// People who have been away for long (a dormant account)
        lapsed: Fraction = Fraction(0.3), "assumption";
        /// People whose cookies are still there
        cookie_kept: Fraction = Fraction(0.75), "assumption: below the 0.90 of StopGuessing, because they were away";
        /// People who have forgotten their password
        forgotten: Fraction = Fraction(0.18), "assumption: twice the everyday share";
    }
}

impl CrowdParameters {
    /// The time of the first visit, in seconds after the beginning of a trace of this length.
    pub fn begins(&self, length: f64) -> f64 {
        let middle = length / 2.0;
        match self.starts {
            CrowdStart::MondayNine if rhythm::MONDAY_NINE < length => rhythm::MONDAY_NINE,
            CrowdStart::MondayNine | CrowdStart::At(super::parameters::StartTime::Middle) => middle,
            CrowdStart::At(super::parameters::StartTime::After(span)) => span.0,
        }
    }
}

/// The visits of a crowd, in order of time.
pub(crate) fn visits<'a>(
    population: &'a Population,
    name: &str,
    parameters: &CrowdParameters,
    length: f64,
) -> impl Iterator<Item = Visit> + 'a {
    let mut random = RandomStream::new(population.seed, name, 0, 0);
    let parameters = parameters.clone();
    let crowd = whole(population.people as f64 * parameters.people.0);
    // An exponential decay: if n visits remain, the next comes after 1/n of the mean.
    let mean = parameters.half_within.0 / std::f64::consts::LN_2;
    let mut now = parameters.begins(length);
    (0..crowd).map(move |index| {
        now += random.wait(mean / (crowd - index) as f64);
        let dormant = population.accounts - population.people;
        let account = match random.chance(parameters.lapsed.0) {
            true => population.people + random.below(dormant),
            false => random.below(population.people),
        };
        let kept = random.chance(parameters.cookie_kept.0);
        let at_home = random.chance(population.parameters.same_address.0);
        let location =
            if at_home { population.home(account) } else { population.away(&mut random) };
        Visit {
            at: now,
            account,
            ip: addresses::rotated(location.ip, 64, &mut random),
            agent: population.agent(account),
            client: Some(if kept { population.client(account, 0) } else { random.bits() }),
            known_device: kept,
            forgotten: parameters.forgotten.0,
            label: "benign/crowd",
        }
    })
}
