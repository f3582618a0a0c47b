//! The logins of a request that keep their own username and password, beside the fields that
//! `collect` finds: calls of GraphQL and XML-RPC, and the elements of an array of JSON.

use super::batch::{LoginBatch, LoginValues};
use super::fields::CredentialFields;
use super::graphql::{GraphqlReading, GraphqlRequest};
use super::json::JsonShape;
use super::media::{self, Media};
use super::reading::{Candidate, MAX_CANDIDATES};
use super::xmlrpc;
use crate::request::headers::Headers;
use crate::request::urlencoded;

/// What is read of them, piece by piece.
pub(super) struct SeveralLogins<'f> {
    graphql: Option<GraphqlRequest<'f>>,
    reads_xmlrpc: bool,
    /// The body was a call in XML-RPC.
    is_xmlrpc: bool,
    calls: LoginBatch,
    elements: JsonElements,
}

/// What was read of them.
pub(super) struct SeveralRead {
    batch: LoginBatch,
    /// The logins are those of an array, whose fields `collect` has found too.
    pub(super) is_array: bool,
    /// It was plainly something else than a login.
    pub(super) is_other_request: bool,
    /// It may be a login whose credentials are not in the request.
    pub(super) may_be_login: bool,
    pub(super) is_unreadable: bool,
}

impl<'f> SeveralLogins<'f> {
    pub(super) fn new(fields: &'f CredentialFields) -> Self {
        Self {
            graphql: fields.graphql.as_ref().map(GraphqlRequest::new),
            reads_xmlrpc: fields.xmlrpc,
            is_xmlrpc: false,
            calls: LoginBatch::default(),
            elements: JsonElements::default(),
        }
    }

    /// Takes the parameters of an address or a form.
    pub(super) fn parameters(&mut self, text: &[u8]) {
        if let Some(graphql) = &mut self.graphql {
            for (name, value) in urlencoded::pairs(text) {
                graphql.parameter(&name, &value);
            }
        }
    }

    /// Takes a field of a multipart form.
    pub(super) fn parameter(&mut self, name: &[u8], value: &[u8]) {
        if let Some(graphql) = &mut self.graphql {
            graphql.parameter(name, value);
        }
    }

    /// Takes a body that is neither JSON nor a form; returns whether it is plain. `None` if it is
    /// read as another.
    pub(super) fn other_body(&mut self, headers: Headers<'_>, text: &[u8]) -> Option<bool> {
        if self.reads_xmlrpc && text.trim_ascii_start().starts_with(b"<") {
            let calls = xmlrpc::read(text);
            self.is_xmlrpc = calls.is_some();
            self.calls = calls.unwrap_or_default();
            return Some(self.is_xmlrpc);
        }
        let graphql = self.graphql.as_mut().filter(|_| media::is_graphql(headers))?;
        graphql.document(text);
        Some(true)
    }

    /// Takes a body that was read as JSON and as a form.
    pub(super) fn body(&mut self, shape: JsonShape, media: Media, text: &[u8]) {
        if let Some(graphql) = &mut self.graphql {
            if shape != JsonShape::Other {
                graphql.json(text);
            }
            // An address within a JSON value may have a `&query=`.
            if shape != JsonShape::Document || !matches!(media, Media::Json(_)) {
                self.parameters(text);
            }
        }
    }

    /// Takes a credential of an element of an array.
    pub(super) fn element(&mut self, at: usize, value: &[u8], is_password: bool) {
        self.elements.take(at, value, is_password);
    }

    /// Finds the logins.
    pub(super) fn read(self) -> SeveralRead {
        let graphql = self.graphql.map(GraphqlRequest::read).unwrap_or_default();
        let GraphqlReading { batch, has_document, may_be_login, is_unreadable } = graphql;
        let elements = self.elements.end();
        let is_array = elements.attempts() > 1;
        let batches = [batch, self.calls, elements];
        let mut all = batches.into_iter().filter(|batch| batch.attempts() > 0);
        let batch = all.next().unwrap_or_default();
        SeveralRead {
            is_array,
            is_other_request: batch.attempts() == 0 && (self.is_xmlrpc || has_document),
            may_be_login,
            is_unreadable,
            batch,
        }
    }
}

impl SeveralRead {
    pub(super) fn has_password(&self) -> bool {
        self.batch.has_password()
    }

    /// Whether one of the logins has several values for a credential, or `has_other`: there is a
    /// password beside them.
    pub(super) fn is_ambiguous(&self, has_other: bool) -> bool {
        !self.is_array && (self.batch.is_ambiguous() || (self.batch.has_password() && has_other))
    }

    /// How many logins there are beside the first.
    pub(super) fn further_attempts(&self) -> u32 {
        self.batch.attempts().saturating_sub(1)
    }

    /// All candidates: the paired ones, and those of `others` that add a value.
    pub(super) fn candidates(self, others: Vec<Candidate>) -> Vec<Candidate> {
        let mut all = self.batch.into_candidates();
        for other in others {
            let has_name = all.iter().any(|known| known.username == other.username);
            let has_password = all.iter().any(|known| known.password == other.password);
            let adds = !(has_name || other.username.is_none())
                || !(has_password || other.password.is_none());
            if adds && all.len() < MAX_CANDIDATES {
                all.push(other);
            }
        }
        all
    }
}

/// The elements of an array of JSON, one after the other.
#[derive(Default)]
struct JsonElements {
    at: usize,
    values: LoginValues,
    batch: LoginBatch,
}

impl JsonElements {
    fn take(&mut self, at: usize, value: &[u8], is_password: bool) {
        if at != self.at {
            self.flush();
            self.at = at;
        }
        let LoginValues { usernames, passwords, .. } = &mut self.values;
        let values = if is_password { passwords } else { usernames };
        values.push(value.to_vec());
    }

    fn flush(&mut self) {
        let values = std::mem::take(&mut self.values);
        if !values.passwords.is_empty() {
            self.batch.count(1);
            self.batch.keep(&values);
        }
    }

    fn end(mut self) -> LoginBatch {
        self.flush();
        // One login is one: `collect` has its values, and knows which of them differ.
        if self.batch.attempts() > 1 { self.batch } else { LoginBatch::default() }
    }
}
