//! Envoy's access log in JSON, and other logs of one JSON object per line.

use std::borrow::Cow;

use serde_json::{Map, Value};
use unstuff_trace::fields::TraceField;

use super::LogLine;
use super::mapping::FieldMapping;
use super::record::{LogRecord, RecordField};

/// Why Envoy gave the answer that it gave.
const DETAILS: &str = "response_code_details";

/// What the details of upstream's own answer are.
const OF_UPSTREAM: &str = "via_upstream";

/// Reads a line.
///
/// # Errors
/// The line is not a JSON object, or an address cannot be found.
pub(super) fn read(line: &[u8], mapping: &FieldMapping) -> Result<LogLine, String> {
    let object: Map<String, Value> = serde_json::from_slice(line).map_err(|error| {
        let text = error.to_string();
        let wrong = text.rsplit_once(" at line ").map_or(&*text, |(wrong, _)| wrong);
        format!("not a JSON object: {wrong} (column {})", error.column())
    })?;
    let mut record = LogRecord::default();
    for (name, value) in &object {
        let Some(field) = mapping.field(name) else { continue };
        if let Some(text) = scalar(value) {
            // The client went away before there was an answer.
            if field == RecordField::Field(TraceField::Status) && text == "0" {
                return Ok(LogLine::Unanswered);
            }
            mapping.set(&mut record, &field, &text)?;
        }
    }
    let details = object.get(DETAILS).and_then(Value::as_str).filter(|it| *it != "-");
    if details.is_some_and(|it| it != OF_UPSTREAM) && !record.has(TraceField::Outcome) {
        record.set(&RecordField::Field(TraceField::Outcome), "unknown");
    }
    Ok(LogLine::Request(record))
}

/// The text of a value that is one.
fn scalar(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(_) | Value::Bool(_) => Some(Cow::Owned(value.to_string())),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
