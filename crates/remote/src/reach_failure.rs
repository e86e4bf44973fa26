//! Why a host could not be asked, told from what ssh and the host's shell say.
//!
//! ssh(1) ends with 255 when it failed itself, and with the remote command's status otherwise;
//! a shell's are 126 for what cannot be executed and 127 for what is not found (XCU 2.8.2).

use std::fmt;

use pontoon_model::untrusted::Untrusted;

use crate::carrier::CarrierError;
use crate::preamble::PreambleError;
use crate::protocol_error::ProtocolError;

/// Why a host could not be asked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReachFailure {
    /// What kept it from being asked.
    pub cause: FailureCause,
    /// The line of what was said that tells more than the cause; empty when none does.
    pub said: Untrusted,
}

/// What kept a host from being asked.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum FailureCause {
    /// ssh knows no address for the name.
    NameUnknown,
    /// Nothing answers at the address.
    Unreachable,
    /// The host answers, but its ssh server does not begin in time.
    Slow,
    /// The host answers, but no ssh server does.
    Refused,
    /// Its host key is not the one that was known.
    HostKeyChanged,
    /// Its host key is not known yet.
    HostKeyUnknown,
    /// It hung up before anybody could log in.
    HungUp,
    /// No key of ours lets us in.
    Denied,
    /// ssh cannot be started here.
    NoSsh,
    /// There is no pontoon there.
    NoPontoon,
    /// Its pontoon is for another processor.
    Architecture,
    /// Nothing may be started where it was copied to.
    NotExecutable,
    /// There is no sudo there.
    NoSudo,
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
    /// The agent ended without a word.
    Wordless,
    /// The agent itself says why it cannot go on.
    Fault,
    /// Something else.
    Other,
}

/// What ssh, shells and sudo say, in the order in which it is looked for. The words are those of
/// OpenSSH (ssh.c, sshconnect.c, sshconnect2.c), dash, bash, busybox, sudo and the C library.
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
    // It was gone before we had said our own name.
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
    /// Whether the words of ssh or a shell say no more than the cause does.
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
    /// Tells the cause of what went wrong between here and a far end.
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

    /// Tells the cause by what ssh or a shell wrote on standard error.
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
        // The line that says it; a banner may come before and a farewell after.
        let telling = |line: &&str| line.to_lowercase().contains(words);
        let line = stderr.lines().map(str::trim).find(telling).unwrap_or_default();
        Self::new(*cause, if cause.is_all_said() { "" } else { line })
    }

    /// A failure of this kind, in words of its own.
    #[must_use]
    pub fn new(cause: FailureCause, said: &str) -> Self {
        Self { cause, said: Untrusted::new(said) }
    }

    /// What happened on a host, and what to do about it.
    #[must_use]
    pub fn with_advice(&self, host: &str) -> Untrusted {
        let advice = self.advice(host).map(|advice| format!("; {advice}")).unwrap_or_default();
        Untrusted::new(&format!("{self}{advice}"))
    }

    /// What to do about it on a host.
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

/// The beginning of what a shell says: enough to know it by.
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
            FailureCause::Wordless => "it ended without a word",
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
