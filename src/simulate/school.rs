//! A school: hundreds of pupils behind one address, who log in together when a lesson begins.
//!
//! A threshold per address sees an attack: many usernames and many failures within minutes. Every
//! day is a school day, so that short traces have lessons, too.

use super::parameters::{Fraction, TimeSpan, parameters};
use super::people::population::Population;
use super::people::session::Visit;
use super::people::{addresses, rhythm};
use super::random::RandomStream;

parameters! {
    /// A school behind one address.
    pub struct SchoolParameters {
        /// Pupils
        pupils: u64 = 800, "StopGuessing: proxies of ~1,000 users";
        /// Pupils who log in when a lesson begins
        lesson: u64 = 120, "assumption: four classes at once, as ProjectSidewalk's class rooms";
        /// The time within which they log in
        within: TimeSpan = TimeSpan::minutes(3.0), "assumption";
        /// The first hour of school (UTC)
        opens: u64 = 8, "assumption";
        /// The last hour in which a lesson begins (UTC)
        closes: u64 = 15, "assumption";
        /// Pupils who have forgotten their password
        forgotten: Fraction = Fraction(0.15), "assumption: children forget more";
        /// Logins with the cookies of the last one still there
        cookie_kept: Fraction = Fraction(0.3), "assumption: shared machines delete cookies";
        /// Pupils on the school's machines, which all have one fingerprint
        machines: Fraction = Fraction(0.7), "assumption";
    }
}

/// The visits of pupils, in order of time. They do not end.
pub(crate) fn visits<'a>(
    population: &'a Population,
    parameters: &SchoolParameters,
) -> impl Iterator<Item = Visit> + 'a {
    let parameters = parameters.clone();
    let seed = population.seed;
    let mut random = RandomStream::new(seed, "school", 0, 0);
    let ip = addresses::v4(&mut RandomStream::new(seed, "school address", 0, 0));
    let machine = population.browsers.person(&mut RandomStream::new(seed, "school machine", 0, 0));
    let (opens, closes) = (parameters.opens, parameters.closes);
    let lessons = (0_u64..).filter(move |hour| {
        (opens..=closes).contains(&((hour + u64::from(rhythm::BEGIN_HOUR)) % 24))
    });
    // Without any lesson, the search for the next one would not end.
    let possible = opens <= closes && opens < 24 && parameters.pupils > 0;
    let lessons = lessons.take(if possible { usize::MAX } else { 0 });
    lessons.flat_map(move |hour| {
        let mut now = hour as f64 * 3600.0;
        let coming = parameters.lesson;
        let mut visits = Vec::new();
        for pupil in 0..coming {
            // Uniform within the time, in order: if n visits remain, the next comes after 1/n on average.
            let left = hour as f64 * 3600.0 + parameters.within.0 - now;
            now += left * (1.0 - random.unit().powf(1.0 / (coming - pupil) as f64));
            // Pupils are dormant accounts, the same at every lesson.
            let number = random.below(parameters.pupils);
            let dormant = population.accounts - population.people;
            let account = population.people + number % dormant.max(1);
            let kept = random.chance(parameters.cookie_kept.0);
            let own =
                RandomStream::new(seed, "pupil", number, 0).chance(1.0 - parameters.machines.0);
            visits.push(Visit {
                at: now,
                account,
                ip,
                agent: if own { population.agent(account) } else { machine },
                client: Some(if kept { population.client(account, 0) } else { random.bits() }),
                known_device: kept,
                forgotten: parameters.forgotten.0,
                label: "benign/school",
            });
        }
        visits
    })
}
