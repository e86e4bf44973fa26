//! Values read from pasted text, each of a kind: what does not have the form of its kind is not
//! taken, so that a value can stand in a sentence or a command without further thought.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use pontoon_model::net::Prefix;
use pontoon_model::shell::{ShellCommand, quoted};

/// What a placeholder takes.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum PlaceholderKind {
    /// `HOST:PORT` as Go writes it; fills [`PlaceholderKind::Host`] and [`PlaceholderKind::Port`], too.
    Endpoint,
    /// An IP address.
    Address,
    /// An IP address or a name.
    Host,
    /// A TCP or UDP port from 1.
    Port,
    /// A name that was looked up.
    Name,
    /// The resolver that was asked.
    Server,
    /// The name that a certificate lacks.
    Wanted,
    /// The names that a certificate has.
    Names,
    /// The name of a Kubernetes Node.
    Node,
    /// A pod, Service or other object.
    Pod,
    /// The public half of a bootstrap token.
    Token,
    /// A network interface.
    Link,
    /// An address with a prefix length.
    Cidr,
    /// The name of a container image.
    Image,
    /// The name of a check of kubeadm's preflight.
    Check,
    /// The name of a program.
    Program,
    /// An absolute path.
    Path,
    /// A whole number.
    Number,
}

impl PlaceholderKind {
    /// Every kind, the composed ones first.
    pub const ALL: [Self; 18] = [
        Self::Endpoint,
        Self::Address,
        Self::Host,
        Self::Port,
        Self::Name,
        Self::Server,
        Self::Wanted,
        Self::Names,
        Self::Node,
        Self::Pod,
        Self::Token,
        Self::Link,
        Self::Cidr,
        Self::Image,
        Self::Check,
        Self::Program,
        Self::Path,
        Self::Number,
    ];

    /// As it stands between braces.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Endpoint => "endpoint",
            Self::Address => "address",
            Self::Host => "host",
            Self::Port => "port",
            Self::Name => "name",
            Self::Server => "server",
            Self::Wanted => "wanted",
            Self::Names => "names",
            Self::Node => "node",
            Self::Pod => "pod",
            Self::Token => "token",
            Self::Link => "link",
            Self::Cidr => "cidr",
            Self::Image => "image",
            Self::Check => "check",
            Self::Program => "program",
            Self::Path => "path",
            Self::Number => "number",
        }
    }

    /// The kind with that name between its braces.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Longest text that is tried: the longest host name, and room for a port.
    const MAX_LEN: usize = 260;

    /// Reads a value at the beginning of `text`; gives its length in bytes and what it is.
    pub(crate) fn read(self, text: &str) -> Option<(usize, Vec<(Self, String)>)> {
        if self == Self::Names {
            return names(text);
        }
        let is_part = |letter: char| {
            letter.is_ascii_alphanumeric()
                || match self {
                    Self::Endpoint => matches!(letter, '.' | ':' | '-' | '[' | ']' | '%'),
                    Self::Address | Self::Host | Self::Server | Self::Wanted => {
                        matches!(letter, '.' | ':' | '-')
                    }
                    Self::Name | Self::Node | Self::Pod | Self::Check => {
                        matches!(letter, '.' | '-')
                    }
                    Self::Link | Self::Program => matches!(letter, '.' | '-' | '_'),
                    Self::Cidr => matches!(letter, '.' | ':' | '/'),
                    Self::Image => matches!(letter, '.' | ':' | '/' | '-' | '_' | '@'),
                    Self::Path => matches!(letter, '/' | '.' | '-' | '_'),
                    Self::Port | Self::Number | Self::Token | Self::Names => false,
                }
        };
        let most = text.bytes().take(Self::MAX_LEN + 1);
        let mut length = most.take_while(|byte| is_part(char::from(*byte))).count();
        // The value may be followed by a sentence's own point or colon.
        for _ in 0..3 {
            if let Some(values) = self.value(&text[..length]) {
                return Some((length, values));
            }
            let kept = &text[..length];
            length = kept.strip_suffix(['.', ':', '-', '/'])?.len();
        }
        None
    }

    /// What the text is; `None` when it is nothing of this kind.
    fn value(self, text: &str) -> Option<Vec<(Self, String)>> {
        let value = match self {
            Self::Endpoint => return endpoint(text),
            Self::Address => text.parse::<IpAddr>().ok()?.to_string(),
            Self::Host | Self::Server | Self::Wanted => host(text)?,
            Self::Port => text.parse::<u16>().ok().filter(|port| *port > 0)?.to_string(),
            Self::Cidr => {
                let (address, length) = text.split_once('/')?;
                let prefix = Prefix::new(address.parse().ok()?, length.parse().ok()?)?;
                format!("{}/{}", prefix.address, prefix.length)
            }
            Self::Name | Self::Node | Self::Pod => {
                is_dns_name(text).then(|| text.to_ascii_lowercase())?
            }
            Self::Token => {
                let is_id = text.len() == 6;
                is_id.then(|| text.to_ascii_lowercase())?
            }
            Self::Link => begins_well(text, 15).then(|| text.to_owned())?,
            Self::Program => begins_well(text, 40).then(|| text.to_owned())?,
            Self::Check => begins_well(text, 120).then(|| text.to_owned())?,
            Self::Image => begins_well(text, 255).then(|| text.to_owned())?,
            Self::Path => {
                let is_path = text.starts_with('/') && !text.contains("..");
                (is_path && text.len() > 1).then(|| text.to_owned())?
            }
            Self::Number => {
                let is_number = (1..=12).contains(&text.len());
                (is_number && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.to_owned())?
            }
            Self::Names => return None,
        };
        Some(vec![(self, value)])
    }
}

/// A word that cannot be taken for an option.
fn begins_well(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len()) && text.starts_with(|c: char| c.is_ascii_alphanumeric())
}

fn endpoint(text: &str) -> Option<Vec<(PlaceholderKind, String)>> {
    let (host_text, port) = text.rsplit_once(':')?;
    let port: u16 = port.parse().ok().filter(|port| *port > 0)?;
    let bare = host_text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let found = match bare {
        // A zone such as %eth0 means something on that host only.
        Some(v6) => v6.split('%').next()?.parse::<IpAddr>().ok()?.to_string(),
        None if host_text.contains([':', '[', ']', '%']) => return None,
        None => host(host_text)?,
    };
    Some(at(&found, port))
}

/// The values of a host and a port.
pub(crate) fn at(host: &str, port: u16) -> Vec<(PlaceholderKind, String)> {
    let mut values =
        vec![(PlaceholderKind::Host, host.to_owned()), (PlaceholderKind::Port, port.to_string())];
    let is_v6 = host.contains(':');
    let endpoint = if is_v6 { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
    values.push((PlaceholderKind::Endpoint, endpoint));
    if host.parse::<IpAddr>().is_ok() {
        values.push((PlaceholderKind::Address, host.to_owned()));
    }
    values
}

/// An address in its one form, or a name in small letters.
pub(crate) fn host(text: &str) -> Option<String> {
    match text.parse::<IpAddr>() {
        Ok(address) => Some(address.to_string()),
        Err(_) => is_dns_name(text).then(|| text.to_ascii_lowercase()),
    }
}

/// RFC 1123, section 2.1; not all digits and points, which would be a broken address.
fn is_dns_name(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    text.len() <= 253
        && text.split('.').all(is_label)
        && text.bytes().any(|b| b.is_ascii_alphabetic())
}

/// Names of a certificate that are shown: what a kubeadm certificate has, and some more.
const NAMES_MAX: usize = 12;

/// `10.96.0.1, 172.20.5.1`: up to a comma that something else follows.
fn names(text: &str) -> Option<(usize, Vec<(PlaceholderKind, String)>)> {
    let mut found = Vec::new();
    let mut end = 0;
    let mut rest = text;
    while found.len() < NAMES_MAX {
        let item = rest.split([',', ' ', '"']).next().unwrap_or_default();
        let bare = item.strip_prefix("*.").unwrap_or(item);
        if item == "not" || item.len() > PlaceholderKind::MAX_LEN {
            break;
        }
        let Some(name) = host(bare) else { break };
        found.push(if bare == item { name } else { format!("*.{name}") });
        end = text.len() - rest.len() + item.len();
        let Some(next) = rest[item.len()..].strip_prefix(", ") else { break };
        rest = next;
    }
    (!found.is_empty()).then(|| (end, vec![(PlaceholderKind::Names, found.join(", "))]))
}

/// Values by what they are.
#[derive(Clone, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct PlaceholderValues(BTreeMap<PlaceholderKind, String>);

impl PlaceholderValues {
    /// Takes values of their kinds.
    #[must_use]
    pub(crate) fn of(values: Vec<(PlaceholderKind, String)>) -> Self {
        Self(values.into_iter().collect())
    }

    /// Holds this as well. The value comes from facts, and is of its kind.
    #[must_use]
    pub fn with(mut self, kind: PlaceholderKind, value: &dyn fmt::Display) -> Self {
        self.0.insert(kind, value.to_string());
        self
    }

    /// The value of a kind, where there is one.
    #[must_use]
    pub fn get(&self, kind: PlaceholderKind) -> Option<&str> {
        self.0.get(&kind).map(String::as_str)
    }

    /// Whether both are about one host and port.
    pub(crate) fn is_same_place(&self, other: &Self) -> bool {
        [PlaceholderKind::Host, PlaceholderKind::Port]
            .iter()
            .all(|kind| self.get(*kind) == other.get(*kind))
    }

    /// Takes those of another where there is none of the kind yet.
    pub(crate) fn fill_missing_from(&mut self, other: &Self) {
        for (kind, value) in &other.0 {
            self.0.entry(*kind).or_insert_with(|| value.clone());
        }
    }

    /// The text with its placeholders filled; those that nothing fills stand there in capitals.
    #[must_use]
    pub fn fill(&self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, kind, after)) = next_placeholder(rest) {
            filled.push_str(before);
            match self.get(kind) {
                Some(value) => filled.push_str(value),
                None => filled.push_str(&kind.name().to_ascii_uppercase()),
            }
            rest = after;
        }
        filled.push_str(rest);
        filled
    }

    /// The command with its placeholders filled, each value quoted.
    #[must_use]
    pub fn fill_command(&self, command: &str) -> ShellCommand {
        let quoted = self.0.iter().map(|(kind, value)| (*kind, quoted(value)));
        ShellCommand::of_quoted(Self(quoted.collect()).fill(command))
    }

    /// Whether every placeholder of the text has a value.
    #[must_use]
    pub fn has_all(&self, text: &str) -> bool {
        let mut rest = text;
        while let Some((_, kind, after)) = next_placeholder(rest) {
            if self.get(kind).is_none() {
                return false;
            }
            rest = after;
        }
        true
    }
}

/// What stands before the next placeholder, its kind, and what follows; braces with other words in them
/// are text.
pub(crate) fn next_placeholder(text: &str) -> Option<(&str, PlaceholderKind, &str)> {
    text.match_indices('{').find_map(|(at, _)| {
        let (name, after) = text[at + 1..].split_once('}')?;
        PlaceholderKind::named(name).map(|kind| (&text[..at], kind, after))
    })
}

#[cfg(test)]
mod tests;
