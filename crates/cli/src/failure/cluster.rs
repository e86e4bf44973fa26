//! What can go wrong with settings and joins.

use std::path::PathBuf;

use pontoon_diagnosis::exit_of;
use pontoon_model::exit::Exit;
use pontoon_model::host::HostName;
use pontoon_model::untrusted::Untrusted;
use pontoon_settings::refusal::{RefusalKind, SettingsRefusal};

/// What is wanted of a cluster makes no sense, or cannot be decided.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClusterFailure {
    /// A file is neither a record nor a captured host.
    #[error("`{}` is neither a record nor a host's captured texts: {why}", path.display())]
    Captured {
        /// Which.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// What was pasted is no join.
    #[error("this is no join that can be rehearsed")]
    Line {
        /// Why.
        #[source]
        source: pontoon_join::join_line::JoinLineError,
    },
    /// A join lacks something.
    #[error("this join cannot be rehearsed, and kubeadm would refuse it")]
    Incomplete {
        /// What.
        #[source]
        source: pontoon_join::request::IncompleteJoin,
    },
    /// A file is no configuration of a join.
    #[error("`{}` holds no join", path.display())]
    JoinConfiguration {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: pontoon_join::configuration::ConfigurationError,
    },
    /// A discovery file is no kubeconfig.
    #[error("`{}` is no kubeconfig of a cluster", path.display())]
    Kubeconfig {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: pontoon_join::kubeconfig::KubeconfigError,
    },
    /// Settings cannot be decided.
    #[error("not decided")]
    Settings {
        /// The diagnosis: which value, and why.
        #[source]
        source: SettingsRefusal,
    },
    /// No cluster can be asked.
    #[error("no cluster can be checked from here")]
    NoCluster {
        /// Why.
        #[source]
        source: pontoon_cluster::cluster_check_flow::ClusterCheckError,
    },
    /// No hosts are named, and kubectl names none.
    #[error("no hosts are named, and kubectl on this host names no nodes: {why}")]
    NoNodes {
        /// What it says.
        why: Untrusted,
    },
    /// Of this host nothing is known.
    #[error("there are no facts of `{name}`")]
    NoFacts {
        /// What was asked for.
        name: HostName,
    },
}

impl ClusterFailure {
    /// The number to end with.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Settings { source } if source.kind != RefusalKind::Usage => {
                exit_of([&*source.diagnosis])
            }
            _ => Exit::Usage,
        }
    }

    /// What to do about it.
    pub(crate) fn advice(&self) -> Option<String> {
        match self {
            Self::Settings { source } => {
                let check = source.diagnosis.distinguished_by.iter().map(ToString::to_string);
                let remedies = source.diagnosis.remedies.iter().map(ToString::to_string);
                Some(check.chain(remedies).collect::<Vec<_>>().join("\n"))
            }
            Self::Line { .. } | Self::Incomplete { .. } => Some(
                "on the control plane this prints a new line:\n  \
                 kubeadm token create --print-join-command"
                    .to_owned(),
            ),
            Self::NoCluster { .. } => Some(
                "name the control plane among the hosts; with --sudo its kubeconfig is read as root"
                    .to_owned(),
            ),
            Self::NoNodes { .. } => Some(
                "name them: pontoon cluster check 'pi[1-5]'; or point KUBECONFIG to the cluster's"
                    .to_owned(),
            ),
            Self::Captured { .. }
            | Self::NoFacts { .. }
            | Self::JoinConfiguration { .. }
            | Self::Kubeconfig { .. } => None,
        }
    }
}
