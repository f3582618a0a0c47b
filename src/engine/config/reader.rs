//! Typed reading of a document: a value knows its path and its kind, and reports problems there
//! instead of failing.
//!
//! A reader that returns `None` has reported a problem. Callers go on with the rest, so that all
//! problems are reported at once: a document with a problem makes no policy.
//!
//! Configurations are read once, so functions are kept out of line: the module stays smaller.

use std::ops::RangeInclusive;

use super::node::{ConfigNode, NodeKind, cut};
use super::object::ConfigObject;
use super::problem::{Problem, Problems};
use super::schema::{ABOUT, ValueKind};
use crate::outcome::json_lookup::JsonLeaf;

/// Longer messages of parsers are cut: they quote all of what was given.
const MAX_MESSAGE: usize = 240;

/// A value of the document, its path, and the values that are allowed there.
#[derive(Clone, Debug)]
pub(super) struct ConfigValue<'d> {
    pub(super) node: &'d ConfigNode,
    pub(super) kind: &'static ValueKind,
    /// What to write here, as JSON; empty where a word for the type is enough.
    pub(super) form: &'static str,
    pub(super) path: String,
    pub(super) problems: &'d Problems,
}

impl<'d> ConfigValue<'d> {
    /// The whole document.
    pub(super) fn root(
        kind: &'static ValueKind,
        node: &'d ConfigNode,
        problems: &'d Problems,
    ) -> Self {
        Self { node, kind, form: r#"{ "mode": "enforce" }"#, path: "$".to_owned(), problems }
    }

    /// The whole of another document, whose problems are reported with those of this one; `path`
    /// names it.
    pub(super) fn apart<'a>(
        &self,
        path: &str,
        kind: &'static ValueKind,
        node: &'a ConfigNode,
    ) -> ConfigValue<'a>
    where
        'd: 'a,
    {
        ConfigValue { node, kind, form: "", path: path.to_owned(), problems: self.problems }
    }

    /// The same value, with a kind that its key alone does not determine.
    #[inline(never)]
    pub(super) fn of_kind(&self, kind: &'static ValueKind) -> Self {
        Self { kind, ..self.clone() }
    }

    /// Reports a problem here.
    #[cold]
    #[inline(never)]
    pub(super) fn report(&self, problem: Problem) {
        let given = self.node.quoted();
        let path = self.path.clone();
        self.problems.push(Problem { path, given, order: self.node.order, ..problem });
    }

    /// Reports a problem here without the value, which may be secret or quoted already.
    #[cold]
    #[inline(never)]
    pub(super) fn report_bare(&self, problem: Problem) {
        let path = self.path.clone();
        self.problems.push(Problem { path, order: self.node.order, ..problem });
    }

    /// Reports a problem here, and returns no value.
    #[cold]
    #[inline(never)]
    pub(super) fn refuse<T>(&self, problem: Problem) -> Option<T> {
        self.report(problem);
        None
    }

    /// Refuses a value of another type than `what`, and shows what to write.
    #[cold]
    #[inline(never)]
    pub(super) fn expected<T>(&self, what: &str) -> Option<T> {
        // A scalar is quoted beside it; for a list or an object the type is enough.
        let found = match self.node.kind {
            NodeKind::List(_) => ", found a list",
            NodeKind::ConfigObject(_) => ", found an object",
            _ => "",
        };
        let mut problem = Problem::new(format!("expected {what}{found}"));
        if !self.form.is_empty() {
            problem = problem.fix(format!("write {}, for example", self.form));
        }
        if matches!(self.kind.item(), ValueKind::SecretKey) {
            // It may be a key that lacks its brackets.
            self.report_bare(problem);
        } else {
            self.report(problem);
        }
        None
    }

    /// A string.
    #[inline(never)]
    pub(super) fn text(&self) -> Option<&'d str> {
        match &self.node.kind {
            NodeKind::Text(text) => Some(text),
            _ => self.expected("a string"),
        }
    }

    /// The string, where it is one; no problem otherwise.
    pub(super) fn as_text(&self) -> Option<&'d str> {
        if let NodeKind::Text(text) = &self.node.kind { Some(text) } else { None }
    }

    /// A string that is not longer than the kind allows; `why` says the reason for the limit.
    #[inline(never)]
    pub(super) fn limited_text(&self, why: &str) -> Option<&'d str> {
        let text = self.text()?;
        let ValueKind::Text { max } = *self.kind else { return None };
        if u32::try_from(text.len()).is_ok_and(|length| length <= max) {
            return Some(text);
        }
        self.refuse(
            Problem::new(format!("{} bytes", text.len()))
                .allowed(format!("at most {} KiB{why}", max >> 10)),
        )
    }

    /// What `parse` makes of a string. Its errors quote what was given.
    pub(super) fn parsed<T>(&self, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        match parse(self.text()?) {
            Ok(parsed) => Some(parsed),
            Err(wrong) => {
                // What was given may hold line breaks, and a problem is one line of a log.
                let line = wrong.replace(char::is_control, " ");
                self.report_bare(Problem::new(cut(&line, MAX_MESSAGE)));
                None
            }
        }
    }

    /// True or false, where it is either; no problem otherwise.
    pub(super) fn as_bool(&self) -> Option<bool> {
        if let NodeKind::Bool(value) = self.node.kind { Some(value) } else { None }
    }

    /// Whether it is an object.
    pub(super) fn is_object(&self) -> bool {
        matches!(self.node.kind, NodeKind::ConfigObject(_))
    }

    /// Whether it is a list.
    pub(super) fn is_list(&self) -> bool {
        matches!(self.node.kind, NodeKind::List(_))
    }

    /// Whether it is a number.
    pub(super) fn is_number(&self) -> bool {
        matches!(self.node.kind, NodeKind::Number(_))
    }

    /// Whether it is `null`.
    pub(super) fn is_null(&self) -> bool {
        matches!(self.node.kind, NodeKind::Null)
    }

    /// True or false.
    #[inline(never)]
    pub(super) fn boolean(&self) -> Option<bool> {
        match self.node.kind {
            NodeKind::Bool(value) => Some(value),
            _ => self.expected("true or false"),
        }
    }

    /// A value without parts.
    #[inline(never)]
    pub(super) fn scalar(&self) -> Option<JsonLeaf> {
        match &self.node.kind {
            NodeKind::Null => Some(JsonLeaf::Null),
            NodeKind::Bool(value) => Some(JsonLeaf::Bool(*value)),
            NodeKind::Number(number) => Some(JsonLeaf::Number(number.clone())),
            NodeKind::Text(text) => Some(JsonLeaf::Text(text.clone())),
            _ => self.expected("a string, a number, true, false or null"),
        }
    }

    /// A whole number in the range of the kind.
    #[inline(never)]
    pub(super) fn integer(&self) -> Option<u64> {
        self.integer_in(&self.kind.range())
    }

    /// The same, for small ranges.
    #[inline(never)]
    pub(super) fn small_integer(&self) -> Option<u8> {
        u8::try_from(self.integer()?).ok()
    }

    /// A whole number in `range`. `10.0` is one: Istio passes configurations on as a protobuf
    /// `Struct`, which has no integers.
    fn integer_in(&self, range: &RangeInclusive<u64>) -> Option<u64> {
        let NodeKind::Number(number) = &self.node.kind else {
            return self.expected("a whole number");
        };
        let whole = number.as_u64().or_else(|| {
            // Beyond 2^53 a float no longer says which integer was meant.
            let float = number.as_f64().filter(|float| float.fract() == 0.0)?;
            let fits = (0.0..=9_007_199_254_740_992.0).contains(&float);
            fits.then(|| format!("{float:.0}").parse().ok()).flatten()
        });
        match whole.filter(|number| range.contains(number)) {
            Some(number) => Some(number),
            None => self.refuse(Problem::new("out of range").allowed(format!(
                "a whole number, {} to {}",
                range.start(),
                range.end()
            ))),
        }
    }

    /// One of the words of the kind, as its meaning.
    pub(super) fn choice<T: Copy>(&self, meanings: &[(&'static str, T)]) -> Option<T> {
        let given = self.word()?;
        meanings.iter().find(|(word, _)| *word == given).map(|(_, meaning)| *meaning)
    }

    #[inline(never)]
    fn word(&self) -> Option<&'d str> {
        let text = self.text()?;
        let known = if let ValueKind::Words(known) = self.kind { *known } else { &[] };
        if known.contains(&text) { Some(text) } else { self.unknown("unknown value", text, known) }
    }

    /// Refuses a word that is not one of `known`.
    #[cold]
    #[inline(never)]
    pub(super) fn unknown<T>(&self, wrong: &str, given: &str, known: &[&str]) -> Option<T> {
        self.refuse(
            Problem::new(wrong).allowed(any_of(known)).did_you_mean(given, known.iter().copied()),
        )
    }

    /// The values of a list.
    #[inline(never)]
    pub(super) fn list(&self) -> Option<Vec<Self>> {
        let NodeKind::List(nodes) = &self.node.kind else {
            return self.expected("a list");
        };
        let form = if self.kind.item().has_parts() { item_form(self.form) } else { "" };
        let item = |(index, node)| Self {
            node,
            kind: self.kind.item(),
            form,
            path: format!("{}[{index}]", self.path),
            problems: self.problems,
        };
        Some(nodes.iter().enumerate().map(item).collect())
    }

    /// The values of a list that is not empty, or the value itself.
    #[inline(never)]
    pub(super) fn one_or_more(&self) -> Vec<Self> {
        match &self.node.kind {
            NodeKind::List(nodes) if nodes.is_empty() => {
                self.report(Problem::new("an empty list").allowed("one value, or a list of them"));
                Vec::new()
            }
            NodeKind::List(_) => self.list().unwrap_or_default(),
            _ => vec![self.of_kind(self.kind.item())],
        }
    }

    /// An object with no keys but those of the kind, and `about`.
    #[inline(never)]
    pub(super) fn object(&self) -> Option<ConfigObject<'d>> {
        let object = self.map()?;
        for (key, value) in object.iter() {
            if key == ABOUT {
                value.text();
            } else if self.kind.row(key).is_none() {
                let known: Vec<_> = self.kind.keys().iter().map(|row| row.name).collect();
                let problem = Problem::new("unknown key").allowed(known.join(", "));
                value.report_bare(match self.kind.parent_of(key) {
                    Some(parent) => problem.fix(format!("it belongs below {parent:?}")),
                    None => problem.did_you_mean(key, known),
                });
            }
        }
        Some(object)
    }

    /// An object with any keys, each once.
    #[inline(never)]
    pub(super) fn map(&self) -> Option<ConfigObject<'d>> {
        let NodeKind::ConfigObject(entries) = &self.node.kind else {
            return self.expected("an object");
        };
        let object = ConfigObject::of(self, entries);
        for (index, (key, value)) in object.iter().enumerate() {
            if entries.iter().take(index).any(|(earlier, _)| earlier == key) {
                value.report_bare(
                    Problem::new("this key appears twice")
                        .fix("keep one: readers disagree about which of the two counts"),
                );
            }
        }
        Some(object)
    }
}

/// The form of a list's only value.
fn item_form(list: &'static str) -> &'static str {
    list.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(list)
}

/// `"a", "b" or "c"`.
pub(super) fn any_of(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("{word:?}")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}
