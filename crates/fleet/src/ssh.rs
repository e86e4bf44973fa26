//! The user's own `ssh` as the way to other hosts: its keys, its config, its jump hosts, its
//! known hosts. Nothing is asked, nothing is stored.

pub mod push;
pub mod trouble;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use pontoon_model::host::HostName;
pub use pontoon_model::shell::quoted;

/// How long ssh may take to connect, in seconds: a Pi over a bad link answers within two.
const CONNECT_S: u32 = 8;
/// A connection on which nothing comes for this long (three times) is dead.
const ALIVE_S: u32 = 5;

/// How a host is logged in to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Login {
    /// What the user calls it: its `Host` block in `~/.ssh/config` applies.
    pub host: HostName,
    /// Where it is, when the inventory knows better than the name.
    pub address: Option<HostName>,
    /// As whom.
    pub user: Option<String>,
    /// On which port.
    pub port: Option<u16>,
    /// With which key file.
    pub key: Option<PathBuf>,
}

impl Login {
    /// A host of which nothing is known but its name.
    #[must_use]
    pub const fn named(host: HostName) -> Self {
        Self { host, address: None, user: None, port: None, key: None }
    }
}

/// The program that makes connections.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Ssh {
    /// It and its first arguments: `ssh`, or what the user says instead (`--ssh 'ssh -F FILE'`).
    pub words: Vec<OsString>,
}

impl Default for Ssh {
    fn default() -> Self {
        Self { words: vec!["ssh".into()] }
    }
}

impl Ssh {
    /// The command that runs `remote`, a line for the host's shell, without a terminal.
    ///
    /// It never asks: a question from one of fifty hosts would be answered to another. Keys and
    /// agents work, and so does a connection that the user keeps open (`ControlMaster`).
    #[must_use]
    pub fn command(&self, login: &Login, remote: &str) -> Command {
        let mut command = self.start(login);
        command.args(["-T", "-o", "BatchMode=yes"]);
        command.args(["-o", &format!("ConnectTimeout={CONNECT_S}")]);
        command.args(["-o", &format!("ServerAliveInterval={ALIVE_S}")]);
        command.arg("--").arg(login.host.as_str()).arg(remote);
        command
    }

    /// The command that opens a login shell, as typed by hand.
    #[must_use]
    pub fn shell(&self, login: &Login) -> Command {
        let mut command = self.start(login);
        command.arg("--").arg(login.host.as_str());
        command
    }

    #[expect(clippy::disallowed_methods, reason = "this is where the user's ssh is started")]
    fn start(&self, login: &Login) -> Command {
        let mut words = self.words.iter();
        let mut command = Command::new(words.next().map_or_else(|| "ssh".into(), Clone::clone));
        command.args(words);
        if let Some(address) = &login.address {
            command.args(["-o", &format!("HostName={address}")]);
        }
        if let Some(user) = &login.user {
            command.arg("-l").arg(user);
        }
        if let Some(port) = login.port {
            command.arg("-p").arg(port.to_string());
        }
        if let Some(key) = &login.key {
            command.arg("-i").arg(key);
        }
        command
    }
}

/// A command line of words that a shell takes apart into the same words.
#[must_use]
pub fn line(words: &[String]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(command: &Command) -> Vec<String> {
        let program = std::iter::once(command.get_program());
        program.chain(command.get_args()).map(|word| word.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn what_the_inventory_knows_goes_before_the_name() {
        let login = Login {
            address: Some("192.168.50.2".parse().unwrap()),
            user: Some("pi".into()),
            port: Some(2222),
            key: Some("/home/me/.ssh/pi".into()),
            ..Login::named("pi2".parse().unwrap())
        };
        let ssh = Ssh { words: vec!["ssh".into(), "-F".into(), "/tmp/config".into()] };
        assert_eq!(
            words(&ssh.command(&login, "uptime")).join(" "),
            "ssh -F /tmp/config -o HostName=192.168.50.2 -l pi -p 2222 -i /home/me/.ssh/pi -T \
             -o BatchMode=yes -o ConnectTimeout=8 -o ServerAliveInterval=5 -- pi2 uptime"
        );
        assert_eq!(
            words(&ssh.shell(&Login::named("pi3".parse().unwrap()))).join(" "),
            "ssh -F /tmp/config -- pi3"
        );
    }

    #[test]
    fn a_shell_takes_a_line_apart_into_the_same_words() {
        let words = ["echo", "", "it's", "a b", "$HOME", "`id`", "x;y", "*", "pi@h:/x", "\n"]
            .map(str::to_owned);
        assert_eq!(line(&words[..3]), r"echo '' 'it'\''s'");
        #[expect(clippy::disallowed_methods, reason = "the shell is the judge of quoting")]
        let output = Command::new("sh")
            .args(["-c", &format!("printf '%s|' {}", line(&words[1..]))])
            .output()
            .unwrap();
        let expected: String = words[1..].iter().map(|word| format!("{word}|")).collect();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
    }
}
