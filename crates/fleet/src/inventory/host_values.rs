//! Types of property values. Each is parsed from text and rejects what `ssh` would misinterpret.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use pontoon_model::as_text;
use pontoon_model::host::HostName;
use pontoon_model::net::TextParseError;

/// The address of a host, or a name that resolves to it.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct HostAddress(HostName);

impl HostAddress {
    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The IP address; `None` for a name.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        self.as_str().parse().ok()
    }
}

impl FromStr for HostAddress {
    type Err = TextParseError;

    /// Text of digits and dots must be an IPv4 address (`192.168.1.300` is a typing error, not a
    /// name), and text with a colon an IPv6 address (the port is a property of its own).
    fn from_str(text: &str) -> Result<Self, TextParseError> {
        let wrong = || TextParseError::new(text, "an address such as 192.168.1.21, or a name");
        let name: HostName = text.parse().map_err(|_| wrong())?;
        let is_numeric = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        // A link-local address has the link as its zone (RFC 4007, section 11).
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

/// The user of the login.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct UserName(String);

impl UserName {
    /// Longest name in characters: twice the limit of useradd(8), as names in company directories
    /// are longer.
    pub const MAX_LEN: usize = 64;

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for UserName {
    type Err = TextParseError;

    /// Rejects what OpenSSH rejects since 9.6 (`valid_ruser` in ssh.c): characters that a shell
    /// could interpret if the name is used in a `ProxyCommand`. Rejects `@` and `:` as well, since
    /// they separate the user from host and port.
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

/// Path of the private key for `ssh`; never the key itself.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct KeyPath(String);

impl KeyPath {
    /// Longest path in bytes: a quarter of `PATH_MAX`.
    pub const MAX_LEN: usize = 1024;

    /// The path for `ssh -i`, which resolves a leading `~` itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyPath {
    type Err = TextParseError;

    /// Rejects a key itself, which begins with `-----BEGIN`: it would be stored in a file that
    /// others read.
    fn from_str(text: &str) -> Result<Self, TextParseError> {
        let is_path = (1..=Self::MAX_LEN).contains(&text.len())
            && !text.starts_with('-')
            && !text.chars().any(pontoon_model::untrusted::is_harmful);
        if is_path {
            return Ok(Self(text.to_owned()));
        }
        // The error message must not contain any part of a key.
        let shown = if text.contains("PRIVATE KEY") { "(a private key)" } else { text };
        Err(TextParseError::new(shown, "the path of a private key, such as ~/.ssh/id_ed25519"))
    }
}

/// The name of a cluster, which groups hosts.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ClusterName(String);

impl ClusterName {
    /// Longest name in bytes: that of a Kubernetes label value.
    pub const MAX_LEN: usize = 63;

    /// The name as text.
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
