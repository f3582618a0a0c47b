//! Reader of a rule's `when`: conditions on signals, as the table of signals allows them.

use super::object::ConfigObject;
use super::problem::Problem;
use super::reader::{ConfigValue, any_of};
use super::schema::rules as schema;
use super::units::seconds_in;
use crate::decision::signals::{Signal, SignalMeasure, SignalRow, Subject, TABLE, UpdatedBy};
use crate::policy::Condition;
use crate::time::Window;

/// Reads `when`.
pub(super) fn read(when: &ConfigValue<'_>) -> Option<Vec<Condition>> {
    let given = when.map()?;
    if given.is_empty() {
        return when.refuse(
            Problem::new("a rule without conditions would hold for every login")
                .fix("add one, such as \"credentials.unreadable\": true"),
        );
    }
    let conditions: Vec<_> = given.iter().map(|(name, value)| condition(name, &value)).collect();
    // With one condition missing, what the rule as a whole says cannot be judged.
    conditions.into_iter().collect()
}

fn condition(name: &str, value: &ConfigValue<'_>) -> Option<Condition> {
    let Some(signal) = Signal::named(name) else {
        let known = || TABLE.iter().map(|row| row.name);
        let problem =
            Problem::new("unknown signal").allowed(known().collect::<Vec<_>>().join(", "));
        value.report_bare(problem.did_you_mean(name, known()));
        return None;
    };
    let row = signal.row();
    let value = &value.of_kind(schema::condition(row));
    match row.measure() {
        None if value.is_object() => value.refuse(
            Problem::new(format!("{name} is a flag, not a count")).allowed("true or false"),
        ),
        None => value.boolean().map(|wanted| Condition::Is { signal, wanted }),
        Some(SignalMeasure::Share) if !value.is_object() => {
            value.refuse(Problem::new(format!("{name} is a share, not a flag")).fix(format!(
                "write {{\"over\": 95, \"within\": {:?}, \"at_least\": 50}}",
                windows(row).first().unwrap_or(&"1h")
            )))
        }
        Some(_) if !value.is_object() => {
            value.refuse(Problem::new(format!("{name} is a count, not a flag")).fix(format!(
                "write {{\"over\": 10, \"within\": {:?}}}",
                windows(row).first().unwrap_or(&"1h")
            )))
        }
        Some(SignalMeasure::Share) => share(row, value),
        Some(SignalMeasure::Count | SignalMeasure::Distinct) => over(row, value),
    }
}

fn over(row: &SignalRow, value: &ConfigValue<'_>) -> Option<Condition> {
    let given = value.object()?;
    let over = given.need("over").and_then(|over| over.integer());
    let within = within(row, &given);
    let per_success = given.get("per_success").map_or(Some(0), |worth| per_success(row, &worth));
    Some(Condition::Over {
        signal: row.signal,
        over: u32::try_from(over?).ok()?,
        within: within?,
        per_success: per_success?,
    })
}

/// A share of few logins says nothing, so the fewest logins are part of the condition.
fn share(row: &SignalRow, value: &ConfigValue<'_>) -> Option<Condition> {
    let given = value.object()?;
    let over = given.need("over").and_then(|over| over.integer());
    let within = within(row, &given);
    let at_least = given.need("at_least").and_then(|at_least| at_least.integer());
    Some(Condition::Share {
        signal: row.signal,
        over: u32::try_from(over?).ok()?,
        within: within?,
        at_least: u32::try_from(at_least?).ok()?,
    })
}

fn within(row: &SignalRow, given: &ConfigObject<'_>) -> Option<Window> {
    let hint = format!("add \"within\": {}", any_of(&windows(row)));
    given.need_or("within", &hint).and_then(|within| window(row, &within))
}

fn window(row: &SignalRow, value: &ConfigValue<'_>) -> Option<Window> {
    // "60m" is an hour too.
    let seconds = seconds_in(value.text()?);
    let kept = row.windows().iter().find(|window| seconds == Some(window.seconds().into()));
    kept.copied().or_else(|| {
        value.refuse(
            Problem::new(format!("{} is not kept for this window", row.name))
                .allowed(any_of(&windows(row))),
        )
    })
}

fn windows(row: &SignalRow) -> Vec<&'static str> {
    row.windows().iter().map(|window| window.name()).collect()
}

/// Credit is the successes of an address or a network, and excuses its failures. It does not
/// excuse attempts, which a stopped client goes on making, or the successes themselves.
fn per_success(row: &SignalRow, value: &ConfigValue<'_>) -> Option<u32> {
    let worth = value.integer()?;
    let excuses = |row: &SignalRow| {
        matches!(row.subject, Subject::Ip | Subject::Network)
            && row.updated_by() == Some(UpdatedBy::Outcome)
            && row.signal != Signal::IpSuccesses
    };
    if worth > 0 && !excuses(row) {
        let those: Vec<_> = TABLE.iter().filter(|row| excuses(row)).map(|row| row.name).collect();
        return value.refuse(
            Problem::new("successes do not excuse this signal")
                .allowed(format!("with {}", those.join(", ")))
                .fix("leave it out"),
        );
    }
    u32::try_from(worth).ok()
}
