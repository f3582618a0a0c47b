//! The plan of a trace: people, scenarios and all their parameters, checked as a whole.

use std::io::{self, Write};

use anyhow::{Context, Result, anyhow, bail, ensure};

use super::attack::{AttackParameters, attempts, devices, owner};
use super::attempt::{AttemptStream, MergedStreams, millis};
use super::catalogue::{self, Scenario, ScenarioKind};
use super::parameters::Parameters;
use super::people::PeopleParameters;
use super::people::arrivals::EverydayVisits;
use super::people::population::Population;
use super::people::visits::VisitAttempts;
use super::writer::{TotalsByLabel, write_lines};
use super::{crowd, mailing, school, script, stale};

/// The group of people's parameters in `--set`.
pub const PEOPLE: &str = "people";

/// The plan of a trace.
pub struct TracePlan {
    /// The parameters of people.
    pub people: PeopleParameters,
    /// What happens in addition.
    pub scenarios: Vec<Scenario>,
    /// The trace's length in seconds.
    pub length: f64,
}

impl TracePlan {
    /// A plan of these scenarios with these settings (`GROUP.NAME=VALUE`), not yet checked as a whole.
    ///
    /// # Errors
    /// A scenario or a parameter does not exist, or a value is not allowed.
    pub fn new(names: &[String], settings: &[String], hours: f64) -> Result<Self> {
        let mut scenarios: Vec<Scenario> = Vec::new();
        for name in names {
            ensure!(!scenarios.iter().any(|known| known.name == name), "{name} is named twice");
            scenarios.push(find(name)?);
        }
        let mut people = PeopleParameters::default();
        for scenario in &scenarios {
            (scenario.people)(&mut people);
        }
        let mut plan = Self { people, scenarios, length: hours * 3600.0 };
        for setting in settings {
            plan.set(setting).with_context(|| format!("--set {setting}"))?;
        }
        Ok(plan)
    }

    /// The length of a trace of these scenarios, unless another is given: hours.
    ///
    /// # Errors
    /// A scenario does not exist.
    pub fn usual_hours(names: &[String]) -> Result<f64> {
        let mut hours = names.iter().map(|name| find(name).map(|scenario| scenario.hours));
        hours.try_fold(0.0, |longest: f64, hours| Ok(longest.max(hours?)))
    }

    /// Applies one setting.
    fn set(&mut self, setting: &str) -> Result<()> {
        let form = || anyhow!("give it as SCENARIO.NAME=VALUE or people.NAME=VALUE");
        let (path, value) = setting.split_once('=').ok_or_else(form)?;
        let (group, name) = path.split_once('.').ok_or_else(form)?;
        let chosen: Vec<_> = self.scenarios.iter().map(|scenario| scenario.name).collect();
        let parameters: &mut dyn Parameters = if group == PEOPLE {
            &mut self.people
        } else {
            let found = self.scenarios.iter_mut().find(|scenario| scenario.name == group);
            let scenario = found.ok_or_else(|| {
                anyhow!(
                    "{group:?} is not part of this trace; its parts are {PEOPLE}, {}",
                    chosen.join(", ")
                )
            })?;
            scenario
                .kind
                .parameters()
                .ok_or_else(|| anyhow!("{group} has no parameters of its own; see {PEOPLE}.*"))?
        };
        match parameters.set(name, value.trim()) {
            Some(result) => result.map_err(|allowed| anyhow!("{value:?} does not fit: {allowed}")),
            None => {
                let names: Vec<_> = parameters.rows().into_iter().map(|row| row.name).collect();
                bail!("{group} has no parameter {name:?}; it has {}", names.join(", "))
            }
        }
    }

    /// Checks parameters against each other.
    ///
    /// # Errors
    /// What is wrong, and what to change.
    pub fn check(&self) -> Result<()> {
        for scenario in &self.scenarios {
            if let ScenarioKind::Attack(_, parameters) = &scenario.kind {
                self.check_attack(parameters)
                    .with_context(|| format!("scenario {}", scenario.name))?;
            }
        }
        Ok(())
    }

    fn check_attack(&self, parameters: &AttackParameters) -> Result<()> {
        let begins = parameters.begins(self.length);
        let (ends, length) = (begins + parameters.lasts.0, self.length);
        ensure!(
            ends <= length + 1e-6,
            "it lasts until hour {} of a trace of {} hours: give --hours {0} or more, or set `lasts` or \
             `starts`",
            (ends / 36.0).ceil() / 100.0,
            length / 3600.0
        );
        ensure!(parameters.prefix <= 128, "prefix is {}: give at most 128 bits", parameters.prefix);
        ensure!(parameters.attempts > 0, "attempts is 0: give at least 1, or choose `calm`");
        Ok(())
    }

    /// The trace's length in milliseconds.
    pub fn milliseconds(&self) -> u64 {
        millis(self.length)
    }

    /// Writes the trace of this seed for a site with so many `people`. `progress` gets the time
    /// of every thousandth attempt, in milliseconds after the beginning.
    ///
    /// # Errors
    /// `out` cannot be written.
    pub fn write(
        &self,
        seed: u64,
        people: u64,
        out: impl Write,
        progress: impl FnMut(u64),
    ) -> io::Result<TotalsByLabel> {
        let population = Population::new(seed, people, self.people.clone());
        let end = self.milliseconds();
        let attempts = self.attempts(&population).take_while(|attempt| attempt.at < end);
        write_lines(out, &population, attempts, progress)
    }

    /// All attempts, in order of time, including some after the trace's end.
    fn attempts<'a>(&'a self, population: &'a Population) -> MergedStreams<'a> {
        let mut streams: Vec<AttemptStream<'a>> =
            vec![Box::new(VisitAttempts::new(population, PEOPLE, EverydayVisits::new(population)))];
        for Scenario { name, kind, .. } in &self.scenarios {
            match kind {
                ScenarioKind::Calm => {}
                ScenarioKind::Crowd(parameters) => {
                    let visits = crowd::visits(population, name, parameters, self.length);
                    streams.push(Box::new(VisitAttempts::new(population, name, visits)));
                }
                ScenarioKind::School(parameters) => {
                    let visits = school::visits(population, parameters);
                    streams.push(Box::new(VisitAttempts::new(population, name, visits)));
                }
                ScenarioKind::Script(parameters) => {
                    streams.push(Box::new(script::attempts(population, parameters)));
                }
                ScenarioKind::Mailing(parameters) => {
                    let mailed = mailing::attempts(population, name, parameters, self.length);
                    streams.push(Box::new(mailed));
                }
                ScenarioKind::Stale(parameters) => {
                    streams.push(Box::new(stale::attempts(population, parameters)));
                    let owners = stale::owners(population, parameters);
                    streams.push(Box::new(VisitAttempts::new(population, name, owners)));
                }
                ScenarioKind::Attack(label, parameters) => {
                    let begins = parameters.begins(self.length);
                    let attack = attempts::attempts(population, parameters, label, begins);
                    streams.push(Box::new(attack));
                    let owners = owner::visits(population, parameters, begins);
                    streams.push(Box::new(VisitAttempts::new(population, "owner", owners)));
                    streams.push(Box::new(devices::attempts(population, parameters, begins)));
                }
            }
        }
        MergedStreams::new(streams)
    }
}

/// The scenario of this name.
fn find(name: &str) -> Result<Scenario> {
    let mut all = catalogue::scenarios();
    match all.iter().position(|scenario| scenario.name == name) {
        Some(index) => Ok(all.swap_remove(index)),
        None => {
            let names: Vec<_> = all.iter().map(|scenario| scenario.name).collect();
            bail!("there is no scenario {name:?}; there are {}", names.join(", "))
        }
    }
}

#[cfg(test)]
mod tests;
