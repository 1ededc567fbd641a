//! From YAML to a tree of texts with their lines.

use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span};

use crate::Origin;
use crate::node::{Content, Entry, Node};

/// Why a text is not YAML, or not YAML that a configuration can be.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct YamlError {
    pub(crate) line: usize,
    pub(crate) reason: String,
}

/// Reads one document. `origin` says where the text came from; lines are put in.
pub(crate) fn parse(text: &str, origin: &Origin) -> Result<Node, YamlError> {
    parse_with_doubles(text, origin).map(|(node, _)| node)
}

/// The same, with the keys that stand twice in a section. The last one counts, as it does
/// with Go's library.
pub(crate) fn parse_with_doubles(
    text: &str,
    origin: &Origin,
) -> Result<(Node, Vec<Double>), YamlError> {
    let mut reading = Reading {
        events: Parser::new_from_str(text),
        origin,
        anchors: HashMap::new(),
        nodes: 0,
        doubles: Vec::new(),
    };
    let node = reading.document()?;
    Ok((node, reading.doubles))
}

/// A key that has stood there before.
pub(crate) struct Double {
    pub(crate) key: String,
    pub(crate) origin: Origin,
}

struct Reading<'a> {
    events: Parser<'a, granit_parser::StrInput<'a>>,
    origin: &'a Origin,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    doubles: Vec<Double>,
}

// === impl Reading ===

impl<'a> Reading<'a> {
    fn document(&mut self) -> Result<Node, YamlError> {
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentStart(..) => {}
                Event::StreamEnd | Event::DocumentEnd => {
                    return Ok(Node::null(self.at(span)));
                }
                node => {
                    let node = self.node(node, span)?;
                    return self.end().map(|()| node);
                }
            }
        }
    }

    /// Distribution reads the first document and forgets the rest; a second one is a mistake.
    fn end(&mut self) -> Result<(), YamlError> {
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => return Ok(()),
                Event::DocumentEnd | Event::DocumentStart(..) => {}
                // A file may end with `---`.
                Event::Scalar(text, ScalarStyle::Plain, ..) if matches!(&*text, "" | "~") => {}
                _ => return Err(refuse(span, "a second document: there can be only one")),
            }
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span) -> Result<Node, YamlError> {
        self.count(1, span)?;
        let origin = self.at(span);
        let (anchor, content) = match event {
            Event::Scalar(text, style, anchor, _) => {
                let plain = style == ScalarStyle::Plain;
                let null = plain && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                let content = if null {
                    Content::Null
                } else {
                    Content::Scalar(text.into_owned())
                };
                (anchor, content)
            }
            Event::SequenceStart(_, anchor, _) => (anchor, Content::List(self.list()?)),
            Event::MappingStart(_, anchor, _) => (anchor, Content::Map(self.map()?)),
            Event::Alias(anchor) => {
                let node = self.anchors.get(&anchor).cloned();
                let node = node.ok_or_else(|| refuse(span, "an alias within its own anchor"))?;
                self.count(size(&node), span)?;
                (0, node.content)
            }
            _ => return Err(refuse(span, "not a value")),
        };
        let node = Node { origin, content };
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn list(&mut self) -> Result<Vec<Node>, YamlError> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(items),
                (event, span) => items.push(self.node(event, span)?),
            }
        }
    }

    fn map(&mut self) -> Result<Vec<Entry>, YamlError> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut merged = Vec::new();
        loop {
            let (event, span) = self.next()?;
            let (key, plain) = match event {
                Event::MappingEnd => break,
                Event::Scalar(text, style, ..) => (text.into_owned(), style == ScalarStyle::Plain),
                _ => return Err(refuse(span, "a key must be a text")),
            };
            let (event, value) = self.next()?;
            let node = self.node(event, value)?;
            if key == "<<" && plain {
                merge(&node, &mut merged);
            } else {
                let origin = self.at(span);
                if let Some(first) = entries.iter().position(|entry| entry.key == key) {
                    entries.remove(first);
                    let (key, origin) = (key.clone(), origin.clone());
                    self.doubles.push(Double { key, origin });
                }
                entries.push(Entry { key, origin, node });
            }
        }
        for entry in merged {
            if entries.iter().all(|own| own.key != entry.key) {
                entries.push(entry);
            }
        }
        Ok(entries)
    }

    fn next(&mut self) -> Result<(Event<'a>, Span), YamlError> {
        let event = self.events.next_event();
        let event = event.ok_or_else(|| YamlError {
            line: 1,
            reason: "the text ends in the middle".to_owned(),
        })?;
        event.map_err(|error| broken(&error))
    }

    fn count(&mut self, more: usize, span: Span) -> Result<(), YamlError> {
        self.nodes += more;
        if self.nodes > MOST_NODES {
            return Err(refuse(span, "more values than any configuration has"));
        }
        Ok(())
    }

    fn at(&self, span: Span) -> Origin {
        self.origin.at(span.start.line())
    }
}

/// `<<: *defaults` or `<<: [*a, *b]`: what is named first wins.
fn merge(node: &Node, merged: &mut Vec<Entry>) {
    for map in std::iter::once(node).chain(node.items()) {
        for entry in map.entries() {
            if merged.iter().all(|own| own.key != entry.key) {
                merged.push(entry.clone());
            }
        }
    }
}

fn size(node: &Node) -> usize {
    let items = node.items().iter().map(size);
    let entries = node.entries().iter().map(|entry| size(&entry.node));
    1 + items.chain(entries).sum::<usize>()
}

fn refuse(span: Span, reason: &str) -> YamlError {
    YamlError {
        line: span.start.line(),
        reason: reason.to_owned(),
    }
}

fn broken(error: &ScanError) -> YamlError {
    YamlError {
        line: error.marker().line(),
        reason: error.info(),
    }
}

/// Aliases of aliases can grow a short text without end.
const MOST_NODES: usize = 100_000;
