//! Reader of the section `record`: which decisions are recorded, and in what form.

use super::environment::VmEnvironment;
use super::keys;
use super::object::ConfigObject;
use super::problem::Problem;
use super::reader::ConfigValue;
use super::schema::record::{ADDRESSES, HEADERS, LOGINS, LoginsWord, SINKS};
use crate::fleet::FleetPolicy;
use crate::record::{AddressForm, RecordKey, RecordPolicy, RecordSink, RecordedLogins};
use crate::tokens::signing::SecretKey;

const PERCENT: u8 = 10;
const PER_SECOND: u32 = 100;
const ALLOWED_PER_SECOND: u32 = 1_000;

/// Reads the section.
#[inline(never)]
pub(super) fn read(section: &ConfigValue<'_>, env: VmEnvironment<'_>) -> Option<RecordPolicy> {
    let given = section.object()?;
    let key = given.need("key").and_then(|value| keys::key(&value, env));
    let logins = logins(&given);
    let sink = given.get("to").and_then(|value| value.choice(&SINKS));
    let address = given.get("address").and_then(|value| value.choice(&ADDRESSES));
    let keyed = given.get("headers").and_then(|value| value.choice(&HEADERS));
    let compares = given.get("compare_accounts").and_then(|value| value.boolean());
    let number = |key| {
        let number = given.get(key).and_then(|value| value.integer());
        number.and_then(|it| u32::try_from(it).ok())
    };
    let (allowed, others) = (number("allowed_per_second"), number("per_second"));
    Some(RecordPolicy {
        key: RecordKey::of(&key?),
        logins,
        sink: sink.unwrap_or(RecordSink::Log),
        address: address.unwrap_or(AddressForm::Whole),
        has_keyed_headers: keyed.unwrap_or(false),
        compares_accounts: compares.unwrap_or(false),
        allowed_per_second: allowed.unwrap_or(ALLOWED_PER_SECOND),
        per_second: others.unwrap_or(PER_SECOND),
    })
}

#[inline(never)]
fn logins(given: &ConfigObject<'_>) -> RecordedLogins {
    let word = given.get("logins").and_then(|value| value.choice(&LOGINS));
    let percent = given.get("percent").and_then(|value| value.small_integer());
    match word.unwrap_or(LoginsWord::All) {
        LoginsWord::Sample => RecordedLogins::Sample(percent.unwrap_or(PERCENT)),
        LoginsWord::All => RecordedLogins::All,
        LoginsWord::Flagged => RecordedLogins::Flagged,
    }
}

/// Reports a record's key that has another use: who reads the log with it could sign cookies.
#[inline(never)]
pub(super) fn check(
    top: &ConfigObject<'_>,
    record: Option<&RecordPolicy>,
    keys: &[SecretKey],
    fleet: Option<&FleetPolicy>,
) {
    let Some(record) = record else { return };
    let is_signing = keys.iter().any(|key| record.key.is_of(key));
    let is_fleets = fleet.is_some_and(|fleet| record.key.is_of(&fleet.key));
    let other = match (is_signing, is_fleets) {
        (true, _) => {
            "it is one of \"keys\": who reads the record with it could sign device cookies"
        }
        (_, true) => "it is the key of \"fleet\"",
        _ => return,
    };
    let key = top.get("record").filter(ConfigValue::is_object);
    if let Some(key) = key.and_then(|section| section.map()?.get("key")) {
        key.report_bare(Problem::new(other).fix("make another one with: openssl rand -base64 32"));
    }
}
