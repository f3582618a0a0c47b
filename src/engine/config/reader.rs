//! Typed reading of a document: every reader knows where it stands, and leaves a problem
//! there instead of failing.
//!
//! A reader that answers `None` has left a problem, so callers go on with the rest and let
//! the incomplete value fall: a document with a problem makes no policy.

use std::ops::RangeInclusive;

use super::node::{ConfigNode, NodeKind, cut};
use super::object::ConfigObject;
use super::problem::{Problem, Problems};

/// Longer messages of parsers are cut: they quote what was given, whole.
const MAX_MESSAGE: usize = 240;

/// A value of the document, and its path.
#[derive(Clone, Debug)]
pub(super) struct ConfigValue<'d> {
    pub(super) node: &'d ConfigNode,
    pub(super) path: String,
    pub(super) problems: &'d Problems,
}

impl<'d> ConfigValue<'d> {
    /// The whole document; `path` is `$`, or says which built-in one it is.
    pub fn root(path: &str, node: &'d ConfigNode, problems: &'d Problems) -> Self {
        Self { node, path: path.to_owned(), problems }
    }

    /// A value of another document, whose problems are left with those of this one.
    pub fn apart<'a>(&self, path: &str, node: &'a ConfigNode) -> ConfigValue<'a>
    where
        'd: 'a,
    {
        ConfigValue { node, path: path.to_owned(), problems: self.problems }
    }

    /// Leaves a problem here.
    pub fn report(&self, problem: Problem) {
        let given = self.node.quoted();
        let path = self.path.clone();
        self.problems.push(Problem { path, given, order: self.node.order, ..problem });
    }

    /// Leaves a problem here without showing the value: it may be secret, or quoted already.
    pub fn report_bare(&self, problem: Problem) {
        let path = self.path.clone();
        self.problems.push(Problem { path, order: self.node.order, ..problem });
    }

    /// Leaves a problem here, and no value.
    pub fn refuse<T>(&self, problem: Problem) -> Option<T> {
        self.report(problem);
        None
    }

    fn expected<T>(&self, what: &str) -> Option<T> {
        // A scalar is quoted beside it; of lists and objects only the kind says enough.
        let found = match self.node.kind {
            NodeKind::List(_) => ", found a list",
            NodeKind::ConfigObject(_) => ", found an object",
            _ => "",
        };
        self.refuse(Problem::new(format!("expected {what}{found}")))
    }

    /// A string.
    pub fn text(&self) -> Option<&'d str> {
        match &self.node.kind {
            NodeKind::Text(text) => Some(text),
            _ => self.expected("a string"),
        }
    }

    /// The string, where it is one; no problem otherwise.
    pub fn as_text(&self) -> Option<&'d str> {
        if let NodeKind::Text(text) = &self.node.kind { Some(text) } else { None }
    }

    /// What `parse` makes of a string. Its errors quote what was given.
    pub fn parsed<T>(&self, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
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
    pub fn as_bool(&self) -> Option<bool> {
        if let NodeKind::Bool(value) = self.node.kind { Some(value) } else { None }
    }

    /// Whether it is an object.
    pub fn is_object(&self) -> bool {
        matches!(self.node.kind, NodeKind::ConfigObject(_))
    }

    /// Whether it is a list.
    pub fn is_list(&self) -> bool {
        matches!(self.node.kind, NodeKind::List(_))
    }

    /// Whether it is a number.
    pub fn is_number(&self) -> bool {
        matches!(self.node.kind, NodeKind::Number(_))
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self.node.kind, NodeKind::Null)
    }

    /// True or false.
    pub fn boolean(&self) -> Option<bool> {
        match self.node.kind {
            NodeKind::Bool(value) => Some(value),
            _ => self.expected("true or false"),
        }
    }

    /// A whole number in `range`. `10.0` is one: a protobuf `Struct`, as which Istio passes
    /// configurations on, knows no integers.
    pub fn integer(&self, range: RangeInclusive<u64>) -> Option<u64> {
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

    /// One of a few words, and what it means.
    pub fn choice<T: Copy>(&self, words: &[(&'static str, T)]) -> Option<T> {
        let text = self.text()?;
        if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == text) {
            return Some(*meaning);
        }
        let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        self.unknown("unknown value", text, &known)
    }

    /// Refuses a word that is none of `known`.
    pub fn unknown<T>(&self, wrong: &str, given: &str, known: &[&str]) -> Option<T> {
        self.refuse(
            Problem::new(wrong).allowed(any_of(known)).did_you_mean(given, known.iter().copied()),
        )
    }

    /// The values of a list.
    pub fn list(&self) -> Option<Vec<Self>> {
        let NodeKind::List(nodes) = &self.node.kind else {
            return self.expected("a list");
        };
        let item = |(index, node)| Self {
            node,
            path: format!("{}[{index}]", self.path),
            problems: self.problems,
        };
        Some(nodes.iter().enumerate().map(item).collect())
    }

    /// The values of a list that is not empty, or the one value itself.
    pub fn one_or_more(&self) -> Vec<Self> {
        match &self.node.kind {
            NodeKind::List(nodes) if nodes.is_empty() => {
                self.report(Problem::new("an empty list").allowed("one value, or a list of them"));
                Vec::new()
            }
            NodeKind::List(_) => self.list().unwrap_or_default(),
            _ => vec![self.clone()],
        }
    }

    /// An object with no keys but `known`, and `about`: JSON has no comments.
    pub fn object(&self, known: &[&str]) -> Option<ConfigObject<'d>> {
        let object = self.map()?;
        for (key, value) in object.iter() {
            if key == "about" {
                value.text();
            } else if !known.contains(&key) {
                let problem = Problem::new("unknown key").allowed(known.join(", "));
                value.report_bare(problem.did_you_mean(key, known.iter().copied()));
            }
        }
        Some(object)
    }

    /// An object with any keys, each only once.
    pub fn map(&self) -> Option<ConfigObject<'d>> {
        let NodeKind::ConfigObject(entries) = &self.node.kind else {
            return self.expected("an object");
        };
        let object = ConfigObject::of(self, entries);
        for (index, (key, value)) in object.iter().enumerate() {
            if entries.iter().take(index).any(|(earlier, _)| earlier == key) {
                value.report_bare(
                    Problem::new("this key appears twice")
                        .fix("keep one: which of them counts depends on who reads"),
                );
            }
        }
        Some(object)
    }
}

/// `"a", "b" or "c"`.
pub(super) fn any_of(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("{word:?}")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}
