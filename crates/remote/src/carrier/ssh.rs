//! The user's own `ssh` as the way to other hosts: its keys, its config, its jump hosts, its
//! known hosts. Nothing is asked, nothing is stored.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use pontoon_model::host::HostName;

/// How long ssh may take to connect, in seconds: a Pi over a bad link answers within two.
const CONNECT_S: u32 = 8;
/// A connection on which nothing comes for this long (three times) is dead.
const ALIVE_S: u32 = 5;

/// How a host is logged in to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SshLogin {
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

impl SshLogin {
    /// A host of which nothing is known but its name.
    #[must_use]
    pub const fn named(host: HostName) -> Self {
        Self { host, address: None, user: None, port: None, key: None }
    }
}

/// The program that makes connections.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SshProgram {
    /// It and its first arguments: `ssh`, or what the user says instead (`--ssh 'ssh -F FILE'`).
    pub words: Vec<OsString>,
}

impl Default for SshProgram {
    fn default() -> Self {
        Self { words: vec!["ssh".into()] }
    }
}

impl SshProgram {
    /// The command that runs `remote`, a line for the host's shell, without a terminal.
    ///
    /// It never asks: a question from one of fifty hosts would be answered to another. Keys and
    /// agents work, and so does a connection that the user keeps open (`ControlMaster`).
    #[must_use]
    pub fn command(&self, login: &SshLogin, remote: &str) -> Command {
        let mut command = self.start(login);
        command.args(["-T", "-o", "BatchMode=yes"]);
        command.args(["-o", &format!("ConnectTimeout={CONNECT_S}")]);
        command.args(["-o", &format!("ServerAliveInterval={ALIVE_S}")]);
        command.arg("--").arg(login.host.as_str()).arg(remote);
        command
    }

    /// The command that opens a login shell, as typed by hand.
    #[must_use]
    pub fn shell(&self, login: &SshLogin) -> Command {
        let mut command = self.start(login);
        command.arg("--").arg(login.host.as_str());
        command
    }

    #[expect(clippy::disallowed_methods, reason = "this is where the user's ssh is started")]
    fn start(&self, login: &SshLogin) -> Command {
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

#[cfg(test)]
mod tests {
    use pontoon_model::shell::shell_line;

    use super::*;

    fn words(command: &Command) -> Vec<String> {
        let program = std::iter::once(command.get_program());
        program.chain(command.get_args()).map(|word| word.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn what_the_inventory_knows_goes_before_the_name() {
        let login = SshLogin {
            address: Some("192.168.50.2".parse().unwrap()),
            user: Some("pi".into()),
            port: Some(2222),
            key: Some("/home/me/.ssh/pi".into()),
            ..SshLogin::named("pi2".parse().unwrap())
        };
        let ssh = SshProgram { words: vec!["ssh".into(), "-F".into(), "/tmp/config".into()] };
        assert_eq!(
            words(&ssh.command(&login, "uptime")).join(" "),
            "ssh -F /tmp/config -o HostName=192.168.50.2 -l pi -p 2222 -i /home/me/.ssh/pi -T \
             -o BatchMode=yes -o ConnectTimeout=8 -o ServerAliveInterval=5 -- pi2 uptime"
        );
        assert_eq!(
            words(&ssh.shell(&SshLogin::named("pi3".parse().unwrap()))).join(" "),
            "ssh -F /tmp/config -- pi3"
        );
    }

    #[test]
    fn a_shell_takes_a_line_apart_into_the_same_words() {
        let words = ["echo", "", "it's", "a b", "$HOME", "`id`", "x;y", "*", "pi@h:/x", "\n"]
            .map(str::to_owned);
        assert_eq!(shell_line(&words[..3]), r"echo '' 'it'\''s'");
        #[expect(clippy::disallowed_methods, reason = "the shell is the judge of quoting")]
        let output = Command::new("sh")
            .args(["-c", &format!("printf '%s|' {}", shell_line(&words[1..]))])
            .output()
            .unwrap();
        let expected: String = words[1..].iter().map(|word| format!("{word}|")).collect();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
    }
}
