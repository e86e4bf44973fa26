//! OpenSSH between the hosts of a lab: real clients, real servers, real keys, and no network.
//!
//! A server is started for each connection (`sshd -i`, as inetd would), behind the
//! [socket](crate::via) of the lab, so that ssh works also where no frame passes. Every host has its
//! own host key, the others' in its `known_hosts`, and the one user key of the lab. All of it lies
//! in the host's own `/etc` and home, which are memory, and ends with them.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::process::{Child, Stdio};

use pontoon_model::host::HostName;
use pontoon_model::untrusted::Untrusted;
use serde::{Deserialize, Serialize};

use crate::node_error::NodeError;
use crate::process::{self, HOME};
use crate::sandbox::{SandboxError, file, make_dir, mount_tmpfs};

/// The server. By its whole path: it starts itself again.
const SERVER: &str = "/usr/sbin/sshd";
const SERVER_CONFIG: &str = "/etc/ssh/sshd_config";
const HOST_KEY: &str = "/etc/ssh/ssh_host_ed25519_key";
/// Where keys are made before each host takes its own: seen by no host, and memory.
const KEY_FOLDER: &str = "/run/keys";

/// What a server is started with, for one connection on its standard streams.
pub(crate) const SERVE: [&str; 4] = [SERVER, "-i", "-f", SERVER_CONFIG];

/// There can be no ssh in this lab.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SshError {
    /// The lab is that of an ordinary user.
    #[error("an ssh server runs each login as its own user, which takes root")]
    NotRoot,
    /// The server is not installed.
    #[error("there is no {SERVER} (Debian: apt-get install openssh-server)")]
    NoServer,
    /// Keys could not be made.
    #[error("ssh-keygen made no keys: {said}")]
    Keys {
        /// What it said.
        said: Untrusted,
    },
    /// It could not be started, or what it made could not be read.
    #[error("no keys could be made for ssh")]
    System(#[source] io::Error),
    /// A host did not take what was made for it.
    #[error("a host could not be given its ssh server")]
    Node(#[source] NodeError),
}

/// The keys and files of one host.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct SshSetup {
    host_key: String,
    user_key: String,
    /// The public half of the user key, with which each login is made.
    authorized: String,
    known_hosts: String,
    config: String,
}

/// Whether a server can change its user: not where only our own user has a number (a user
/// namespace of ours, `user_namespaces(7)`).
fn has_users() -> bool {
    let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    let count = |line: &str| line.split_whitespace().nth(2).and_then(|count| count.parse().ok());
    let counts: Vec<u64> = map.lines().filter_map(count).collect();
    counts.iter().any(|count| *count > 1) || counts.len() > 1
}

/// Makes keys and everything else for these hosts.
pub(crate) fn ssh_setups(hosts: &[HostName]) -> Result<BTreeMap<HostName, SshSetup>, SshError> {
    if !has_users() {
        return Err(SshError::NotRoot);
    }
    if !Path::new(SERVER).is_file() {
        return Err(SshError::NoServer);
    }
    let folder = Path::new(KEY_FOLDER);
    fs::DirBuilder::new().mode(0o700).create(folder).map_err(SshError::System)?;
    let made = make_keys(folder, hosts);
    let removed = fs::remove_dir_all(folder).map_err(SshError::System);
    let (user, keys) = made?;
    removed?;
    let line = |(host, key): (&HostName, &KeyPair)| format!("{host} {}\n", key.public);
    let known_hosts: String = keys.iter().map(line).collect();
    let config = client_config(hosts);
    let of = |(host, key): (HostName, KeyPair)| {
        let setup = SshSetup {
            host_key: key.private,
            user_key: user.private.clone(),
            authorized: format!("{}\n", user.public),
            known_hosts: known_hosts.clone(),
            config: config.clone(),
        };
        (host, setup)
    };
    Ok(keys.into_iter().map(of).collect())
}

struct KeyPair {
    private: String,
    /// Type and key, without a comment.
    public: String,
}

/// The user's key, and one for each host; all are made at the same time.
fn make_keys(
    folder: &Path,
    hosts: &[HostName],
) -> Result<(KeyPair, BTreeMap<HostName, KeyPair>), SshError> {
    /// No host has this name.
    const USER: &str = "user.";
    let names = || hosts.iter().map(HostName::as_str).chain([USER]);
    let makers: Result<Vec<Child>, io::Error> = names()
        .map(|name| {
            process::program("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-C", "pontoon lab", "-f"])
                .arg(folder.join(name))
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
        })
        .collect();
    for maker in makers.map_err(SshError::System)? {
        let output = maker.wait_with_output().map_err(SshError::System)?;
        if !output.status.success() {
            return Err(SshError::Keys { said: Untrusted::from_bytes(&output.stderr) });
        }
    }
    let read = |name: &str| -> io::Result<KeyPair> {
        let private = fs::read_to_string(folder.join(name))?;
        let public = fs::read_to_string(folder.join(format!("{name}.pub")))?;
        let mut words = public.split(' ');
        let public = words.by_ref().take(2).collect::<Vec<_>>().join(" ");
        Ok(KeyPair { private, public })
    };
    let of_hosts: Result<_, io::Error> =
        hosts.iter().map(|host| Ok((host.clone(), read(host.as_str())?))).collect();
    Ok((read(USER).map_err(SshError::System)?, of_hosts.map_err(SshError::System)?))
}

/// How each host reaches the others: by name, over the socket of the lab.
fn client_config(hosts: &[HostName]) -> String {
    let block = |host: &HostName| {
        format!(
            "Host {host}\n  HostKeyAlias {host}\n  ProxyCommand {} lab via --ssh %n\n",
            process::PONTOON
        )
    };
    let blocks: String = hosts.iter().map(block).collect();
    format!("{blocks}Host *\n  User root\n  IdentityFile ~/.ssh/id_ed25519\n  IdentitiesOnly yes\n")
}

/// It listens nowhere and writes nothing: the machine's log is not the lab's. `sshd` typed by
/// hand on a host listens on that host's port 22.
fn server_config() -> String {
    format!(
        "HostKey {HOST_KEY}\nPermitRootLogin prohibit-password\nPasswordAuthentication no\n\
         KbdInteractiveAuthentication no\nUsePAM no\nPrintMotd no\nPrintLastLog no\n\
         LogLevel QUIET\nPidFile none\nSetEnv PATH={HOME}/bin:{}\n",
        process::PATH
    )
}

/// In a host: puts everything in its place.
pub(crate) fn install(setup: &SshSetup) -> Result<(), SandboxError> {
    // A login with a terminal is counted in files there (wtmp(5)); the machine's are not ours.
    mount_tmpfs("/var/log")?;
    // Where the server locks up the part of itself that talks to strangers.
    make_dir("/run/sshd")?;
    make_dir("/etc/ssh")?;
    let own = format!("{HOME}/.ssh");
    fs::DirBuilder::new().mode(0o700).create(&own).map_err(file(&own))?;
    // No password fits, yet root is not locked out: without the file, systemd's name service says
    // that it is (nss-systemd(8)).
    write("/etc/shadow", "root:*:20000:0:99999:7:::\n")?;
    write(HOST_KEY, &setup.host_key)?;
    write(SERVER_CONFIG, &server_config())?;
    write(&format!("{own}/id_ed25519"), &setup.user_key)?;
    write(&format!("{own}/authorized_keys"), &setup.authorized)?;
    write(&format!("{own}/known_hosts"), &setup.known_hosts)?;
    write(&format!("{own}/config"), &setup.config)
}

fn write(path: &str, text: &str) -> Result<(), SandboxError> {
    let open = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    open.and_then(|mut made| made.write_all(text.as_bytes())).map_err(file(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_host_is_reached_by_its_own_name_and_known_by_it() {
        let config = client_config(&["pi1".parse().unwrap(), "pi2".parse().unwrap()]);
        assert!(
            config.contains(
                "Host pi2\n  HostKeyAlias pi2\n  ProxyCommand /run/pontoon/bin/pontoon lab via \
                 --ssh %n\n"
            ),
            "{config}"
        );
    }
}
