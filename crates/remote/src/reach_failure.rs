//! Why a host could not be reached, derived from messages of ssh and the host's shell.
//!
//! ssh(1) exits with 255 if it failed itself, and with the status of the remote command otherwise;
//! shells exit with 126 if a command cannot be executed and with 127 if it is not found (XCU
//! 2.8.2).

use std::fmt;

use pontoon_model::untrusted::Untrusted;

use crate::carrier::CarrierError;
use crate::preamble::PreambleError;
use crate::protocol_error::ProtocolError;

/// A host that could not be reached, with the cause.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReachFailure {
    /// The recognised cause.
    pub cause: FailureCause,
    /// The most informative line of the output; empty if no line says more than the cause.
    pub said: Untrusted,
}

/// Causes for which a host cannot be reached.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum FailureCause {
    /// ssh could not resolve the name.
    NameUnknown,
    /// Nothing responds at the address.
    Unreachable,
    /// The host is up, but its ssh server sends no banner in time.
    Slow,
    /// The host is up, but no ssh server listens.
    Refused,
    /// The host key differs from the known one.
    HostKeyChanged,
    /// The host key is not known yet.
    HostKeyUnknown,
    /// The server closed the connection before the login.
    HungUp,
    /// The server accepts none of the user's keys.
    Denied,
    /// ssh cannot be started on this host.
    NoSsh,
    /// pontoon is not installed there.
    NoPontoon,
    /// The pontoon there is for another processor.
    Architecture,
    /// The folder of the copy does not allow execution (`noexec`).
    NotExecutable,
    /// sudo is not installed there.
    NoSudo,
    /// sudo needs a password there.
    Sudo,
    /// The disk of the host is full.
    DiskFull,
    /// The checksum of the copy is wrong.
    Corrupted,
    /// There is no pontoon for the host's processor on this host.
    NoBinary,
    /// The pontoon there has another protocol version.
    Version,
    /// The program there is not a pontoon agent.
    NotAnAgent,
    /// The host accepts the connection but sends nothing in time.
    Silent,
    /// The agent ended without an error message.
    Wordless,
    /// The agent reported an error, or violated the protocol.
    Fault,
    /// The message matches no known pattern.
    Other,
}

/// Messages of ssh, shells and sudo in lower case; the first match wins. They are from OpenSSH
/// (ssh.c, sshconnect.c, sshconnect2.c), dash, bash, busybox, sudo and the C library.
const WORDS: &[(&str, FailureCause)] = &[
    ("could not resolve hostname", FailureCause::NameUnknown),
    ("has changed and you have requested", FailureCause::HostKeyChanged),
    ("remote host identification has changed", FailureCause::HostKeyChanged),
    ("host key is known for", FailureCause::HostKeyUnknown),
    ("host key verification failed", FailureCause::HostKeyUnknown),
    ("permission denied (", FailureCause::Denied),
    ("too many authentication failures", FailureCause::Denied),
    ("connection refused", FailureCause::Refused),
    ("timed out during banner exchange", FailureCause::Slow),
    ("connection timed out", FailureCause::Unreachable),
    ("operation timed out", FailureCause::Unreachable),
    ("no route to host", FailureCause::Unreachable),
    ("network is unreachable", FailureCause::Unreachable),
    ("kex_exchange_identification: ", FailureCause::HungUp),
    // The server closed the connection before the client had sent its own banner.
    ("banner exchange: ", FailureCause::HungUp),
    ("connection closed by ", FailureCause::HungUp),
    ("connection reset by ", FailureCause::HungUp),
    ("ssh could not be run", FailureCause::NoSsh),
    ("sudo: command not found", FailureCause::NoSudo),
    ("sudo: not found", FailureCause::NoSudo),
    ("a password is required", FailureCause::Sudo),
    ("is not in the sudoers file", FailureCause::Sudo),
    ("no space left on device", FailureCause::DiskFull),
    ("disk quota exceeded", FailureCause::DiskFull),
    ("checksum of the copy is wrong", FailureCause::Corrupted),
    ("no pontoon for", FailureCause::NoBinary),
    ("exec format error", FailureCause::Architecture),
    ("cannot execute binary file", FailureCause::Architecture),
    ("/pontoon: permission denied", FailureCause::NotExecutable),
    ("pontoon: command not found", FailureCause::NoPontoon),
    ("pontoon: not found", FailureCause::NoPontoon),
    ("pontoon: no such file or directory", FailureCause::NoPontoon),
];

impl FailureCause {
    /// Whether the message of ssh or a shell adds nothing to the cause.
    const fn is_all_said(self) -> bool {
        matches!(
            self,
            Self::Slow
                | Self::HostKeyChanged
                | Self::HostKeyUnknown
                | Self::NoPontoon
                | Self::NoSudo
                | Self::Sudo
        )
    }
}

impl ReachFailure {
    /// The failure behind an error of a carrier.
    #[must_use]
    pub fn of(error: &CarrierError) -> Self {
        match error {
            CarrierError::Start { source, .. } => {
                Self::new(FailureCause::NoSsh, &source.to_string())
            }
            CarrierError::Copy(source) => Self::said(&source.to_string()),
            CarrierError::Ended { stderr, said } => {
                let failure = Self::said(stderr.raw());
                let is_known =
                    // If standard error explains nothing, output in place of a preamble may do so.
                    !matches!(failure.cause, FailureCause::Other | FailureCause::Wordless);
                if is_known || said.raw().trim().is_empty() {
                    failure
                } else {
                    Self::new(FailureCause::NotAnAgent, glimpse(said.raw()))
                }
            }
            CarrierError::Protocol(error) => Self::of_protocol(error),
        }
    }

    fn of_protocol(error: &ProtocolError) -> Self {
        match error {
            ProtocolError::Preamble(PreambleError::OtherVersion { theirs, ours }) => {
                let said = theirs.map(|theirs| format!("protocol {theirs}, here {ours}"));
                Self::new(FailureCause::Version, &said.unwrap_or_default())
            }
            ProtocolError::Preamble(PreambleError::NotPontoon { said }) => {
                Self::new(FailureCause::NotAnAgent, glimpse(said.raw()))
            }
            ProtocolError::Silent => Self::new(FailureCause::Silent, ""),
            other => Self::new(FailureCause::Fault, &other.to_string()),
        }
    }

    /// The failure behind standard error of ssh or a shell.
    #[must_use]
    pub fn said(stderr: &str) -> Self {
        let lower = stderr.to_lowercase();
        let found = WORDS.iter().find(|(words, _)| lower.contains(words));
        let Some((words, cause)) = found else {
            let last = stderr.lines().map(str::trim).rfind(|line| !line.is_empty());
            return last.map_or_else(
                || Self::new(FailureCause::Wordless, ""),
                |last| Self::new(FailureCause::Other, last),
            );
        };
        // The matching line; a banner may precede it and a farewell follow.
        let telling = |line: &&str| line.to_lowercase().contains(words);
        let line = stderr.lines().map(str::trim).find(telling).unwrap_or_default();
        Self::new(*cause, if cause.is_all_said() { "" } else { line })
    }

    /// A failure with this cause and a message of pontoon's own.
    #[must_use]
    pub fn new(cause: FailureCause, said: &str) -> Self {
        Self { cause, said: Untrusted::new(said) }
    }

    /// What happened on the host, and what to do about it.
    #[must_use]
    pub fn with_advice(&self, host: &str) -> Untrusted {
        let advice = self.advice(host).map(|advice| format!("; {advice}")).unwrap_or_default();
        Untrusted::new(&format!("{self}{advice}"))
    }

    /// What to do about it; `None` where nothing general helps.
    #[must_use]
    pub fn advice(&self, host: &str) -> Option<String> {
        Some(match self.cause {
            FailureCause::NameUnknown => format!(
                "say where it is: pontoon hosts set {host} address=ADDR, or a HostName in ~/.ssh/config"
            ),
            FailureCause::Unreachable => {
                "is it on, and is this host in a network that reaches it?".to_owned()
            }
            FailureCause::Slow => {
                format!("is it busy, or out of memory? How long does this take: ssh {host} true")
            }
            FailureCause::Refused => {
                "start its ssh server: sudo systemctl enable --now ssh".to_owned()
            }
            FailureCause::HostKeyChanged => format!(
                "was it set up anew? Then: ssh-keygen -R {host}; if not, somebody else answers"
            ),
            FailureCause::HostKeyUnknown => {
                format!("log in once by hand and compare the key: ssh {host}")
            }
            FailureCause::Denied => format!("let your key in: ssh-copy-id {host}"),
            FailureCause::NoPontoon => {
                "install it there, or have it copied for this run: --push".to_owned()
            }
            FailureCause::Architecture => "--push copies the right one for this run".to_owned(),
            FailureCause::HungUp => format!(
                "too many logins at once, a jump host that is down, or a server that bans you: ssh {host}"
            ),
            FailureCause::NoSsh => {
                "install the client here: apt-get install openssh-client".to_owned()
            }
            FailureCause::NotExecutable => {
                "its folder for temporary files allows no programs: install pontoon there"
                    .to_owned()
            }
            FailureCause::NoSudo => "log in as root, or install sudo there".to_owned(),
            FailureCause::Silent | FailureCause::Wordless => {
                format!("what does this say, and how soon: ssh {host} pontoon --version")
            }
            FailureCause::NotAnAgent => {
                format!("its login shell talks; this should print nothing: ssh {host} true")
            }
            FailureCause::Sudo => format!("let {host} sudo without a password, or log in as root"),
            FailureCause::DiskFull => format!("make room on it: ssh {host} df -h"),
            FailureCause::Version => "install the same pontoon on both, or use --push".to_owned(),
            FailureCause::NoBinary => {
                "put the program for its processor in a folder and name it: --binaries DIR"
                    .to_owned()
            }
            FailureCause::Corrupted | FailureCause::Fault | FailureCause::Other => return None,
        })
    }
}

/// The first 40 characters of a shell's output, enough to recognise it.
fn glimpse(said: &str) -> &str {
    const LETTERS: usize = 40;
    let line = said.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    line.char_indices().nth(LETTERS).map_or(line, |(end, _)| &line[..end])
}

impl fmt::Display for ReachFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.cause {
            FailureCause::NameUnknown => "its name has no address",
            FailureCause::Unreachable => "nothing answers at its address",
            FailureCause::Slow => "its ssh server does not begin in time",
            FailureCause::Refused => "it is there, but no ssh server answers",
            FailureCause::HostKeyChanged => "its host key is not the one that was known",
            FailureCause::HostKeyUnknown => "its host key is not known here",
            FailureCause::Denied => "it lets no key of yours in",
            FailureCause::NoPontoon => "there is no pontoon on it",
            FailureCause::Architecture => "its pontoon is for another processor",
            FailureCause::Sudo => "sudo wants a password there",
            FailureCause::DiskFull => "its disk is full",
            FailureCause::Corrupted => "the copy of pontoon arrived damaged",
            FailureCause::NoBinary => "no pontoon for its processor is at hand",
            FailureCause::HungUp => "it hung up before the login",
            FailureCause::NoSsh => "ssh cannot be started here",
            FailureCause::NotExecutable => "it does not let pontoon start where it was copied to",
            FailureCause::NoSudo => "there is no sudo on it",
            FailureCause::Version => "another version of pontoon is on it",
            FailureCause::NotAnAgent => "what answers is not a pontoon agent",
            FailureCause::Silent => "it is there, but pontoon does not answer in time",
            FailureCause::Wordless => "it ended without output",
            FailureCause::Fault => return self.said.fmt(f),
            FailureCause::Other => "ssh failed",
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
            (
                "ssh: Could not resolve hostname pi9: Name or service not known",
                FailureCause::NameUnknown,
            ),
            ("ssh: connect to host pi2 port 22: Connection refused", FailureCause::Refused),
            ("ssh: connect to host 10.0.0.9 port 22: No route to host", FailureCause::Unreachable),
            (
                "ssh: connect to host 10.0.0.9 port 22: Connection timed out",
                FailureCause::Unreachable,
            ),
            ("Connection timed out during banner exchange\r\n", FailureCause::Slow),
            (
                "banner exchange: Connection to UNKNOWN port 65535: Broken pipe",
                FailureCause::HungUp,
            ),
            ("pi@pi2: Permission denied (publickey,password).", FailureCause::Denied),
            (
                "No ED25519 host key is known for pi2 and you have requested strict checking.\r\n\
              Host key verification failed.",
                FailureCause::HostKeyUnknown,
            ),
            (
                "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nIT IS POSSIBLE\n\
              Host key verification failed.",
                FailureCause::HostKeyChanged,
            ),
            ("bash: line 1: pontoon: command not found", FailureCause::NoPontoon),
            ("sh: 1: pontoon: not found", FailureCause::NoPontoon),
            ("sh: 1: /usr/local/bin/pontoon: Exec format error", FailureCause::Architecture),
            ("sudo: a password is required", FailureCause::Sudo),
            (
                "dd: error writing '/tmp/pontoon.x/pontoon': No space left on device",
                FailureCause::DiskFull,
            ),
            ("something new", FailureCause::Other),
            ("", FailureCause::Wordless),
            ("Connection closed by UNKNOWN port 65535", FailureCause::HungUp),
            ("kex_exchange_identification: read: Connection reset by peer", FailureCause::HungUp),
            ("bash: line 1: sudo: command not found", FailureCause::NoSudo),
            ("sh: 12: /tmp/pontoon.x/pontoon: Permission denied", FailureCause::NotExecutable),
        ];
        for (said, cause) in table {
            assert_eq!(ReachFailure::said(said).cause, cause, "{said}");
        }
    }

    #[test]
    fn the_line_that_tells_is_shown_and_no_other() {
        let trouble = ReachFailure::said(
            "Welcome to \u{1b}[31mthe lab\nssh: connect to host pi2 port 22: Connection refused\n\
             bye",
        );
        assert_eq!(
            trouble.to_string(),
            "it is there, but no ssh server answers (ssh: connect to host pi2 port 22: Connection \
             refused)"
        );
        let said = "No ED25519 host key is known for pi2 and you have requested strict checking.";
        assert_eq!(ReachFailure::said(said).to_string(), "its host key is not known here");
        assert_eq!(ReachFailure::said("one\ntwo\u{7}\n\n").to_string(), "ssh failed (two\\u{7})");
    }
}
