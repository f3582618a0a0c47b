//! One initial password for many people: mailed with a mistake in it, or shared in an exam.
//!
//! Many accounts fail with one password within hours, from addresses and devices that were never
//! seen: a spray's shape. Each person tries it as it was mailed, and again, and some then remember a
//! password of their own.

use super::attempt::{SimulatedAttempt, millis};
use super::parameters::{Amount, Fraction, StartTime, TimeSpan, parameters};
use super::people::addresses;
use super::people::passwords::SimulatedPassword;
use super::people::population::Population;
use super::random::{RandomStream, tag};

parameters! {
    /// An initial password that many people got.
    pub struct MailingParameters {
        /// People who got it
        people: u64 = 5_000, "a company's new accounts, an assumption";
        /// When the first of them try it: middle, or a time after the trace begins
        starts: StartTime = StartTime::After(TimeSpan::hours(97.0)), "a working day at nine, after days without";
        /// The time within which half of them come
        half_within: TimeSpan = TimeSpan::hours(2.0), "assumption: mails are read the same day";
        /// People who get in with another password
        wrong: Fraction = Fraction(1.0), "a mistake in the mail; or most have changed it since";
        /// Attempts with it where it is wrong, on average
        tries: Amount = Amount(2.0), "assumption: once more, typed instead of pasted";
        /// People who then get in with a password of their own
        knows_own: Fraction = Fraction(0.0), "none has one before the first login";
        /// People who get in after a reset (the others give up)
        resets: Fraction = Fraction(0.5), "assumption";
    }
}

/// The first of these accounts among those that are reserved.
const FIRST: u64 = 1 << 43;
/// The most attempts with one password.
const MOST_TRIES: usize = 8;

/// The attempts of all who got it, in order of time.
pub(crate) fn attempts(
    population: &Population,
    name: &'static str,
    parameters: &MailingParameters,
    length: f64,
) -> impl Iterator<Item = SimulatedAttempt> + use<> {
    let begins = match parameters.starts {
        StartTime::Middle => length / 2.0,
        StartTime::After(span) => span.0,
    };
    let mut random = RandomStream::new(population.seed, name, 0, 0);
    let mean = parameters.half_within.0 / std::f64::consts::LN_2;
    let shared = SimulatedPassword::Own(tag(population.seed, name, 0, 1));
    let mut attempts = Vec::new();
    for person in 0..parameters.people {
        let account = population.accounts + FIRST + tag(population.seed, name, person, 2) % FIRST;
        let begins = begins + random.wait(mean);
        let wrong = random.chance(parameters.wrong.0);
        let mut tried = vec![(shared, !wrong)];
        let again = 1.0 - 1.0 / parameters.tries.0.max(1.0);
        while wrong && tried.len() < MOST_TRIES && random.chance(again) {
            tried.push((shared, false));
        }
        let end = random.unit();
        let own = population.secret(account, 0).password;
        let knows = parameters.knows_own.0;
        let takes = population.parameters.reset_takes.0;
        let reset = (knows..knows + parameters.resets.0).contains(&end);
        if wrong && (end < knows || reset) {
            tried.push((own, true));
        }
        let (ip, agent) = (population.home(account).ip, population.agent(account));
        let ip = addresses::rotated(ip, 64, &mut random);
        let client = (!population.is_bare(agent)).then(|| random.bits());
        let (mut at, last) = (begins, tried.len());
        for (turn, (password, right)) in tried.into_iter().enumerate() {
            if right && reset && turn + 1 == last {
                at += random.around(takes, 0.6);
            }
            attempts.push(SimulatedAttempt {
                at: millis(at),
                ip,
                user: population.user(account),
                password,
                pair_leaked: false,
                agent,
                status: population.status(right, &mut random),
                response_ms: population.response_ms(&mut random),
                client,
                copies: None,
                known_device: false,
                solves: client.is_some() && population.solves(account),
                endpoint: population.endpoint(account),
                label: "benign/mailed",
            });
            at += random.around(population.parameters.think.0, 0.7).max(1.0);
        }
    }
    attempts.sort_by_key(|attempt| attempt.at);
    attempts.into_iter()
}
