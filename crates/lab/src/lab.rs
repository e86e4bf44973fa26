//! A lab: the hosts and networks of a scenario, raised.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io;
use std::net::IpAddr;
use std::process::{Command, Stdio};

use pontoon_model::host::HostName;
use pontoon_model::untrusted::Untrusted;

use crate::node::LabNode;
use crate::node_error::NodeError;
use crate::nsenter;
use crate::process;
use crate::scenario::Scenario;
use crate::ssh::{self, SshError};
use crate::topology::NodeStep;
use crate::topology::{self, VethPair};
use crate::via;

/// A lab could not be raised.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// This process is not in a sandbox.
    #[error("a lab can only be raised in the sandbox (see pontoon_lab::sandbox::enter)")]
    Outside,
    /// A node failed.
    #[error("cannot raise the lab")]
    Node(#[source] NodeError),
    /// The cables could not be laid.
    #[error("cannot lay the cables of the lab: {said}")]
    Cables {
        /// What `ip` said.
        said: Untrusted,
    },
    /// `ip` could not be run.
    #[error("cannot start `ip` (Debian: apt-get install iproute2)")]
    Ip(#[source] io::Error),
    /// The socket for `lab via` could not be made.
    #[error("cannot listen on {} for `lab via`", via::VIA_SOCKET)]
    ViaSocket(#[source] io::Error),
}

/// The hosts and networks of a scenario. Dropped, everything in it ends.
#[derive(Debug)]
pub struct Lab {
    // Dropped first: nothing is started on nodes while they end.
    via: via::ViaListener,
    nodes: BTreeMap<String, LabNode>,
    agents: Vec<HostName>,
    addresses: BTreeMap<HostName, Vec<IpAddr>>,
}

impl Lab {
    /// Raises the lab of a scenario. Only in a sandbox.
    ///
    /// # Errors
    ///
    /// [`LabError`]: outside a sandbox; a program is missing; the kernel lacks something; a rule
    /// or route of the scenario is refused.
    pub fn start(scenario: &Scenario) -> Result<Self, LabError> {
        if !std::path::Path::new(process::OWN_PROGRAM).exists() {
            return Err(LabError::Outside);
        }
        let plan = topology::plan(scenario);
        let mut nodes = BTreeMap::new();
        for (key, node) in &plan.nodes {
            let started = LabNode::start(key, node.etc.is_some()).map_err(LabError::Node)?;
            nodes.insert(key.clone(), started);
        }
        nodes.values_mut().try_for_each(LabNode::await_pid).map_err(LabError::Node)?;
        create_veth_pairs(&plan.cables, &nodes)?;
        for services in [false, true] {
            for (key, node) in &mut nodes {
                let work = &plan.nodes[key];
                let steps = if services { &work.services } else { &work.steps };
                node.send_steps(steps).map_err(LabError::Node)?;
            }
            nodes.values_mut().try_for_each(LabNode::await_done).map_err(LabError::Node)?;
        }
        let agents: Vec<HostName> = scenario.agents().cloned().collect();
        let machines = scenario.host.iter();
        let addresses =
            machines.map(|(name, host)| (name.clone(), topology::addresses(host))).collect();
        let pids = agents.iter().map(|name| (name.clone(), nodes[name.as_str()].pid)).collect();
        let via = via::ViaListener::open(pids).map_err(LabError::ViaSocket)?;
        Ok(Self { via, nodes, agents, addresses })
    }

    /// Gives every host an ssh server, its key and the way to the others, so that `ssh HOST` on
    /// one of them leads to another. Without it nothing else is missing.
    ///
    /// # Errors
    ///
    /// [`SshError`]: not root, no server installed.
    pub fn start_ssh(&mut self) -> Result<(), SshError> {
        let setups = ssh::ssh_setups(&self.agents)?;
        for (host, own) in setups {
            if let Some(node) = self.nodes.get_mut(host.as_str()) {
                node.send_steps(&[NodeStep::Ssh(own)]).map_err(SshError::Node)?;
            }
        }
        for host in &self.agents {
            if let Some(node) = self.nodes.get_mut(host.as_str()) {
                node.await_done().map_err(SshError::Node)?;
            }
        }
        Ok(())
    }

    /// The hosts on which an agent may be started.
    #[must_use]
    pub fn hosts(&self) -> Vec<HostName> {
        self.agents.clone()
    }

    /// The addresses of a host, link by link, whether it has an agent or not.
    #[must_use]
    pub fn addresses(&self, host: &HostName) -> Vec<IpAddr> {
        self.addresses.get(host).cloned().unwrap_or_default()
    }

    /// A command that runs a program in a host (or router, or server), with an environment of
    /// PATH, TERM and LANG only. Its exit code is the program's; killed, it takes the program
    /// along. A host that is not in the lab yields a command that fails.
    #[must_use]
    pub fn command(&self, host: &HostName, argv: &[&OsStr]) -> Command {
        let pid = self.nodes.get(host.as_str()).map_or(0, |node| node.pid);
        nsenter::command(pid, argv)
    }

    /// Number of programs that were started through [`crate::via`] and still run.
    #[must_use]
    pub fn open_connections(&self) -> usize {
        self.via.connections()
    }
}

/// Lays all cables at once, each end straight into its namespace.
fn create_veth_pairs(
    cables: &[VethPair],
    nodes: &BTreeMap<String, LabNode>,
) -> Result<(), LabError> {
    use std::io::Write as _;

    let mut batch = String::new();
    for cable in cables {
        let pid = |key: &str| nodes.get(key).map_or(0, |node| node.pid);
        batch.push_str(&format!(
            "link add {} address {} netns {} type veth peer name {} netns {}\n",
            cable.link,
            cable.mac,
            pid(&cable.machine),
            cable.port,
            pid(&cable.network),
        ));
    }
    let mut ip = process::program("ip")
        .args(["-batch", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(LabError::Ip)?;
    if let Some(mut input) = ip.stdin.take() {
        input.write_all(batch.as_bytes()).map_err(LabError::Ip)?;
    }
    let output = ip.wait_with_output().map_err(LabError::Ip)?;
    if output.status.success() {
        Ok(())
    } else {
        Err(LabError::Cables { said: Untrusted::from_bytes(&output.stderr) })
    }
}
