//! YAML of strangers as plain values, within limits.
//!
//! `saphyr-parser` hands out events and calls nothing recursively; this makes a tree of them that
//! cannot be deep, and in which an alias costs as many nodes as what it stands for, so that nine
//! lines of aliases do not become a billion nodes. docs/decisions/016-yaml.md says why.

use std::collections::{BTreeMap, BTreeSet};

use pontoon_model::untrusted::Untrusted;
use saphyr_parser::{Event, Parser, ScalarStyle, StrInput, Tag};

/// Deepest nesting: an inventory of groups in groups has ten levels.
const DEPTH_MAX: usize = 32;

/// Most nodes, copies by aliases counted: what a megabyte of short lines holds.
const NODES_MAX: usize = 200_000;

/// A text is no YAML, or more than is read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("line {line}: {wrong}")]
pub struct YamlError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub wrong: YamlErrorKind,
}

/// What is wrong with a text as YAML.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum YamlErrorKind {
    /// It is not YAML.
    #[error("{0}")]
    Grammar(Untrusted),
    /// It nests too deeply.
    #[error("tables and lists nest deeper than {DEPTH_MAX}")]
    TooDeep,
    /// It has too many nodes.
    #[error("there are more than {NODES_MAX} values, copies by aliases counted")]
    TooMany,
    /// An alias stands for nothing, or for what it stands in.
    #[error("an alias stands for what is not there yet")]
    Alias,
    /// A key is a table or a list.
    #[error("a key is no text")]
    Key,
    /// A key stands twice in a table.
    #[error("`{0}` stands here a second time")]
    Twice(Untrusted),
    /// There is a second document.
    #[error("a second document begins; give one")]
    Documents,
    /// There is nothing.
    #[error("there is nothing")]
    Empty,
}

/// A value and where it begins.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct YamlNode {
    /// The line, from 1.
    pub line: usize,
    /// The value.
    pub value: YamlValue,
}

/// A value. Numbers and truth values are text, as they were written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum YamlValue {
    /// Nothing, `~` or `null`.
    Null,
    /// A text.
    Text(String),
    /// A list.
    List(Vec<YamlNode>),
    /// A table, in the order in which it was written.
    Table(Vec<(String, YamlNode)>),
    /// Something with a tag of its own, such as `!vault`: it is not what it looks like.
    Tagged,
}

impl YamlNode {
    /// The table, or nothing where there is none.
    #[must_use]
    pub fn table(&self) -> Option<&[(String, Self)]> {
        match &self.value {
            YamlValue::Table(entries) => Some(entries),
            _ => None,
        }
    }

    /// The value of a key of a table.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.table()?.iter().find(|(name, _)| name == key).map(|(_, node)| node)
    }

    /// The text, where it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            YamlValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The items of a list; none where there is no list.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        match &self.value {
            YamlValue::List(items) => items,
            _ => &[],
        }
    }

    fn count(&self) -> usize {
        1 + match &self.value {
            YamlValue::List(items) => items.iter().map(Self::count).sum(),
            YamlValue::Table(entries) => entries.iter().map(|(_, node)| node.count()).sum(),
            YamlValue::Null | YamlValue::Text(_) | YamlValue::Tagged => 0,
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

/// Reads the one document of a text.
///
/// # Errors
///
/// The line at which it is no YAML, or more than is read.
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
    documents: usize,
}

/// A list or table that is not closed yet.
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
                if self.documents > 1 {
                    return Err(YamlErrorKind::Documents);
                }
            }
            Event::Alias(anchor) => {
                let mut node = self.anchors.get(&anchor).ok_or(YamlErrorKind::Alias)?.clone();
                if self.open.len() + node.depth() > DEPTH_MAX {
                    return Err(YamlErrorKind::TooDeep);
                }
                node.line = line;
                self.put(node)?;
            }
            Event::Scalar(text, style, anchor, tag) => {
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
                // It was counted when it began.
                self.nodes -= 1;
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
        self.count(1)?;
        self.open.push(OpenCollection { line, anchor, is_tagged, inside });
        Ok(())
    }

    /// A node is whole: it goes where it belongs, and is kept if it may be asked for again.
    fn close(&mut self, node: YamlNode, anchor: usize) -> Result<(), YamlErrorKind> {
        if anchor > 0 {
            // Kept twice, it is counted twice.
            self.count(node.count())?;
            self.anchors.insert(anchor, node.clone());
        }
        self.count_and_put(node)
    }

    fn put(&mut self, node: YamlNode) -> Result<(), YamlErrorKind> {
        self.count(node.count() - 1)?;
        self.count_and_put(node)
    }

    fn count_and_put(&mut self, node: YamlNode) -> Result<(), YamlErrorKind> {
        self.count(1)?;
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
                if !keys.insert(name.clone()) {
                    return Err(YamlErrorKind::Twice(Untrusted::new(&name)));
                }
                *key = Some(name);
            }
        }
        Ok(())
    }

    fn count(&mut self, nodes: usize) -> Result<(), YamlErrorKind> {
        self.nodes += nodes;
        if self.nodes > NODES_MAX { Err(YamlErrorKind::TooMany) } else { Ok(()) }
    }
}

/// Whether a tag changes what a value means: all but those of YAML itself.
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
}
