//! What was asked for, checked as a whole: people, scenarios and all their parameters.

use anyhow::{Context, Result, anyhow, bail, ensure};

use super::attack::{AttackParameters, attempts, owner};
use super::attempt::{Merge, Stream};
use super::catalogue::{self, Kind, Scenario};
use super::people::PeopleParameters;
use super::people::arrivals::Arrivals;
use super::people::population::Population;
use super::people::visits::Visits;
use super::settings::Parameters;
use super::{crowd, school, script};

/// The name of the people's own parameters in `--set`.
pub const PEOPLE: &str = "people";

/// A trace to be made.
pub struct Plan {
    /// What people are like.
    pub people: PeopleParameters,
    /// What happens.
    pub scenarios: Vec<Scenario>,
    /// How long the trace is, in seconds.
    pub length: f64,
}

impl Plan {
    /// The scenarios of these names with these settings (`GROUP.NAME=VALUE`), unchecked.
    pub fn new(names: &[String], settings: &[String], hours: f64) -> Result<Self> {
        let mut scenarios: Vec<Scenario> = Vec::new();
        for name in names {
            ensure!(!scenarios.iter().any(|known| known.name == name), "{name} is named twice");
            scenarios.push(find(name)?);
        }
        let mut people = PeopleParameters::default();
        for scenario in &scenarios {
            scenario.kind.adjust(&mut people);
        }
        let mut plan = Self { people, scenarios, length: hours * 3600.0 };
        for setting in settings {
            plan.set(setting).with_context(|| format!("--set {setting}"))?;
        }
        Ok(plan)
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
                    "{group:?} is not part of this trace; that is {PEOPLE}, {}",
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

    /// Checks what no single parameter can know.
    pub fn check(&self) -> Result<()> {
        for scenario in &self.scenarios {
            if let Kind::Attack(_, parameters) = &scenario.kind {
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

    /// The attempts of everybody, in order of time; those after the trace's end are to be
    /// left out.
    pub fn attempts<'a>(&'a self, population: &'a Population) -> Merge<'a> {
        let mut streams: Vec<Stream<'a>> =
            vec![Box::new(Visits::new(population, PEOPLE, Arrivals::new(population)))];
        for Scenario { name, kind, .. } in &self.scenarios {
            match kind {
                Kind::Calm | Kind::App(_) => {}
                Kind::Crowd(parameters) => {
                    let visits = crowd::visits(population, name, parameters, self.length);
                    streams.push(Box::new(Visits::new(population, name, visits)));
                }
                Kind::School(parameters) => {
                    let visits = school::visits(population, parameters);
                    streams.push(Box::new(Visits::new(population, name, visits)));
                }
                Kind::Script(parameters) => {
                    streams.push(Box::new(script::attempts(population, parameters)));
                }
                Kind::Attack(label, parameters) => {
                    let begins = parameters.begins(self.length);
                    let attack = attempts::attempts(population, parameters, label, begins);
                    streams.push(Box::new(attack));
                    let owners = owner::visits(population, parameters, begins);
                    streams.push(Box::new(Visits::new(population, "owner", owners)));
                }
            }
        }
        Merge::new(streams)
    }
}

/// The scenario of this name.
fn find(name: &str) -> Result<Scenario> {
    let mut all = catalogue::all();
    match all.iter().position(|scenario| scenario.name == name) {
        Some(index) => Ok(all.swap_remove(index)),
        None => {
            let names: Vec<_> = all.iter().map(|scenario| scenario.name).collect();
            bail!("there is no scenario {name:?}; there are {}", names.join(", "))
        }
    }
}
