//! GraphQL requests: each call of the login field, with the values of its arguments.
//!
//! A request is JSON (`query` and `variables`), an array of those, a bare document
//! (`application/graphql`), parameters of a query or a form, or the part `operations` of a multipart
//! form. Servers let one of them win over another, so all of them are read, and every variable has
//! every value that some server might take.
//!
//! Limit: a persisted query is a hash whose document the server keeps. Its variables are read if
//! they are named as the arguments are; otherwise it may be anything, see [`GraphqlReading`].

mod document;
mod lexer;
mod resolve;
#[cfg(test)]
mod tests;
mod value;

use super::batch::LoginBatch;
use super::fields::GraphqlFields;
use document::GraphqlDocument;
use resolve::ArgumentResolver;
use value::GraphqlValue;

/// What a request has of GraphQL.
#[derive(Debug, Default)]
pub(super) struct GraphqlReading {
    /// The logins.
    pub(super) batch: LoginBatch,
    /// There is a document.
    pub(super) has_document: bool,
    /// A persisted query, whose variables have no password: it may be a login.
    pub(super) may_be_login: bool,
    /// Something is not plainly GraphQL.
    pub(super) is_unreadable: bool,
}

/// The documents of a request, and the variables that belong to them.
pub(super) struct GraphqlRequest<'f> {
    fields: &'f GraphqlFields,
    /// What JSON has, each with its own variables.
    entries: Vec<GraphqlEntry>,
    /// What parameters have. Their variables may be those of every entry.
    parameters: GraphqlEntry,
    /// The variables of parameters such as `variables[password]`.
    bracketed: Vec<(String, GraphqlValue)>,
    is_unreadable: bool,
}

#[derive(Default)]
struct GraphqlEntry {
    documents: Vec<String>,
    variables: Vec<GraphqlValue>,
    /// A document that the server keeps is named.
    names_document: bool,
}

/// Keys with which servers look up a document of theirs.
const REFERENCES: [&str; 6] = ["id", "queryid", "documentid", "doc_id", "operationid", "hash"];

/// The most objects of variables among the parameters: each may be that of every entry.
const MAX_SHARED: usize = 4;

impl<'f> GraphqlRequest<'f> {
    pub(super) fn new(fields: &'f GraphqlFields) -> Self {
        Self {
            fields,
            entries: Vec::new(),
            parameters: GraphqlEntry::default(),
            bracketed: Vec::new(),
            is_unreadable: false,
        }
    }

    /// Takes a parameter of a query, a form or a multipart form.
    pub(super) fn parameter(&mut self, name: &[u8], value: &[u8]) {
        let name = String::from_utf8_lossy(name);
        let mut segments = name.split(|c: char| c != '_' && !c.is_ascii_alphanumeric());
        let mut segments = segments.by_ref().filter(|segment| !segment.is_empty());
        let key = segments.next().unwrap_or_default().to_ascii_lowercase();
        match key.as_str() {
            "query" => match std::str::from_utf8(value) {
                Ok(text) => self.parameters.documents.push(text.to_owned()),
                Err(_) => self.is_unreadable = true,
            },
            "variables" => match segments.next() {
                None => self.is_unreadable |= !self.parameters.take_variables_text(value),
                Some(variable) => {
                    // Deeper names stand for an input object: the innermost is its key.
                    let text = String::from_utf8_lossy(value).into_owned();
                    let value = GraphqlValue::Text(text);
                    let value = match segments.last() {
                        Some(key) => GraphqlValue::Object(vec![(key.to_owned(), value)]),
                        None => value,
                    };
                    self.bracketed.push((variable.to_owned(), value));
                }
            },
            "operations" => self.json(value),
            key => self.parameters.names_document |= REFERENCES.contains(&key),
        }
    }

    /// Takes a JSON text.
    pub(super) fn json(&mut self, text: &[u8]) {
        let is_request = match GraphqlValue::from_json(text) {
            Some(GraphqlValue::List(entries)) => {
                let mut is_request = true;
                for entry in entries {
                    is_request &= self.entry(entry);
                }
                is_request
            }
            Some(entry) => self.entry(entry),
            None => false,
        };
        self.is_unreadable |= !is_request;
    }

    /// Takes a bare document.
    pub(super) fn document(&mut self, text: &[u8]) {
        match std::str::from_utf8(text) {
            Ok(text) => self
                .entries
                .push(GraphqlEntry { documents: vec![text.to_owned()], ..GraphqlEntry::default() }),
            Err(_) => self.is_unreadable = true,
        }
    }

    fn entry(&mut self, entry: GraphqlValue) -> bool {
        let GraphqlValue::Object(members) = entry else { return false };
        let mut read = GraphqlEntry::default();
        let mut is_request = true;
        for (key, value) in members {
            match (key.trim().to_ascii_lowercase().as_str(), value) {
                (_, GraphqlValue::Nothing) => {}
                ("query", GraphqlValue::Text(text)) => read.documents.push(text),
                ("variables", GraphqlValue::Text(text)) => {
                    is_request &= read.take_variables_text(text.as_bytes());
                }
                ("variables", value @ GraphqlValue::Object(_)) => read.variables.push(value),
                ("query" | "variables", _) => is_request = false,
                (key, _) => read.names_document |= REFERENCES.contains(&key),
            }
        }
        self.entries.push(read);
        is_request
    }

    /// Finds the logins.
    pub(super) fn read(mut self) -> GraphqlReading {
        if !self.bracketed.is_empty() {
            self.parameters
                .variables
                .push(GraphqlValue::Object(std::mem::take(&mut self.bracketed)));
        }
        let mut found =
            GraphqlReading { is_unreadable: self.is_unreadable, ..GraphqlReading::default() };
        let shared = self.parameters.variables.as_slice();
        let (few, _) = shared.split_at_checked(MAX_SHARED).unwrap_or((shared, &[]));
        found.is_unreadable |= few.len() < shared.len();
        let own = self.entries.iter().flat_map(|entry| entry.variables.iter());
        let all: Vec<_> = few.iter().chain(own).collect();
        let has_document = |entry: &GraphqlEntry| !entry.documents.is_empty();
        let any_document = self.entries.iter().any(has_document) || has_document(&self.parameters);
        found.has_document = any_document;
        let mut lookup = GraphqlLookup { fields: self.fields, steps: 0, elsewhere: any_document };
        found.take(&self.parameters, &all, &mut lookup);
        lookup.elsewhere = has_document(&self.parameters);
        for entry in &self.entries {
            let variables: Vec<_> = few.iter().chain(&entry.variables).collect();
            found.take(entry, &variables, &mut lookup);
        }
        found
    }
}

/// What all entries of a request share.
struct GraphqlLookup<'f> {
    fields: &'f GraphqlFields,
    steps: u32,
    /// There are documents beside those of the entry.
    elsewhere: bool,
}

impl GraphqlEntry {
    /// Takes variables that are JSON in a text; returns whether they are.
    fn take_variables_text(&mut self, text: &[u8]) -> bool {
        if text.trim_ascii().is_empty() {
            return true;
        }
        match GraphqlValue::from_json(text) {
            Some(GraphqlValue::Nothing) => true,
            Some(object @ GraphqlValue::Object(_)) => {
                self.variables.push(object);
                true
            }
            _ => false,
        }
    }
}

impl GraphqlReading {
    fn take(
        &mut self,
        entry: &GraphqlEntry,
        variables: &[&GraphqlValue],
        shared: &mut GraphqlLookup<'_>,
    ) {
        let mut resolver =
            ArgumentResolver { fields: shared.fields, variables, steps: shared.steps };
        let mut calls = 0_u32;
        for text in &entry.documents {
            let Ok(document) = GraphqlDocument::read(text, &shared.fields.field) else {
                self.is_unreadable = true;
                continue;
            };
            calls = calls.saturating_add(document.calls);
            for arguments in &document.arguments {
                self.batch.keep(&resolver.login(arguments, &document.defaults));
            }
        }
        self.batch.count(calls);
        let has_any = entry.names_document || !entry.variables.is_empty();
        let is_persisted = entry.documents.is_empty() && !shared.elsewhere && has_any;
        if calls == 0 && !variables.is_empty() && (entry.names_document || is_persisted) {
            let values = resolver.variables_alone();
            if !values.passwords.is_empty() {
                self.batch.count(1);
                self.batch.keep(&values);
            } else {
                self.may_be_login |= is_persisted;
            }
        }
        self.is_unreadable |= resolver.is_exhausted();
        shared.steps = resolver.steps;
    }
}
