//! A table with the names of its columns in the first line.

use anyhow::ensure;
use unstuff_trace::BadTraceLine;

use super::input::LogInput;
use super::logins::ImportedLogins;
use super::mapping::FieldMapping;
use super::record::{LogRecord, RecordField};
use super::{LogLine, unreadable};

/// Reads a table. Returns the bad line that ended the import, if one did.
///
/// # Errors
/// The table cannot be read, or a column that `--field` names is not there.
pub(super) fn read(
    mut input: LogInput,
    mapping: &FieldMapping,
    logins: &mut ImportedLogins,
) -> anyhow::Result<Option<BadTraceLine>> {
    let mut table = csv::Reader::from_reader(input.reader);
    let readable = |error: csv::Error| unreadable(&input.name)(error.into());
    let names = table.headers().map_err(readable)?.clone();
    let names: Vec<&str> =
        names.iter().map(|name| name.trim_start_matches('\u{feff}').trim()).collect();
    for name in mapping.names() {
        ensure!(
            names.contains(&name),
            "{}: there is no column {name}; its columns are {}",
            input.name,
            names.join(", ")
        );
    }
    let columns: Vec<Option<RecordField>> = names.iter().map(|name| mapping.field(name)).collect();
    let unread = names.iter().zip(&columns).filter(|(_, field)| field.is_none());
    let unread: Vec<&str> = unread.map(|(name, _)| *name).collect();
    if !unread.is_empty() {
        eprintln!("{}: columns that are not read: {}", input.name, unread.join(", "));
    }
    let mut row = csv::StringRecord::new();
    loop {
        let number = table.position().line();
        input.progress.show(table.position().byte(), String::new);
        let parsed = match table.read_record(&mut row) {
            Ok(false) => return Ok(None),
            Ok(true) => record(&row, &columns, mapping),
            Err(error) if error.is_io_error() => return Err(unreadable(&input.name)(error.into())),
            Err(error) => Err(problem(&error)),
        };
        let number = row.position().map_or(number, csv::Position::line);
        if let Some(bad) = logins.line((&input.name, number), parsed) {
            return Ok(Some(bad));
        }
    }
}

fn record(
    row: &csv::StringRecord,
    columns: &[Option<RecordField>],
    mapping: &FieldMapping,
) -> Result<LogLine, String> {
    let mut record = LogRecord::default();
    for (text, field) in row.iter().zip(columns) {
        if let Some(field) = field {
            mapping.set(&mut record, field, text)?;
        }
    }
    Ok(LogLine::Request(record))
}

/// What is wrong with a row, without its place and its values.
fn problem(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{len} columns, and the first line has {expected_len}")
        }
        csv::ErrorKind::Utf8 { err, .. } => format!("not UTF-8 (column {})", err.field() + 1),
        _ => "not a row of the table".to_owned(),
    }
}
