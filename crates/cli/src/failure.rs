//! What can go wrong in a command, with the number to end with and what to do.

mod cluster;
mod hosts;
mod explain;

use std::io;
use std::path::PathBuf;

use pontoon_model::exit::Exit;
use pontoon_model::host::HostName;
use pontoon_model::record::RecordError;
use pontoon_model::record::merge::MergeError;

pub(crate) use cluster::ClusterFailure;
pub(crate) use explain::ExplainFailure;
pub(crate) use hosts::HostsFailure;

use crate::shell_split::SplitError;
use pontoon_lab::sandbox::SandboxError;
use pontoon_lab::scenario::ScenarioLoadError;
use pontoon_lab::{LabError, SshError};
use pontoon_probe::discover::SweepRefusal;
use pontoon_probe::survey::SurveyError;
use pontoon_remote::session::far_loop::FarLoopError;

/// A command could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandFailure {
    /// Standard output cannot be written.
    #[error("the output could not be written")]
    Output {
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file cannot be read.
    #[error("`{}` could not be read", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("`{}` could not be written", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file is not a record.
    #[error("`{}` is not a record that can be judged", path.display())]
    Record {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: RecordError,
    },
    /// What is wanted of a cluster makes no sense, or cannot be decided.
    #[error(transparent)]
    Cluster(#[from] ClusterFailure),
    /// A list of ports says something else.
    #[error("`{}` is not a list of ports", path.display())]
    Ports {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: pontoon_model::port::PortListError,
    },
    /// Lists of ports are too long together.
    #[error("{ports} ports are too many: this is a test of known ports, not a scan")]
    ManyPorts {
        /// How many.
        ports: usize,
    },
    /// Ports of the control plane are asked for, and nobody is said to be it.
    #[error("--ports is about the control plane, and none of these hosts is known to be of it")]
    NoServer,
    /// Records do not belong together.
    #[error("the records cannot be put together")]
    Merge {
        /// Why.
        #[source]
        source: MergeError,
    },
    /// There is no such interface.
    #[error("this host has no interface `{name}`")]
    NoLink {
        /// What was asked for.
        name: String,
        /// Those that exist.
        known: Vec<String>,
    },
    /// A name has no address.
    #[error("`{name}` has no address: {why}")]
    NoHost {
        /// What was asked for.
        name: String,
        /// What the resolver said.
        why: String,
    },
    /// The number of `--via` does not fit that of `--peer`.
    #[error("{peers} peers were given with --peer, but {vias} commands with --via")]
    Vias {
        /// Number of peers.
        peers: usize,
        /// Number of commands.
        vias: usize,
    },
    /// A script and an input both want standard input.
    #[error(
        "a script (`-`) is read on the standard input of each host, so there is no room for --input"
    )]
    TwoInputs,
    /// Something would be changed on other hosts, and nobody is there to be asked.
    #[error("clocks are off, but nobody is there to be asked whether to set them")]
    NobodyToAsk,
    /// A `--via` for many hosts does not say where the host goes.
    #[error("--via has no {{}} in the place of the host")]
    ViaPlace,
    /// A scenario without a control channel is about two hosts.
    #[error("`check.control = false` is for two hosts with an address each, not for {hosts}")]
    NoControl {
        /// Number of hosts.
        hosts: usize,
    },
    /// `--pair` is for one peer.
    #[error("--pair is for one peer, but {peers} addresses were given")]
    PairPeers {
        /// Number of addresses.
        peers: usize,
    },
    /// A pair code cannot be read.
    #[error("--pair wants `new` or the code that the other host printed")]
    PairCode {
        /// Why.
        #[source]
        source: pontoon_probe::survey::NotAPairCode,
    },
    /// A command cannot be split into words.
    #[error("the command `{text}` cannot be understood")]
    Words {
        /// The command.
        text: String,
        /// Why.
        #[source]
        source: SplitError,
    },
    /// There is no such finding.
    #[error("there is no finding or cause `{code}`")]
    NoCode {
        /// What was asked for.
        code: String,
        /// The one that looks most like it.
        near: Option<&'static str>,
    },
    /// Pasted text cannot be explained.
    #[error(transparent)]
    Paste(#[from] ExplainFailure),
    /// There is no such command.
    #[error("there is no command `{name}` to write a page about")]
    NoCommand {
        /// What was asked for.
        name: String,
    },
    /// Nobody is looked for on this link.
    #[error(transparent)]
    Discover(#[from] SweepRefusal),
    /// A packet socket is not allowed.
    #[error("frames cannot be sent without CAP_NET_RAW")]
    NoFrames {
        /// What the kernel said.
        #[source]
        source: io::Error,
    },
    /// A lab could not be made.
    #[error("the lab could not be raised")]
    Lab {
        /// Why.
        #[source]
        source: LabError,
    },
    /// There can be no ssh in a lab.
    #[error("the hosts of this lab cannot be reached by ssh")]
    LabSsh {
        /// Why.
        #[source]
        source: SshError,
    },
    /// The hosts of a lab are to be Kubernetes nodes, which only a program for tests makes.
    #[error(
        "this lab has Kubernetes nodes, which pontoon itself does not make; in a checkout of it \
         `cargo run --bin pontoon-lab-kubernetes` does (docs/lab.md)"
    )]
    KubernetesLab,
    /// The kernel's neighbour table is too small for a lab.
    #[error("a lab of {hosts} hosts takes more neighbour entries than this kernel has")]
    NoRoom {
        /// Number of hosts.
        hosts: usize,
        /// Why it could not be made larger.
        #[source]
        source: io::Error,
    },
    /// A sandbox could not be made.
    #[error("no sandbox for the lab could be made")]
    Sandbox {
        /// Why.
        #[source]
        source: SandboxError,
    },
    /// Hosts or their inventory make no sense.
    #[error(transparent)]
    Hosts(#[from] HostsFailure),
    /// A scenario cannot be used.
    #[error("the scenario `{name}` cannot be used")]
    Scenario {
        /// Which.
        name: String,
        /// Why.
        #[source]
        source: ScenarioLoadError,
    },
    /// There is no such scenario.
    #[error("there is no scenario `{name}`")]
    NoScenario {
        /// What was asked for.
        name: String,
    },
    /// A scenario has no such host.
    #[error("the scenario has no host `{name}`")]
    NoLabHost {
        /// What was asked for.
        name: HostName,
        /// Those it has.
        known: Vec<String>,
    },
    /// The arguments that a scenario gives `check` make no sense.
    #[error("the scenario's check.args make no sense: {said}")]
    CheckArguments {
        /// What the command line's reader said.
        said: String,
    },
    /// An agent ended badly.
    #[error("the agent could not go on")]
    Agent {
        /// Why.
        #[source]
        source: FarLoopError,
    },
    /// The survey could not be made.
    #[error("the hosts could not be asked")]
    Survey {
        /// Why.
        #[source]
        source: SurveyError,
    },
    /// The system did not give what every system gives.
    #[error("{what}")]
    System {
        what: &'static str,
        #[source]
        source: io::Error,
    },
    /// A value could not be written as JSON.
    #[error("the result could not be written as JSON")]
    Json {
        #[source]
        source: serde_json::Error,
    },
}

impl CommandFailure {
    /// The number to end with.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Hosts(failure) => failure.exit(),
            Self::Cluster(failure) => failure.exit(),
            Self::Sandbox { .. }
            | Self::NoRoom { .. }
            | Self::NoFrames { .. }
            | Self::LabSsh { .. } => Exit::NotPermitted,
            Self::Output { .. }
            | Self::System { .. }
            | Self::Json { .. }
            | Self::Lab { .. }
            | Self::Agent { .. } => Exit::Internal,
            Self::Read { .. }
            | Self::Write { .. }
            | Self::Record { .. }
            | Self::Ports { .. }
            | Self::ManyPorts { .. }
            | Self::NoServer
            | Self::Merge { .. }
            | Self::NoLink { .. }
            | Self::Vias { .. }
            | Self::PairPeers { .. }
            | Self::ViaPlace
            | Self::TwoInputs
            | Self::NobodyToAsk
            | Self::Discover(_)
            | Self::NoControl { .. }
            | Self::PairCode { .. }
            | Self::Words { .. }
            | Self::NoCode { .. }
            | Self::Paste(_)
            | Self::Scenario { .. }
            | Self::NoScenario { .. }
            | Self::NoLabHost { .. }
            | Self::KubernetesLab
            | Self::CheckArguments { .. }
            | Self::NoCommand { .. } => Exit::Usage,
            Self::NoHost { .. } | Self::Survey { .. } => Exit::Unreachable,
        }
    }

    /// What to do about it.
    pub(crate) fn advice(&self) -> Option<String> {
        match self {
            Self::Hosts(failure) => failure.advice(),
            Self::Cluster(failure) => failure.advice(),
            Self::NoLink { known, .. } | Self::NoLabHost { known, .. } => {
                Some(format!("it has {}", known.join(", ")))
            }
            Self::NoHost { .. } => Some(
                "give the peer's address (`ip address` on the peer shows it), \
                 or add a line for it to /etc/hosts"
                    .to_owned(),
            ),
            Self::Vias { .. } => Some(
                "give one --via for each --peer in the same order ('' for a peer without an \
                 agent),\nor one with {} in the place of the peer's name for all of them"
                    .to_owned(),
            ),
            Self::Discover(refusal) => match refusal {
                SweepRefusal::Gateway { .. } | SweepRefusal::Radio { .. } => Some(
                    "`pontoon hosts add NAME --address ADDRESS` says where a host is that you know"
                        .to_owned(),
                ),
                _ => None,
            },
            Self::NoFrames { .. } => Some(
                "run it with sudo, or once:\n  \
                 sudo setcap cap_net_raw,cap_net_admin+ep \"$(command -v pontoon)\""
                    .to_owned(),
            ),
            Self::NobodyToAsk => Some("--yes answers for you".to_owned()),
            Self::NoServer => Some(
                "say which: pontoon hosts set pi1 role=control-plane; --ports worker does without"
                    .to_owned(),
            ),
            Self::NoRoom { .. } => Some(
                "as root it is raised for as long as the lab lasts; or take fewer hosts".to_owned(),
            ),
            Self::PairPeers { .. } => Some("give one --peer, as an address".to_owned()),
            Self::NoCode { near: Some(near), .. } => Some(format!("did you mean `{near}`?")),
            Self::NoCode { near: None, .. } => {
                Some("`pontoon explain --list` names all findings".to_owned())
            }
            Self::Paste(failure) => Some(failure.advice()),
            Self::NoCommand { .. } => Some("`pontoon --help` names all commands".to_owned()),
            Self::NoScenario { .. } => {
                Some("`pontoon lab list` names all; a file is given with its `.toml`".to_owned())
            }
            Self::Output { .. }
            | Self::PairCode { .. }
            | Self::NoControl { .. }
            | Self::ViaPlace
            | Self::TwoInputs
            | Self::Lab { .. }
            | Self::KubernetesLab
            | Self::LabSsh { .. }
            | Self::Sandbox { .. }
            | Self::Scenario { .. }
            | Self::CheckArguments { .. }
            | Self::Agent { .. }
            | Self::Read { .. }
            | Self::Write { .. }
            | Self::Record { .. }
            | Self::Ports { .. }
            | Self::ManyPorts { .. }
            | Self::Merge { .. }
            | Self::Words { .. }
            | Self::Survey { .. }
            | Self::System { .. }
            | Self::Json { .. } => None,
        }
    }

    /// Whether the reader of the output has gone.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output { source } if source.kind() == io::ErrorKind::BrokenPipe)
    }
}
