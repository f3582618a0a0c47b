//! A rule's `when`: conditions on signals, as the signals' table allows them.

use super::problem::Problem;
use super::reader::{ConfigValue, any_of};
use super::units::seconds_in;
use crate::decision::signals::{
    MAX_COUNT, MAX_DISTINCT, Signal, SignalMeasure, SignalRow, Subject, TABLE, UpdatedBy,
};
use crate::policy::Condition;
use crate::time::Window;

/// A share of fewer logins than this is a matter of chance.
const FEWEST_OF_A_SHARE: u64 = 10;

/// Above this, one success would excuse any attack.
const MAX_PER_SUCCESS: u64 = 100;

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
        Some(SignalMeasure::Count) => over(row, MAX_COUNT, value),
        Some(SignalMeasure::Distinct) => over(row, MAX_DISTINCT, value),
        Some(SignalMeasure::Share) => share(row, value),
    }
}

fn over(row: &SignalRow, max: u32, value: &ConfigValue<'_>) -> Option<Condition> {
    let given = value.object(&["over", "within", "per_success"])?;
    let over = given
        .need("over", "add \"over\": 10, which holds from the eleventh")
        .and_then(|over| over.integer(1..=u64::from(max)));
    let within = given
        .need("within", &format!("add \"within\": {}", any_of(&windows(row))))
        .and_then(|within| window(row, &within));
    let per_success = given.get("per_success").map_or(Some(0), |worth| per_success(row, &worth));
    Some(Condition::Over {
        signal: row.signal,
        over: u32::try_from(over?).ok()?,
        within: within?,
        per_success: per_success?,
    })
}

/// A share of few logins says nothing, so how few is asked for.
fn share(row: &SignalRow, value: &ConfigValue<'_>) -> Option<Condition> {
    let given = value.object(&["over", "within", "at_least"])?;
    let over =
        given.need("over", "add \"over\": 95, in per cent").and_then(|over| over.integer(1..=99));
    let within = given
        .need("within", &format!("add \"within\": {}", any_of(&windows(row))))
        .and_then(|within| window(row, &within));
    let at_least = given
        .need("at_least", "add \"at_least\": 50, the fewest logins that say anything")
        .and_then(|at_least| at_least.integer(FEWEST_OF_A_SHARE..=u64::from(MAX_COUNT)));
    Some(Condition::Share {
        signal: row.signal,
        over: u32::try_from(over?).ok()?,
        within: within?,
        at_least: u32::try_from(at_least?).ok()?,
    })
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

/// Credit is the successes of an address or a network, and excuses its failures: not
/// attempts, which a stopped client goes on making, and not the successes themselves.
fn per_success(row: &SignalRow, value: &ConfigValue<'_>) -> Option<u32> {
    let worth = value.integer(0..=MAX_PER_SUCCESS)?;
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
