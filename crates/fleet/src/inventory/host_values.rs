//! What may stand in a host's lines. Each type is read from text, and refuses what `ssh` would take
//! for something else.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use pontoon_model::as_text;
use pontoon_model::host::HostName;
use pontoon_model::net::TextParseError;

/// Where a host is reached: an address, or a name that resolves to one.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct HostAddress(HostName);

impl HostAddress {
    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The address, when it is one and not a name.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        self.as_str().parse().ok()
    }
}

impl FromStr for HostAddress {
    type Err = TextParseError;

    /// Four numbers must be an address (`192.168.1.300` is a slip of the finger, not a name), and
    /// so must what has a colon (a port has a line of its own).
    fn from_str(text: &str) -> Result<Self, TextParseError> {
        let wrong = || TextParseError::new(text, "an address such as 192.168.1.21, or a name");
        let name: HostName = text.parse().map_err(|_| wrong())?;
        let is_numeric = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        // A link-local address names its link (RFC 4007, section 11).
        let without_zone = text.split_once('%').map_or(text, |(address, _)| address);
        let is_good = if is_numeric {
            text.parse::<Ipv4Addr>().is_ok()
        } else if text.contains([':', '%']) {
            without_zone.parse::<Ipv6Addr>().is_ok()
        } else {
            true
        };
        if is_good { Ok(Self(name)) } else { Err(wrong()) }
    }
}

/// The user to log in as.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct UserName(String);

impl UserName {
    /// Twice what useradd(8) allows: directories of firms have longer names.
    pub const MAX_LEN: usize = 64;

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for UserName {
    type Err = TextParseError;

    /// Refuses what OpenSSH refuses since 9.6 (`valid_ruser` in ssh.c): what a shell might take for
    /// something else, should the name end up in a `ProxyCommand`. `@` and `:` besides: they begin
    /// the host and the port.
    fn from_str(text: &str) -> Result<Self, TextParseError> {
        let is_plain =
            |letter: char| letter.is_ascii_graphic() && !"'`\";&<>|(){}@:".contains(letter);
        let is_good = (1..=Self::MAX_LEN).contains(&text.len())
            && !text.starts_with('-')
            && !text.ends_with('\\')
            && text.chars().all(is_plain);
        if is_good {
            Ok(Self(text.to_owned()))
        } else {
            Err(TextParseError::new(text, "a user such as pi"))
        }
    }
}

/// Where the private key lies that `ssh` is to use: a path, never the key.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct KeyPath(String);

impl KeyPath {
    /// `PATH_MAX` has 4096, of which nobody types a quarter.
    pub const MAX_LEN: usize = 1024;

    /// The path, as `ssh -i` takes it: a `~` in front is for ssh to resolve.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyPath {
    type Err = TextParseError;

    /// Refuses a key itself: it begins with `-----BEGIN`, and would lie in a file that others read.
    fn from_str(text: &str) -> Result<Self, TextParseError> {
        let is_path = (1..=Self::MAX_LEN).contains(&text.len())
            && !text.starts_with('-')
            && !text.chars().any(pontoon_model::untrusted::is_harmful);
        if is_path {
            return Ok(Self(text.to_owned()));
        }
        // A key is not shown, whole or in part.
        let shown = if text.contains("PRIVATE KEY") { "(a private key)" } else { text };
        Err(TextParseError::new(shown, "the path of a private key, such as ~/.ssh/id_ed25519"))
    }
}

/// A group of hosts that are one cluster.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ClusterName(String);

impl ClusterName {
    /// As long as a label of Kubernetes.
    pub const MAX_LEN: usize = 63;

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ClusterName {
    type Err = TextParseError;

    fn from_str(text: &str) -> Result<Self, TextParseError> {
        let is_plain =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let is_good = (1..=Self::MAX_LEN).contains(&text.len())
            && text.bytes().all(is_plain)
            && !text.starts_with('-');
        if is_good {
            Ok(Self(text.to_owned()))
        } else {
            Err(TextParseError::new(text, "the name of a cluster, such as campus"))
        }
    }
}

macro_rules! shown {
    ($($type:ident),+) => {
        $(impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        })+
    };
}
shown!(HostAddress, UserName, KeyPath, ClusterName);

as_text!(HostAddress, "Address", "^[A-Za-z0-9._:%][A-Za-z0-9._:%-]{0,252}$");
as_text!(UserName, "UserName", "^[^-\\s@:][^\\s@:]{0,63}$");
as_text!(KeyPath, "KeyPath", "^[^-].{0,1023}$");
as_text!(ClusterName, "ClusterName", "^[A-Za-z0-9._][A-Za-z0-9._-]{0,62}$");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_finger_are_no_addresses() {
        for text in ["192.168.1.21", "pi1", "pi1.local", "fe80::1%eth0", "2001:db8::1", "a_b"] {
            assert_eq!(text.parse::<HostAddress>().unwrap().to_string(), text);
        }
        for text in ["192.168.1.300", "192.168.1", "1", "pi1:22", "[::1]", "", "-h", "a b", "pi%0"]
        {
            assert!(text.parse::<HostAddress>().is_err(), "{text}");
        }
    }

    #[test]
    fn users_are_what_ssh_takes() {
        for text in ["pi", "root", "a.b-c_d", "FIRM\\user", "x$"] {
            assert!(text.parse::<UserName>().is_ok(), "{text}");
        }
        for text in ["", "-l", "a b", "pi@h", "a:b", "$(id)", "a;b", "a\\", "é", "`id`"] {
            assert!(text.parse::<UserName>().is_err(), "{text}");
        }
        assert!("x".repeat(65).parse::<UserName>().is_err());
    }

    #[test]
    fn a_key_itself_is_refused_and_not_shown() {
        assert!("~/.ssh/id pi".parse::<KeyPath>().is_ok());
        let key = "-----BEGIN OPENSSH PRIVATE KEY-----\nsecret";
        let error = key.parse::<KeyPath>().unwrap_err().to_string();
        assert!(error.contains("path of a private key") && !error.contains("secret"), "{error}");
        for text in ["", "-i", "a\nb", "\u{1b}"] {
            assert!(text.parse::<KeyPath>().is_err(), "{text:?}");
        }
    }
}
