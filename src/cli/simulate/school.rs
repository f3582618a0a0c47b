//! A school: hundreds of pupils behind one address, who log in together when a lesson begins.
//!
//! To a threshold per address it looks like an attack: many names, many failures, within
//! minutes. Every day is a school day here, so that a short trace has lessons, too.

use super::draw::Dice;
use super::people::population::Population;
use super::people::session::Visit;
use super::people::{addresses, rhythm};
use super::settings::{Share, Span, parameters};

parameters! {
    /// A school behind one address.
    pub struct SchoolParameters {
        /// Pupils
        pupils: u64 = 800, "StopGuessing: proxies of ~1,000 users";
        /// Pupils who log in when a lesson begins
        lesson: u64 = 120, "assumption: four classes at once, as ProjectSidewalk's class rooms";
        /// Within this time
        within: Span = Span::minutes(3.0), "assumption";
        /// First hour of school (UTC)
        opens: u64 = 8, "assumption";
        /// Last hour in which a lesson begins (UTC)
        closes: u64 = 15, "assumption";
        /// Who has forgotten the password
        forgotten: Share = Share(0.15), "assumption: children forget more";
        /// Cookies still there at the next login
        cookie_kept: Share = Share(0.3), "assumption: shared machines that forget";
        /// Pupils on the school's own machines, which are all alike
        machines: Share = Share(0.7), "assumption";
    }
}

/// The visits of pupils, in order of time, without end.
pub fn visits<'a>(
    population: &'a Population,
    parameters: &SchoolParameters,
) -> impl Iterator<Item = Visit> + 'a {
    let parameters = parameters.clone();
    let seed = population.seed;
    let mut dice = Dice::new(seed, "school", 0, 0);
    let ip = addresses::v4(&mut Dice::new(seed, "school address", 0, 0));
    let machine = population.fingerprints.person(&mut Dice::new(seed, "school machine", 0, 0));
    let (opens, closes) = (parameters.opens, parameters.closes);
    let lessons = (0_u64..).filter(move |hour| {
        (opens..=closes).contains(&((hour + u64::from(rhythm::BEGIN_HOUR)) % 24))
    });
    // No lessons at all would be searched for without end.
    let possible = opens <= closes && opens < 24 && parameters.pupils > 0;
    let lessons = lessons.take(if possible { usize::MAX } else { 0 });
    lessons.flat_map(move |hour| {
        let mut now = hour as f64 * 3600.0;
        let coming = parameters.lesson;
        let mut visits = Vec::new();
        for pupil in 0..coming {
            // In a row, evenly random within the time: of n to come, the first after 1/n.
            let left = hour as f64 * 3600.0 + parameters.within.0 - now;
            now += left * (1.0 - dice.unit().powf(1.0 / (coming - pupil) as f64));
            // Pupils are accounts that are asleep otherwise, the same at every lesson.
            let number = dice.below(parameters.pupils);
            let sleeping = population.accounts - population.people;
            let account = population.people + number % sleeping.max(1);
            let kept = dice.chance(parameters.cookie_kept.0);
            let own = Dice::new(seed, "pupil", number, 0).chance(1.0 - parameters.machines.0);
            visits.push(Visit {
                at: now,
                account,
                ip,
                agent: if own { population.agent(account) } else { machine },
                client: if kept { population.client(account, 0) } else { dice.bits() },
                known_device: kept,
                forgotten: parameters.forgotten.0,
                label: "benign/school",
            });
        }
        visits
    })
}
