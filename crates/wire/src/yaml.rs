//! Parses untrusted YAML into plain values, within limits.
//!
//! `saphyr-parser` emits events without recursion. This module builds a tree of limited depth from
//! them, in which an alias counts as many nodes as it stands for, so that nine lines of aliases
//! cannot become a billion nodes. See docs/decisions/016-yaml.md.

use std::collections::{BTreeMap, BTreeSet};

use pontoon_model::untrusted::Untrusted;
use saphyr_parser::{Event, Parser, ScalarStyle, StrInput, Tag};

/// Largest nesting depth; an inventory of groups in groups has ten levels.
const DEPTH_MAX: usize = 32;

/// Largest number of nodes, copies by aliases included: as many as a megabyte of short lines has.
const NODES_MAX: usize = 200_000;

/// Largest number of bytes in keys and scalars, copies by aliases included. No input is larger than
/// a megabyte; an alias of a long scalar is a few bytes of input, and each copy needs memory.
const TEXT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A text that is not valid YAML, or exceeds a limit.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("line {line}: {wrong}")]
pub struct YamlError {
    /// The line number, from 1.
    pub line: usize,
    /// What is wrong there.
    pub wrong: YamlErrorKind,
}

/// The reason why a YAML text is rejected.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum YamlErrorKind {
    /// The text is not YAML, with the parser's message.
    #[error("{0}")]
    Grammar(Untrusted),
    /// Tables and lists are nested deeper than `DEPTH_MAX`.
    #[error("tables and lists nest deeper than {DEPTH_MAX}")]
    TooDeep,
    /// The text has more than `NODES_MAX` nodes.
    #[error("there are more than {NODES_MAX} values, copies by aliases counted")]
    TooMany,
    /// The keys and scalars have more than `TEXT_BYTES_MAX` bytes.
    #[error("there are more than {TEXT_BYTES_MAX} bytes of text, copies by aliases counted")]
    TooLong,
    /// An alias refers to an anchor that does not exist, or that contains the alias.
    #[error("an alias stands for what is not there yet")]
    Alias,
    /// A key is a table or a list instead of text.
    #[error("a key is no text")]
    Key,
    /// A key occurs twice in a table.
    #[error("`{0}` stands here a second time")]
    Twice(Untrusted),
    /// The text has a second document.
    #[error("a second document begins; give one")]
    Documents,
    /// The text has no value.
    #[error("there is nothing")]
    Empty,
}

/// A value and the line on which it begins.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct YamlNode {
    /// The line number, from 1.
    pub line: usize,
    /// The parsed value.
    pub value: YamlValue,
}

/// A value. Numbers and booleans are kept as text, as written: their type depends on the use.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum YamlValue {
    /// An empty value, `~` or `null`.
    Null,
    /// A scalar, as written.
    Text(String),
    /// A sequence of values.
    List(Vec<YamlNode>),
    /// A mapping, in the order of the text. Keys are unique.
    Table(Vec<(String, YamlNode)>),
    /// A value with a custom tag, such as `!vault`, which changes its meaning.
    Tagged,
}

impl YamlNode {
    /// The entries of a table; `None` for other values.
    #[must_use]
    pub fn table(&self) -> Option<&[(String, Self)]> {
        match &self.value {
            YamlValue::Table(entries) => Some(entries),
            _ => None,
        }
    }

    /// The value of a key; `None` if there is none, or this is no table.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.table()?.iter().find(|(name, _)| name == key).map(|(_, node)| node)
    }

    /// The text of a scalar; `None` for other values.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            YamlValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The items of a list; empty for other values.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        match &self.value {
            YamlValue::List(items) => items,
            _ => &[],
        }
    }

    /// The number of nodes, and the bytes of their keys and scalars.
    fn size(&self) -> (usize, usize) {
        let add = |sum: (usize, usize), one: (usize, usize)| (sum.0 + one.0, sum.1 + one.1);
        match &self.value {
            YamlValue::Text(text) => (1, text.len()),
            YamlValue::List(items) => items.iter().map(Self::size).fold((1, 0), add),
            YamlValue::Table(entries) => {
                let entry = |(key, node): &(String, Self)| add((0, key.len()), node.size());
                entries.iter().map(entry).fold((1, 0), add)
            }
            YamlValue::Null | YamlValue::Tagged => (1, 0),
        }
    }

    fn depth(&self) -> usize {
        let below = match &self.value {
            YamlValue::List(items) => items.iter().map(Self::depth).max(),
            YamlValue::Table(entries) => entries.iter().map(|(_, node)| node.depth()).max(),
            YamlValue::Null | YamlValue::Text(_) | YamlValue::Tagged => None,
        };
        1 + below.unwrap_or(0)
    }
}

/// Parses the single document of a text.
///
/// # Errors
///
/// The first line that is not valid YAML or exceeds a limit.
pub fn read(text: &str) -> Result<YamlNode, YamlError> {
    let mut parser: Parser<'_, StrInput<'_>> = Parser::new_from_str(text);
    let mut builder = YamlBuilder::default();
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| YamlError {
            line: error.marker().line(),
            wrong: YamlErrorKind::Grammar(Untrusted::new(error.info())),
        })?;
        let line = span.start.line();
        builder.take(event, line).map_err(|wrong| YamlError { line, wrong })?;
    }
    builder.root.ok_or(YamlError { line: 1, wrong: YamlErrorKind::Empty })
}

#[derive(Default)]
struct YamlBuilder {
    open: Vec<OpenCollection>,
    root: Option<YamlNode>,
    anchors: BTreeMap<usize, YamlNode>,
    nodes: usize,
    text_bytes: usize,
    documents: usize,
}

/// A list or table whose end has not been read.
struct OpenCollection {
    line: usize,
    anchor: usize,
    is_tagged: bool,
    inside: CollectionItems,
}

enum CollectionItems {
    List(Vec<YamlNode>),
    Table { entries: Vec<(String, YamlNode)>, keys: BTreeSet<String>, key: Option<String> },
}

impl YamlBuilder {
    fn take(&mut self, event: Event<'_>, line: usize) -> Result<(), YamlErrorKind> {
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                // A second document would be dropped silently otherwise.
                if self.documents > 1 {
                    return Err(YamlErrorKind::Documents);
                }
            }
            Event::Alias(anchor) => {
                let mut node = self.anchors.get(&anchor).ok_or(YamlErrorKind::Alias)?.clone();
                // The copy is inserted at the current depth.
                if self.open.len() + node.depth() > DEPTH_MAX {
                    return Err(YamlErrorKind::TooDeep);
                }
                self.count(node.size())?;
                node.line = line;
                self.put(node)?;
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.count((1, text.len()))?;
                // A quoted "null" is text.
                let is_null = style == ScalarStyle::Plain && matches!(&*text, "" | "~" | "null");
                let value = if is_own(tag.as_deref()) {
                    YamlValue::Tagged
                } else if is_null {
                    YamlValue::Null
                } else {
                    YamlValue::Text(text.into_owned())
                };
                self.close(YamlNode { line, value }, anchor)?;
            }
            Event::SequenceStart(anchor, tag) => {
                self.begin(
                    line,
                    anchor,
                    is_own(tag.as_deref()),
                    CollectionItems::List(Vec::new()),
                )?;
            }
            Event::MappingStart(anchor, tag) => {
                let keys = BTreeSet::new();
                let inside = CollectionItems::Table { entries: Vec::new(), keys, key: None };
                self.begin(line, anchor, is_own(tag.as_deref()), inside)?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(OpenCollection { line, anchor, is_tagged, inside }) = self.open.pop()
                else {
                    return Ok(());
                };
                let value = match inside {
                    _ if is_tagged => YamlValue::Tagged,
                    CollectionItems::List(items) => YamlValue::List(items),
                    CollectionItems::Table { entries, .. } => YamlValue::Table(entries),
                };
                self.close(YamlNode { line, value }, anchor)?;
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn begin(
        &mut self,
        line: usize,
        anchor: usize,
        is_tagged: bool,
        inside: CollectionItems,
    ) -> Result<(), YamlErrorKind> {
        if self.open.len() >= DEPTH_MAX {
            return Err(YamlErrorKind::TooDeep);
        }
        self.count((1, 0))?;
        self.open.push(OpenCollection { line, anchor, is_tagged, inside });
        Ok(())
    }

    /// Adds a complete node to its parent, and keeps it if it has an anchor.
    fn close(&mut self, node: YamlNode, anchor: usize) -> Result<(), YamlErrorKind> {
        // The parser numbers anchors from 1; 0 means none.
        if anchor > 0 {
            // The copy for later aliases needs memory, too.
            self.count(node.size())?;
            self.anchors.insert(anchor, node.clone());
        }
        self.put(node)
    }

    fn put(&mut self, node: YamlNode) -> Result<(), YamlErrorKind> {
        let Some(open) = self.open.last_mut() else {
            self.root.get_or_insert(node);
            return Ok(());
        };
        match &mut open.inside {
            CollectionItems::List(items) => items.push(node),
            CollectionItems::Table { entries, keys, key } => {
                if let Some(name) = key.take() {
                    entries.push((name, node));
                    return Ok(());
                }
                let YamlValue::Text(name) = node.value else { return Err(YamlErrorKind::Key) };
                // YAML forbids duplicate keys; parsers differ in which value they take.
                if !keys.insert(name.clone()) {
                    return Err(YamlErrorKind::Twice(Untrusted::new(&name)));
                }
                *key = Some(name);
            }
        }
        Ok(())
    }

    fn count(&mut self, (nodes, text_bytes): (usize, usize)) -> Result<(), YamlErrorKind> {
        self.nodes += nodes;
        self.text_bytes += text_bytes;
        if self.nodes > NODES_MAX {
            Err(YamlErrorKind::TooMany)
        } else if self.text_bytes > TEXT_BYTES_MAX {
            Err(YamlErrorKind::TooLong)
        } else {
            Ok(())
        }
    }
}

/// Whether a tag changes the meaning of a value: every tag except those of YAML's core schema.
fn is_own(tag: Option<&Tag>) -> bool {
    tag.is_some_and(|tag| !tag.is_yaml_core_schema() || tag.suffix.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        read(text).unwrap_err().to_string()
    }

    #[test]
    fn tables_and_lists_are_read_with_their_lines() {
        let node = read("# c\na: 1\nb:\n- x\n- ~\nc: !vault |\n  secret\n").unwrap();
        let [(a, one), (b, list), (c, vault)] = node.table().unwrap() else { panic!("{node:?}") };
        assert_eq!((a.as_str(), b.as_str(), c.as_str()), ("a", "b", "c"));
        assert_eq!((one.line, &one.value), (2, &YamlValue::Text("1".to_owned())));
        let YamlValue::List(items) = &list.value else { panic!("{list:?}") };
        assert_eq!((items[1].line, &items[1].value), (5, &YamlValue::Null));
        assert_eq!(vault.value, YamlValue::Tagged);
    }

    #[test]
    fn an_alias_is_what_it_stands_for() {
        let node = read("a: &x [1]\nb: *x\n").unwrap();
        let entries = node.table().unwrap();
        assert!(matches!(&entries[1].1.value, YamlValue::List(items) if items.len() == 1));
    }

    #[test]
    fn bombs_do_not_go_off() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for at in 1..10 {
            let items = vec![format!("*a{}", at - 1); 9].join(", ");
            bomb.push_str(&format!("a{at}: &a{at} [{items}]\n"));
        }
        assert!(wrong(&bomb).contains("copies by aliases"), "{}", wrong(&bomb));
        assert!(wrong(&"[".repeat(40)).contains("deeper than 32"));
        assert!(read(&"[".repeat(100_000)).is_err());
        assert!(wrong(&"- ".repeat(1000)).contains("deeper than 32"));
        assert!(wrong("a: &x\n  b: *x\n").contains("not there yet"));
    }

    #[test]
    fn what_is_no_inventory_is_said_with_its_line() {
        assert_eq!(wrong("a: 1\na: 2\n"), "line 2: `a` stands here a second time");
        assert_eq!(wrong("a: 1\n---\nb: 2\n"), "line 2: a second document begins; give one");
        assert_eq!(wrong("? [1]\n: 2\n"), "line 1: a key is no text");
        assert_eq!(wrong(""), "line 1: there is nothing");
        assert!(wrong("a: [1\n").starts_with("line "));
    }

    /// An alias is two bytes, and each costs as many as it stands for, be it one scalar or one key.
    #[test]
    fn copies_of_a_long_text_cost_its_length() {
        let long = "x".repeat(100_000);
        let copies = |times: usize| vec!["*x"; times].join(",");
        for anchored in [format!("&x \"{long}\""), format!("&x {{ {long}: 1 }}")] {
            let text = |times| format!("a: {anchored}\nl: [{}]", copies(times));
            assert!(read(&text(30)).is_ok());
            let expected =
                "line 2: there are more than 4194304 bytes of text, copies by aliases counted";
            assert_eq!(wrong(&text(100_000)), expected);
        }
    }
}
