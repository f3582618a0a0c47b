//! A call in XML-RPC: its method and its parameters, by the grammar that clients keep to.
//!
//! WordPress takes more: values without `<value>`, elements in any order. Such a text is refused
//! here, which makes the attempt unreadable.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::xml::{NoXml, XmlLexer, XmlToken as Token};

/// The deepest nesting of values. `system.multicall` needs four levels.
const MAX_DEPTH: usize = 32;

/// A parameter, or a part of one. Never printed: passwords are among them.
#[derive(PartialEq, Eq)]
pub(super) enum XmlRpcValue {
    /// A string.
    Text(Vec<u8>),
    /// A number, a date or nothing: PHP makes another text of it than the one that is written.
    Inexact(Vec<u8>),
    Array(Vec<XmlRpcValue>),
    /// Names and values in their order, equal names included.
    Struct(Vec<(String, XmlRpcValue)>),
}

/// A whole call.
pub(super) struct XmlRpcCall {
    pub(super) method: String,
    pub(super) parameters: Vec<XmlRpcValue>,
}

impl XmlRpcCall {
    pub(super) fn read(body: &[u8]) -> Result<Self, NoXml> {
        let mut lexer = XmlLexer::new(body)?;
        let next = lexer.token()?;
        let mut reader = CallReader { lexer, next, depth: 0 };
        reader.open("methodCall")?;
        reader.open("methodName")?;
        let method = reader.text_until("methodName")?;
        let mut parameters = Vec::new();
        if !reader.takes(&Token::Empty("params"))? && reader.takes(&Token::Open("params"))? {
            while !reader.takes(&Token::Close("params"))? {
                reader.open("param")?;
                parameters.push(reader.value()?);
                reader.close("param")?;
            }
        }
        reader.close("methodCall")?;
        reader.skip_blanks()?;
        match reader.next {
            None => Ok(Self { method: method.trim().to_owned(), parameters }),
            Some(_) => Err(NoXml),
        }
    }
}

struct CallReader<'a> {
    lexer: XmlLexer<'a>,
    next: Option<Token<'a>>,
    depth: usize,
}

impl<'a> CallReader<'a> {
    fn take(&mut self) -> Result<Token<'a>, NoXml> {
        let next = self.lexer.token()?;
        std::mem::replace(&mut self.next, next).ok_or(NoXml)
    }

    /// Skips text between elements, which must be blank.
    fn skip_blanks(&mut self) -> Result<(), NoXml> {
        while let Some(Token::Text(text)) = &self.next {
            if !text.trim().is_empty() {
                return Err(NoXml);
            }
            self.take()?;
        }
        Ok(())
    }

    fn takes(&mut self, token: &Token<'_>) -> Result<bool, NoXml> {
        self.skip_blanks()?;
        let is_next = self.next.as_ref() == Some(token);
        if is_next {
            self.take()?;
        }
        Ok(is_next)
    }

    fn open(&mut self, name: &str) -> Result<(), NoXml> {
        if self.takes(&Token::Open(name))? { Ok(()) } else { Err(NoXml) }
    }

    fn close(&mut self, name: &str) -> Result<(), NoXml> {
        if self.takes(&Token::Close(name))? { Ok(()) } else { Err(NoXml) }
    }

    /// The text that comes next; empty if something else does.
    fn text(&mut self) -> Result<String, NoXml> {
        let Some(Token::Text(text)) = &mut self.next else { return Ok(String::new()) };
        let text = std::mem::take(text);
        self.take()?;
        Ok(text)
    }

    /// The text of an element that is open, and its end.
    fn text_until(&mut self, name: &str) -> Result<String, NoXml> {
        let text = self.text()?;
        if self.take()? == Token::Close(name) { Ok(text) } else { Err(NoXml) }
    }

    fn value(&mut self) -> Result<XmlRpcValue, NoXml> {
        if self.takes(&Token::Empty("value"))? {
            return Ok(XmlRpcValue::Text(Vec::new()));
        }
        self.open("value")?;
        let text = self.text()?;
        let typed = match self.take()? {
            Token::Close("value") => return Ok(XmlRpcValue::Text(text.into_bytes())),
            Token::Empty(kind) => scalar(kind, String::new())?,
            Token::Open(kind) => self.typed(kind)?,
            _ => return Err(NoXml),
        };
        self.close("value")?;
        if text.trim().is_empty() { Ok(typed) } else { Err(NoXml) }
    }

    fn typed(&mut self, kind: &str) -> Result<XmlRpcValue, NoXml> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(NoXml);
        }
        let value = match kind {
            "array" => {
                let mut values = Vec::new();
                if !self.takes(&Token::Empty("data"))? {
                    self.open("data")?;
                    while !self.takes(&Token::Close("data"))? {
                        values.push(self.value()?);
                    }
                }
                self.close("array")?;
                XmlRpcValue::Array(values)
            }
            "struct" => {
                let mut members = Vec::new();
                while !self.takes(&Token::Close("struct"))? {
                    self.open("member")?;
                    self.open("name")?;
                    let name = self.text_until("name")?;
                    members.push((name.trim().to_owned(), self.value()?));
                    self.close("member")?;
                }
                XmlRpcValue::Struct(members)
            }
            kind => {
                let text = self.text_until(kind)?;
                scalar(kind, text)?
            }
        };
        self.depth -= 1;
        Ok(value)
    }
}

fn scalar(kind: &str, text: String) -> Result<XmlRpcValue, NoXml> {
    match kind {
        "string" => Ok(XmlRpcValue::Text(text.into_bytes())),
        "base64" => {
            let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
            BASE64_STANDARD.decode(digits).map(XmlRpcValue::Text).map_err(|_| NoXml)
        }
        "int" | "i4" | "i8" | "boolean" | "double" | "dateTime.iso8601" | "nil" | "ex:nil" => {
            Ok(XmlRpcValue::Inexact(text.into_bytes()))
        }
        "struct" => Ok(XmlRpcValue::Struct(Vec::new())),
        _ => Err(NoXml),
    }
}
