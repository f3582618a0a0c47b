//! YAML documents as control planes read them, with the place of every value.
//!
//! JSON is read by the same parser, because it is YAML. Kubernetes converts YAML 1.1 to JSON
//! before anything else sees it (`scalar`), so that is what a plain scalar means here. Anchors are
//! replaced by what they stand for, and the size of a document is bounded.

pub(super) mod scalar;

use std::collections::BTreeMap;

use granit_parser::{Event, Marker, Parser, ScalarStyle};

/// A line and a column, both counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TextPosition {
    pub line: usize,
    pub column: usize,
}

impl TextPosition {
    /// The parser counts lines from 1 and columns from 0.
    fn of(marker: Marker) -> Self {
        Self { line: marker.line(), column: marker.col() + 1 }
    }
}

/// A value of a document.
#[derive(Clone, Debug)]
pub(super) struct YamlNode {
    pub at: TextPosition,
    pub kind: YamlKind,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(super) enum YamlKind {
    /// A text; a plain one may mean a number, for example.
    Scalar { text: String, style: ScalarStyle },
    /// A list.
    List(Vec<YamlNode>),
    /// Keys and values, in their order.
    Map(Vec<(YamlNode, YamlNode)>),
}

/// More values than any manifest has; an alias counts as what it stands for.
const MAX_NODES: usize = 1 << 20;

/// Why a text is not YAML.
#[derive(Clone, Debug)]
pub(super) struct YamlError {
    pub at: TextPosition,
    pub what: String,
}

/// Reads all documents of a text.
///
/// # Errors
/// It is not YAML.
pub(super) fn parse(text: &str) -> Result<Vec<YamlNode>, YamlError> {
    let mut builder = TreeBuilder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| YamlError {
            at: TextPosition::of(*error.marker()),
            what: error.info(),
        })?;
        let at = TextPosition::of(span.start);
        builder.take(event, at).map_err(|what| YamlError { at, what: what.to_owned() })?;
    }
    Ok(builder.documents)
}

/// A list or an object that has begun.
struct OpenNode {
    anchor: usize,
    node: YamlNode,
    key: Option<YamlNode>,
}

/// Makes trees of a parser's events.
#[derive(Default)]
struct TreeBuilder {
    documents: Vec<YamlNode>,
    open: Vec<OpenNode>,
    anchors: BTreeMap<usize, (YamlNode, usize)>,
    nodes: usize,
}

impl TreeBuilder {
    fn take(&mut self, event: Event<'_>, at: TextPosition) -> Result<(), &'static str> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                // `!!str 1` is a text, as if it were quoted.
                let is_text = tag.is_some_and(|tag| tag.is_yaml_core_schema_tag("str"));
                let style = if is_text { ScalarStyle::DoubleQuoted } else { style };
                let kind = YamlKind::Scalar { text: text.into_owned(), style };
                self.add(YamlNode { at, kind }, anchor, 1)
            }
            Event::SequenceStart(_, anchor, _) => {
                self.begin(YamlKind::List(Vec::new()), anchor, at)
            }
            Event::MappingStart(_, anchor, _) => self.begin(YamlKind::Map(Vec::new()), anchor, at),
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(ended) = self.open.pop() else { return Ok(()) };
                let size = if ended.anchor == 0 { 0 } else { size(&ended.node) };
                self.nodes = self.nodes.saturating_sub(size);
                self.add(ended.node, ended.anchor, size)
            }
            Event::Alias(anchor) => {
                let (node, size) = self.anchors.get(&anchor).ok_or("an alias of nothing")?;
                let (node, size) = (YamlNode { at, ..node.clone() }, *size);
                self.add(node, 0, size)
            }
            _ => Ok(()),
        }
    }

    fn begin(
        &mut self,
        kind: YamlKind,
        anchor: usize,
        at: TextPosition,
    ) -> Result<(), &'static str> {
        self.open.push(OpenNode { anchor, node: YamlNode { at, kind }, key: None });
        self.count(1)
    }

    fn count(&mut self, more: usize) -> Result<(), &'static str> {
        self.nodes = self.nodes.saturating_add(more);
        if self.nodes > MAX_NODES { Err("the document is too large") } else { Ok(()) }
    }

    /// Puts a whole value where it belongs.
    fn add(&mut self, node: YamlNode, anchor: usize, size: usize) -> Result<(), &'static str> {
        self.count(size)?;
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), size));
        }
        let Some(parent) = self.open.last_mut() else {
            self.documents.push(node);
            return Ok(());
        };
        match &mut parent.node.kind {
            YamlKind::List(items) => items.push(node),
            YamlKind::Map(entries) => match parent.key.take() {
                None => parent.key = Some(node),
                Some(key) => entries.push((key, node)),
            },
            YamlKind::Scalar { .. } => {}
        }
        Ok(())
    }
}

/// How many values a value consists of.
fn size(node: &YamlNode) -> usize {
    match &node.kind {
        YamlKind::Scalar { .. } => 1,
        YamlKind::List(items) => items.iter().map(size).sum::<usize>() + 1,
        YamlKind::Map(entries) => {
            entries.iter().map(|(key, value)| size(key) + size(value)).sum::<usize>() + 1
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_and_places_are_kept() {
        let documents = parse("a: 1\n---\n- x\n-   {b: [2, 3]}\n").expect("YAML");
        assert_eq!(documents.len(), 2);
        let YamlKind::List(items) = &documents[1].kind else { panic!("{documents:?}") };
        assert_eq!(items[1].at, TextPosition { line: 4, column: 5 });
    }

    #[test]
    fn an_alias_stands_for_its_anchor() {
        let documents = parse("a: &x {b: 1}\nc: *x\n").expect("YAML");
        let YamlKind::Map(entries) = &documents[0].kind else { panic!("{documents:?}") };
        assert!(matches!(&entries[1].1.kind, YamlKind::Map(inner) if inner.len() == 1));
    }

    #[test]
    fn aliases_of_aliases_are_no_way_to_fill_the_memory() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..10 {
            let below = format!("*a{}", level - 1);
            text += &format!("a{level}: &a{level} [{}]\n", vec![below; 10].join(", "));
        }
        let error = parse(&text).expect_err("a billion values");
        assert_eq!(error.what, "the document is too large");
    }

    #[test]
    fn json_is_read_as_well() {
        let text = "{\n\t\"a\": \"b\\u0041\\\"\",\n\t\"c\": [1, true, null]}";
        let documents = parse(text).expect("JSON");
        let YamlKind::Map(entries) = &documents[0].kind else { panic!("{documents:?}") };
        assert!(matches!(&entries[0].1.kind, YamlKind::Scalar { text, .. } if text == "bA\""));
    }
}
