//! Every signal has its row, and the document is made of them.

use super::*;

/// The table as documents show it, in Markdown.
fn markdown() -> String {
    let mut text = String::from(
        "| signal | what it measures | windows | when it helps | when it misleads |\n\
         |---|---|---|---|---|\n",
    );
    for row in &TABLE {
        let windows: Vec<_> = row.windows().iter().map(|window| window.name()).collect();
        let windows = if windows.is_empty() { "-".to_owned() } else { windows.join(", ") };
        let SignalRow { name, about, helps, misleads, .. } = row;
        text += &format!("| `{name}` | {about} | {windows} | {helps} | {misleads} |\n");
    }
    text
}

/// `UNSTUFF_BLESS=1` writes the table into the document instead.
#[test]
fn the_document_has_the_table_that_holds() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../envoy/policies/SIGNALS.md");
    let text = format!(
        "# Signals\n\nWhat a rule's `when` can ask for. Counts include the attempt at hand: \
         `over: 10` holds from the eleventh.\nShares are in per cent, of what is known \
         without it.\n\n{}",
        markdown()
    );
    if std::env::var_os("UNSTUFF_BLESS").is_some() {
        std::fs::write(path, &text).expect("the document");
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(found == text, "envoy/policies/SIGNALS.md is out of date: UNSTUFF_BLESS=1");
}

#[test]
fn every_signal_has_its_row_and_its_name() {
    for (index, row) in TABLE.iter().enumerate() {
        assert_eq!(row.signal as usize, index, "{} is out of place", row.name);
        assert_eq!(Signal::named(row.name), Some(row.signal));
        assert_eq!(row.windows().is_empty(), row.measure().is_none(), "{}", row.name);
        if let SignalSource::Share { failed: one, succeeded: other }
        | SignalSource::Part { part: one, all: other } = row.source
        {
            assert_eq!(one.row().windows, other.row().windows, "{}", row.name);
        }
    }
}
