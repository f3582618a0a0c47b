//! What an import says when it is done: what was written, what was left out, and what is missing.

use std::path::Path;

use super::logins::{ImportCounts, ImportedLogins};
use crate::format;

/// What the summary needs of the policy.
pub(super) struct SummaryPolicy {
    /// Its name.
    pub name: String,
    /// The headers that it makes fingerprints of.
    pub fingerprint: Vec<String>,
}

/// The summary, in lines. `output`: the trace that was written, if one was.
pub(super) fn text(
    logins: &ImportedLogins,
    output: Option<&Path>,
    policy: &SummaryPolicy,
) -> String {
    let counts = &logins.counts;
    let mut text = match output {
        Some(output) => format!(
            "wrote {}: {} attempts of {} lines\n",
            output.display(),
            format::count(counts.attempts),
            format::count(counts.lines)
        ),
        None => format!("no line is a login, of {}\n", format::count(counts.lines)),
    };
    let left_out = [
        (counts.elsewhere, format!("at no endpoint of the policy {}", policy.name)),
        (counts.unanswered, "no request, or not answered".to_owned()),
        (logins.bad.count(), "bad lines".to_owned()),
    ];
    let left_out: Vec<String> = left_out
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}", format::count(count)))
        .collect();
    if !left_out.is_empty() {
        text += &format!("left out: {}\n", left_out.join(", "));
    }
    if output.is_none() && counts.elsewhere > 0 {
        text += "give --policy with the endpoints of your logins, or --all\n";
    }
    let missing = missing(counts, &policy.fingerprint);
    if output.is_some() && !missing.is_empty() {
        text += &format!(
            "no line has {}; `unstuff replay` says which rules can never match because of it\n",
            missing.join(", ")
        );
    }
    text
}

/// What no attempt has.
fn missing(counts: &ImportCounts, fingerprint: &[String]) -> Vec<String> {
    let fields = [
        (counts.users, "a username"),
        (counts.passwords, "a password"),
        (counts.clients, "a client"),
    ];
    let fields = fields.into_iter().filter(|(count, _)| *count == 0).map(|(_, it)| it.to_owned());
    let has = |name: &str| counts.headers.iter().any(|it| it == name);
    let headers =
        fingerprint.iter().filter(|name| !has(name)).map(|name| format!("the header {name}"));
    fields.chain(headers).collect()
}
