//! A GraphQL document: every call of the login field in it, and the defaults of its variables.
//!
//! A reader of our own, by the grammar of the specification (October 2021, section 2). It takes some
//! 30 KB of the module; a crate would take more (`apollo-parser` 112 KB, `graphql-parser` 158 KB,
//! `async-graphql-parser` 230 KB), and has dozens of places that can panic, which a request must not
//! reach. Here the depth is bounded, nothing is kept but logins, and a text that is not plainly
//! GraphQL is refused.
//!
//! Fragments need not be put in their places: a server executes no call that is not written
//! somewhere in the document, and one that is executed twice has the same arguments twice. So every
//! call counts, in whichever operation or fragment it is, and no operation name is trusted.

use super::lexer::{GraphqlLexer, GraphqlToken as Token, NoGraphql};
use super::value::GraphqlValue;
use crate::request::credentials::reading::MAX_CANDIDATES;

/// The deepest nesting of selections and values. Introspection, the deepest common query, has 13.
const MAX_DEPTH: usize = 64;

/// The arguments of one call.
pub(super) type Arguments = Vec<(String, GraphqlValue)>;

/// What a document has of logins.
#[derive(Default)]
pub(super) struct GraphqlDocument {
    /// The calls of the login field with arguments.
    pub(super) calls: u32,
    /// The arguments of the first few of them.
    pub(super) arguments: Vec<Arguments>,
    /// The defaults of the variables, of all operations.
    pub(super) defaults: Arguments,
}

impl GraphqlDocument {
    /// Reads a document, looking for calls of one of these fields.
    pub(super) fn read(text: &str, fields: &[String]) -> Result<Self, NoGraphql> {
        let mut lexer = GraphqlLexer::new(text);
        let next = lexer.token()?;
        let mut reader = DocumentReader { lexer, next, fields, depth: 0, found: Self::default() };
        while reader.next.is_some() {
            reader.definition()?;
        }
        Ok(reader.found)
    }
}

struct DocumentReader<'a> {
    lexer: GraphqlLexer<'a>,
    next: Option<Token<'a>>,
    fields: &'a [String],
    depth: usize,
    found: GraphqlDocument,
}

type Parsed<T = ()> = Result<T, NoGraphql>;

impl<'a> DocumentReader<'a> {
    fn take(&mut self) -> Parsed<Token<'a>> {
        let next = self.lexer.token()?;
        std::mem::replace(&mut self.next, next).ok_or(NoGraphql)
    }

    fn sees(&self, sign: u8) -> bool {
        self.next == Some(Token::Sign(sign))
    }

    fn takes(&mut self, sign: u8) -> Parsed<bool> {
        let sees = self.sees(sign);
        if sees {
            self.take()?;
        }
        Ok(sees)
    }

    fn expect(&mut self, sign: u8) -> Parsed {
        if self.takes(sign)? { Ok(()) } else { Err(NoGraphql) }
    }

    fn name(&mut self) -> Parsed<&'a str> {
        match self.take()? {
            Token::Name(name) => Ok(name),
            _ => Err(NoGraphql),
        }
    }

    /// Reads items up to the sign that closes them, one level deeper.
    fn until(&mut self, close: u8, mut item: impl FnMut(&mut Self) -> Parsed) -> Parsed {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(NoGraphql);
        }
        while !self.takes(close)? {
            item(self)?;
        }
        self.depth -= 1;
        Ok(())
    }

    fn definition(&mut self) -> Parsed {
        if !self.sees(b'{') {
            match self.name()? {
                "query" | "mutation" | "subscription" => {
                    if matches!(self.next, Some(Token::Name(_))) {
                        self.take()?;
                    }
                }
                "fragment" => {
                    self.name()?;
                }
                // Of a schema, or of another language.
                _ => return Err(NoGraphql),
            }
            if self.takes(b'(')? {
                self.until(b')', Self::variable_definition)?;
            }
            if self.next == Some(Token::Name("on")) {
                self.take()?;
                self.name()?;
            }
            self.directives()?;
        }
        self.selections()
    }

    fn variable_definition(&mut self) -> Parsed {
        self.expect(b'$')?;
        let name = self.name()?;
        self.expect(b':')?;
        self.type_reference()?;
        if self.takes(b'=')? {
            let value = self.value()?;
            self.found.defaults.push((name.to_owned(), value));
        }
        self.directives()
    }

    fn type_reference(&mut self) -> Parsed {
        if self.takes(b'[')? {
            self.until(b']', Self::type_reference)?;
        } else {
            self.name()?;
        }
        self.takes(b'!').map(drop)
    }

    fn directives(&mut self) -> Parsed {
        while self.takes(b'@')? {
            self.name()?;
            self.arguments()?;
        }
        Ok(())
    }

    fn selections(&mut self) -> Parsed {
        self.expect(b'{')?;
        self.until(b'}', Self::selection)
    }

    fn selection(&mut self) -> Parsed {
        if self.next == Some(Token::Spread) {
            self.take()?;
            // A fragment's name, or `on` and a type.
            if let Some(Token::Name(word)) = self.next {
                self.take()?;
                if word == "on" {
                    self.name()?;
                }
            }
            self.directives()?;
        } else {
            let mut field = self.name()?;
            if self.takes(b':')? {
                field = self.name()?;
            }
            let arguments = self.arguments()?;
            // Without arguments it is a field such as `user { login }`.
            if !arguments.is_empty() && self.fields.iter().any(|wanted| wanted == field) {
                self.found.calls = self.found.calls.saturating_add(1);
                if !self.found.arguments.contains(&arguments)
                    && self.found.arguments.len() < MAX_CANDIDATES
                {
                    self.found.arguments.push(arguments);
                }
            }
            self.directives()?;
        }
        if self.sees(b'{') { self.selections() } else { Ok(()) }
    }

    fn arguments(&mut self) -> Parsed<Arguments> {
        let mut arguments = Vec::new();
        if self.takes(b'(')? {
            self.until(b')', |reader| reader.entry(&mut arguments))?;
        }
        Ok(arguments)
    }

    fn entry(&mut self, into: &mut Arguments) -> Parsed {
        let name = self.name()?.to_owned();
        self.expect(b':')?;
        into.push((name, self.value()?));
        Ok(())
    }

    fn value(&mut self) -> Parsed<GraphqlValue> {
        Ok(match self.take()? {
            Token::Text(text) => GraphqlValue::Text(text.into_owned()),
            Token::Block(text) => GraphqlValue::Inexact(text.trim().to_owned()),
            Token::Number(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                GraphqlValue::Text(text.to_owned())
            }
            Token::Number(text) => GraphqlValue::Inexact(text.to_owned()),
            Token::Name("null" | "true" | "false") => GraphqlValue::Nothing,
            Token::Name(word) => GraphqlValue::Text(word.to_owned()),
            Token::Sign(b'$') => GraphqlValue::Variable(self.name()?.to_owned()),
            Token::Sign(b'[') => {
                let mut values = Vec::new();
                self.until(b']', |reader| {
                    values.push(reader.value()?);
                    Ok(())
                })?;
                GraphqlValue::List(values)
            }
            Token::Sign(b'{') => {
                let mut entries = Vec::new();
                self.until(b'}', |reader| reader.entry(&mut entries))?;
                GraphqlValue::Object(entries)
            }
            Token::Sign(_) | Token::Spread => return Err(NoGraphql),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn calls(text: &str) -> Result<u32, NoGraphql> {
        GraphqlDocument::read(text, &["login".to_owned()]).map(|document| document.calls)
    }

    #[test]
    fn every_call_of_the_login_counts_wherever_it_is() {
        for (text, expected) in [
            ("{ login(a: 1) }", 1),
            ("mutation { login(email: \"a\", password: \"b\") { token } }", 1),
            (
                "mutation Login($e: String!, $p: [String!]! = [\"x\"] @d(a: 1)) @live { login(e: $e) }",
                1,
            ),
            (
                "mutation { a: login(e: 1) b: login(e: 2) auth { c: login(e: 3) @skip(if: true) } }",
                3,
            ),
            ("query A { me } mutation B { login(e: 1) } query C { x: login(e: 1) }", 2),
            ("mutation { ...F ...F } fragment F on Mutation { login(e: 1) }", 1),
            ("mutation { ... on Mutation @a { login(e: 1) } ... { login(e: 2) } }", 2),
            ("mutation { ... @include(if: true) { login(e: {f: [{g: $h}], i: ENUM}) } }", 1),
            ("{ login: me(a: 1) }", 0),
            ("{ viewer { login } repository(login: \"a\") { owner { login } } }", 0),
            ("{ Login(a: 1) loginUser(a: 1) }", 0),
            ("subscription { login(a: null) }", 1),
            ("#comment\n{a,b,c}", 0),
            ("", 0),
        ] {
            assert_eq!(calls(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_executable_document_is_refused() {
        for text in [
            "{",
            "}",
            "{ login(",
            "{ login(a:) }",
            "{ login(a: 1",
            "login(a: 1)",
            "{ a }}",
            "type Mutation { login(a: Int): Int }",
            "mutation login(a: 1)",
            "{ login(a: $) }",
            "{ ...on }",
            "{ \"a\" }",
            "{ a! }",
            "query ($a) { b }",
            "{ a @ }",
            "query { a } x",
            "{ login(a = 1) }",
            "{\"query\":\"{a}\"}",
            "query=%7Ba%7D",
        ] {
            assert_eq!(calls(text), Err(NoGraphql), "{text}");
        }
    }

    #[test]
    fn nesting_is_bounded_and_length_is_not() {
        let nested = |depth: usize| format!("{}a{}", "{a".repeat(depth), "}".repeat(depth));
        assert_eq!(calls(&nested(MAX_DEPTH)), Ok(0));
        assert_eq!(calls(&nested(MAX_DEPTH + 1)), Err(NoGraphql));
        let list =
            |depth: usize| format!("{{login(a:{}{})}}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(calls(&list(MAX_DEPTH - 2)), Ok(1));
        assert_eq!(calls(&list(100_000)), Err(NoGraphql));
        let aliases: String = (0..10_000).map(|i| format!("a{i}:login(p:{i})")).collect();
        assert_eq!(calls(&format!("{{{aliases}}}")), Ok(10_000));
    }

    proptest! {
        #[test]
        fn never_panics(text: String, hostile in "[{}()\\[\\]:$!@=a\"., ]{0,60}") {
            let _ = (calls(&text), calls(&hostile), calls(&format!("{{login{hostile}")));
        }
    }
}
