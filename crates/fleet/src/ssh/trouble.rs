//! Why a host could not be asked over ssh, told from what ssh and the host's shell say.
//!
//! ssh(1) ends with 255 when it failed itself, and with the remote command's status otherwise;
//! a shell's are 126 for what cannot be executed and 127 for what is not found (XCU 2.8.2).

use std::fmt;

use pontoon_model::untrusted::Untrusted;
use pontoon_probe::survey::ChannelError;

/// Why a host could not be asked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Trouble {
    /// What kind.
    pub cause: Cause,
    /// The last line of what was said about it.
    pub said: Untrusted,
}

/// What kind of trouble.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Cause {
    /// ssh knows no address for the name.
    NameUnknown,
    /// Nothing answers at the address.
    Unreachable,
    /// The host answers, but no ssh server does.
    Refused,
    /// Its host key is not the one that was known.
    HostKeyChanged,
    /// Its host key is not known yet.
    HostKeyUnknown,
    /// No key of ours lets us in.
    Denied,
    /// There is no pontoon there.
    NoPontoon,
    /// Its pontoon is for another processor.
    Architecture,
    /// sudo wants a password.
    Sudo,
    /// Its disk is full.
    DiskFull,
    /// What was copied is not what arrived.
    Corrupted,
    /// pontoon for its processor is not at hand.
    NoBinary,
    /// It is another pontoon.
    Version,
    /// What answers is no pontoon agent.
    NotAnAgent,
    /// It is there, but says nothing in time.
    Silent,
    /// Something else.
    Other,
}

/// What ssh, shells and sudo say, in the order in which it is looked for. The words are those of
/// OpenSSH (ssh.c, sshconnect.c, sshconnect2.c), dash, bash, busybox, sudo and the C library.
const WORDS: &[(&str, Cause)] = &[
    ("could not resolve hostname", Cause::NameUnknown),
    ("remote host identification has changed", Cause::HostKeyChanged),
    ("host key verification failed", Cause::HostKeyUnknown),
    ("permission denied (", Cause::Denied),
    ("too many authentication failures", Cause::Denied),
    ("connection refused", Cause::Refused),
    ("connection timed out", Cause::Unreachable),
    ("operation timed out", Cause::Unreachable),
    ("timed out during banner exchange", Cause::Unreachable),
    ("no route to host", Cause::Unreachable),
    ("network is unreachable", Cause::Unreachable),
    ("a password is required", Cause::Sudo),
    ("no space left on device", Cause::DiskFull),
    ("disk quota exceeded", Cause::DiskFull),
    ("checksum of the copy is wrong", Cause::Corrupted),
    ("no pontoon for", Cause::NoBinary),
    ("exec format error", Cause::Architecture),
    ("cannot execute binary file", Cause::Architecture),
    ("pontoon: command not found", Cause::NoPontoon),
    ("pontoon: not found", Cause::NoPontoon),
    ("pontoon: no such file or directory", Cause::NoPontoon),
];

impl Trouble {
    /// Tells the cause of what went wrong between here and an agent.
    #[must_use]
    pub fn of(error: &ChannelError) -> Self {
        match error {
            ChannelError::Ended { stderr, .. } => Self::said(stderr.raw()),
            ChannelError::OtherVersion { .. } => Self::new(Cause::Version, &error.to_string()),
            ChannelError::NotAnAgent { .. } => Self::new(Cause::NotAnAgent, &error.to_string()),
            ChannelError::Silent => Self::new(Cause::Silent, &error.to_string()),
            other => Self::new(Cause::Other, &other.to_string()),
        }
    }

    /// Tells the cause by what ssh or a shell wrote on standard error.
    #[must_use]
    pub fn said(stderr: &str) -> Self {
        let lower = stderr.to_lowercase();
        let cause = WORDS.iter().find(|(words, _)| lower.contains(words));
        let cause = cause.map_or(Cause::Other, |(_, cause)| *cause);
        let words = WORDS.iter().filter(|(_, other)| *other == cause).map(|(words, _)| *words);
        let words: Vec<&str> = words.collect();
        // The line that says it; a banner may come before and a farewell after.
        let mut lines = stderr.lines().map(str::trim).filter(|line| !line.is_empty());
        let telling = |line: &&str| {
            let line = line.to_lowercase();
            words.iter().any(|words| line.contains(words))
        };
        let line = lines.clone().find(telling).or_else(|| lines.next_back()).unwrap_or_default();
        Self::new(cause, line)
    }

    fn new(cause: Cause, said: &str) -> Self {
        Self { cause, said: Untrusted::new(said) }
    }

    /// What to do about it on a host.
    #[must_use]
    pub fn advice(&self, host: &str) -> Option<String> {
        Some(match self.cause {
            Cause::NameUnknown => format!(
                "say where it is: pontoon hosts set {host} address=ADDR, or a HostName in ~/.ssh/config"
            ),
            Cause::Unreachable => {
                "is it on, and is this host in a network that reaches it?".to_owned()
            }
            Cause::Refused => "start its ssh server: sudo systemctl enable --now ssh".to_owned(),
            Cause::HostKeyChanged => format!(
                "was it set up anew? Then: ssh-keygen -R {host}; if not, somebody else answers"
            ),
            Cause::HostKeyUnknown => format!("log in once by hand and compare the key: ssh {host}"),
            Cause::Denied => format!("let your key in: ssh-copy-id {host}"),
            Cause::NoPontoon => {
                "install it there, or have it copied for this run: --push".to_owned()
            }
            Cause::Architecture => {
                "its pontoon was built for another processor: --push copies the right one"
                    .to_owned()
            }
            Cause::Sudo => format!("let {host} sudo without a password, or log in as root"),
            Cause::DiskFull => format!("make room on it: ssh {host} df -h"),
            Cause::Version => "install the same pontoon on both, or use --push".to_owned(),
            Cause::NoBinary => {
                "put the program for its processor in a folder and name it: --binaries DIR"
                    .to_owned()
            }
            Cause::Corrupted | Cause::NotAnAgent | Cause::Silent | Cause::Other => return None,
        })
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.cause {
            Cause::NameUnknown => "its name has no address",
            Cause::Unreachable => "nothing answers at its address",
            Cause::Refused => "it is there, but no ssh server answers",
            Cause::HostKeyChanged => "its host key is not the one that was known",
            Cause::HostKeyUnknown => "its host key is not known here",
            Cause::Denied => "it lets no key of yours in",
            Cause::NoPontoon => "there is no pontoon on it",
            Cause::Architecture => "its pontoon is for another processor",
            Cause::Sudo => "sudo wants a password there",
            Cause::DiskFull => "its disk is full",
            Cause::Corrupted => "the copy of pontoon arrived damaged",
            Cause::NoBinary => "no pontoon for its processor is at hand",
            Cause::Version | Cause::NotAnAgent | Cause::Silent => return self.said.fmt(f),
            Cause::Other => "ssh failed",
        };
        if self.said.raw().is_empty() {
            f.write_str(what)
        } else {
            write!(f, "{what} ({})", self.said)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_told_by_the_words() {
        let table = [
            ("ssh: Could not resolve hostname pi9: Name or service not known", Cause::NameUnknown),
            ("ssh: connect to host pi2 port 22: Connection refused", Cause::Refused),
            ("ssh: connect to host 10.0.0.9 port 22: No route to host", Cause::Unreachable),
            ("ssh: connect to host 10.0.0.9 port 22: Connection timed out", Cause::Unreachable),
            ("Connection timed out during banner exchange\r\n", Cause::Unreachable),
            ("pi@pi2: Permission denied (publickey,password).", Cause::Denied),
            (
                "No ED25519 host key is known for pi2 and you have requested strict checking.\r\n\
              Host key verification failed.",
                Cause::HostKeyUnknown,
            ),
            (
                "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nIT IS POSSIBLE\n\
              Host key verification failed.",
                Cause::HostKeyChanged,
            ),
            ("bash: line 1: pontoon: command not found", Cause::NoPontoon),
            ("sh: 1: pontoon: not found", Cause::NoPontoon),
            ("sh: 1: /usr/local/bin/pontoon: Exec format error", Cause::Architecture),
            ("sudo: a password is required", Cause::Sudo),
            (
                "dd: error writing '/tmp/pontoon.x/pontoon': No space left on device",
                Cause::DiskFull,
            ),
            ("something new", Cause::Other),
            ("", Cause::Other),
        ];
        for (said, cause) in table {
            assert_eq!(Trouble::said(said).cause, cause, "{said}");
        }
    }

    #[test]
    fn the_line_that_tells_is_shown_and_no_other() {
        let trouble = Trouble::said(
            "Welcome to \u{1b}[31mthe lab\nssh: connect to host pi2 port 22: Connection refused\n\
             bye",
        );
        assert_eq!(
            trouble.to_string(),
            "it is there, but no ssh server answers (ssh: connect to host pi2 port 22: Connection \
             refused)"
        );
        assert_eq!(Trouble::said("one\ntwo\u{7}\n\n").to_string(), "ssh failed (two\\u{7})");
    }
}
