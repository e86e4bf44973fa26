//! The user's own `ssh`, with its keys, configuration, jump hosts and known hosts. It never
//! prompts, and nothing is stored.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use pontoon_model::host::HostName;

/// `ConnectTimeout` in seconds; a Pi over a bad link connects within two.
const CONNECT_S: u32 = 8;
/// `ServerAliveInterval` in seconds: ssh gives up after three without a response (`ssh_config(5)`).
const ALIVE_S: u32 = 5;

/// How ssh logs in to a host.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SshLogin {
    /// The name of the host; its `Host` block in `~/.ssh/config` applies.
    pub host: HostName,
    /// The address from the inventory; absent: ssh resolves the name.
    pub address: Option<HostName>,
    /// The user name; absent: as ssh is configured.
    pub user: Option<String>,
    /// The port; absent: as ssh is configured.
    pub port: Option<u16>,
    /// The key file; absent: as ssh is configured.
    pub key: Option<PathBuf>,
}

impl SshLogin {
    /// A login with only a host name.
    #[must_use]
    pub const fn named(host: HostName) -> Self {
        Self { host, address: None, user: None, port: None, key: None }
    }
}

/// The ssh program and its leading arguments.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SshProgram {
    /// `ssh`, or the words of `--ssh 'ssh -F FILE'`.
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
    /// It never prompts (`BatchMode`): with fifty hosts at once a prompt could not be answered for
    /// the right one. Keys and agents work, and so does an open `ControlMaster` connection.
    #[must_use]
    pub fn command(&self, login: &SshLogin, remote: &str) -> Command {
        let mut command = self.start(login);
        // A terminal would translate line ends and echo input, which breaks the protocol.
        command.args(["-T", "-o", "BatchMode=yes"]);
        command.args(["-o", &format!("ConnectTimeout={CONNECT_S}")]);
        command.args(["-o", &format!("ServerAliveInterval={ALIVE_S}")]);
        command.arg("--").arg(login.host.as_str()).arg(remote);
        command
    }

    /// The command that opens an interactive login shell.
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
            // As an option: with the address as destination, the `Host` block of the name would not
            // apply.
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
    use pontoon_model::shell_command;
    use proptest::collection::vec;
    use proptest::prelude::*;

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

    proptest! {
        // Each case starts a shell.
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// A real shell splits a command into the words that were put into it.
        #[test]
        #[expect(clippy::disallowed_methods, reason = "the test is about a real shell")]
        fn a_shell_reads_every_word_as_it_is(words in vec("[^\0]{0,12}", 1..8)) {
            let words: Vec<String> = words;
            let command = shell_command!("printf '%s\\0' x{}y", words[0]);
            let line = format!("{command}; printf '%s\\0' {}", shell_line(&words));
            let output = Command::new("sh").args(["-c", &line]).output().unwrap();
            let mut expected = format!("x{}y\0", words[0]);
            for word in &words {
                expected.extend([word.as_str(), "\0"]);
            }
            prop_assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
        }
    }
}
