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
    /// The line of what was said that tells more than the cause; empty when none does.
    pub said: Untrusted,
}

/// What kind of trouble.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Cause {
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
const WORDS: &[(&str, Cause)] = &[
    ("could not resolve hostname", Cause::NameUnknown),
    ("has changed and you have requested", Cause::HostKeyChanged),
    ("remote host identification has changed", Cause::HostKeyChanged),
    ("host key is known for", Cause::HostKeyUnknown),
    ("host key verification failed", Cause::HostKeyUnknown),
    ("permission denied (", Cause::Denied),
    ("too many authentication failures", Cause::Denied),
    ("connection refused", Cause::Refused),
    ("timed out during banner exchange", Cause::Slow),
    ("connection timed out", Cause::Unreachable),
    ("operation timed out", Cause::Unreachable),
    ("no route to host", Cause::Unreachable),
    ("network is unreachable", Cause::Unreachable),
    ("kex_exchange_identification: ", Cause::HungUp),
    // It was gone before we had said our own name.
    ("banner exchange: ", Cause::HungUp),
    ("connection closed by ", Cause::HungUp),
    ("connection reset by ", Cause::HungUp),
    ("ssh could not be run", Cause::NoSsh),
    ("sudo: command not found", Cause::NoSudo),
    ("sudo: not found", Cause::NoSudo),
    ("a password is required", Cause::Sudo),
    ("is not in the sudoers file", Cause::Sudo),
    ("no space left on device", Cause::DiskFull),
    ("disk quota exceeded", Cause::DiskFull),
    ("checksum of the copy is wrong", Cause::Corrupted),
    ("no pontoon for", Cause::NoBinary),
    ("exec format error", Cause::Architecture),
    ("cannot execute binary file", Cause::Architecture),
    ("/pontoon: permission denied", Cause::NotExecutable),
    ("pontoon: command not found", Cause::NoPontoon),
    ("pontoon: not found", Cause::NoPontoon),
    ("pontoon: no such file or directory", Cause::NoPontoon),
];

impl Cause {
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

impl Trouble {
    /// Tells the cause of what went wrong between here and an agent.
    #[must_use]
    pub fn of(error: &ChannelError) -> Self {
        /// What agents of all versions say to a coordinator of another.
        const OTHER_VERSION: &str = "of the agent protocol";
        match error {
            ChannelError::Ended { stderr, .. } if stderr.raw().trim().is_empty() => {
                Self::new(Cause::Wordless, "")
            }
            ChannelError::Ended { stderr, .. } => Self::said(stderr.raw()),
            ChannelError::OtherVersion { theirs, ours } => {
                Self::new(Cause::Version, &format!("protocol {theirs}, here {ours}"))
            }
            ChannelError::Fault { why } if why.raw().contains(OTHER_VERSION) => {
                Self::new(Cause::Version, "")
            }
            ChannelError::Fault { why } => Self::new(Cause::Fault, why.raw()),
            ChannelError::Framing(source) => Self::new(Cause::Version, &source.to_string()),
            ChannelError::NotAnAgent { said } => Self::new(Cause::NotAnAgent, glimpse(said.raw())),
            ChannelError::Silent => Self::new(Cause::Silent, ""),
            ChannelError::Start { source, .. } => Self::new(Cause::NoSsh, &source.to_string()),
            other => Self::new(Cause::Fault, &other.to_string()),
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
                || Self::new(Cause::Wordless, ""),
                |last| Self::new(Cause::Other, last),
            );
        };
        // The line that says it; a banner may come before and a farewell after.
        let telling = |line: &&str| line.to_lowercase().contains(words);
        let line = stderr.lines().map(str::trim).find(telling).unwrap_or_default();
        Self::new(*cause, if cause.is_all_said() { "" } else { line })
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
            Cause::Slow => {
                format!("is it busy, or out of memory? How long does this take: ssh {host} true")
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
            Cause::Architecture => "--push copies the right one for this run".to_owned(),
            Cause::HungUp => format!(
                "too many logins at once, a jump host that is down, or a server that bans you: ssh {host}"
            ),
            Cause::NoSsh => "install the client here: apt-get install openssh-client".to_owned(),
            Cause::NotExecutable => {
                "its folder for temporary files allows no programs: install pontoon there"
                    .to_owned()
            }
            Cause::NoSudo => "log in as root, or install sudo there".to_owned(),
            Cause::Silent | Cause::Wordless => {
                format!("what does this say, and how soon: ssh {host} pontoon --version")
            }
            Cause::NotAnAgent => {
                format!("its login shell talks; this should print nothing: ssh {host} true")
            }
            Cause::Sudo => format!("let {host} sudo without a password, or log in as root"),
            Cause::DiskFull => format!("make room on it: ssh {host} df -h"),
            Cause::Version => "install the same pontoon on both, or use --push".to_owned(),
            Cause::NoBinary => {
                "put the program for its processor in a folder and name it: --binaries DIR"
                    .to_owned()
            }
            Cause::Corrupted | Cause::Fault | Cause::Other => return None,
        })
    }
}

/// The beginning of what a shell says: enough to know it by.
fn glimpse(said: &str) -> &str {
    const LETTERS: usize = 40;
    let line = said.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    line.char_indices().nth(LETTERS).map_or(line, |(end, _)| &line[..end])
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.cause {
            Cause::NameUnknown => "its name has no address",
            Cause::Unreachable => "nothing answers at its address",
            Cause::Slow => "its ssh server does not begin in time",
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
            Cause::HungUp => "it hung up before the login",
            Cause::NoSsh => "ssh cannot be started here",
            Cause::NotExecutable => "it does not let pontoon start where it was copied to",
            Cause::NoSudo => "there is no sudo on it",
            Cause::Version => "another version of pontoon is on it",
            Cause::NotAnAgent => "what answers is not a pontoon agent",
            Cause::Silent => "it is there, but pontoon does not answer in time",
            Cause::Wordless => "it ended without a word",
            Cause::Fault => return self.said.fmt(f),
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
            ("Connection timed out during banner exchange\r\n", Cause::Slow),
            ("banner exchange: Connection to UNKNOWN port 65535: Broken pipe", Cause::HungUp),
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
            ("", Cause::Wordless),
            ("Connection closed by UNKNOWN port 65535", Cause::HungUp),
            ("kex_exchange_identification: read: Connection reset by peer", Cause::HungUp),
            ("bash: line 1: sudo: command not found", Cause::NoSudo),
            ("sh: 12: /tmp/pontoon.x/pontoon: Permission denied", Cause::NotExecutable),
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
        let said = "No ED25519 host key is known for pi2 and you have requested strict checking.";
        assert_eq!(Trouble::said(said).to_string(), "its host key is not known here");
        assert_eq!(Trouble::said("one\ntwo\u{7}\n\n").to_string(), "ssh failed (two\\u{7})");
    }
}
