//! The table of refusals: for each code what it means.

use pontoon_model::code::{self, DiagnosisCode};

use super::RefusalKind;

/// A row of the table of refusals.
#[derive(Clone, Copy, Debug)]
pub struct RefusalRow {
    /// Its name, stable for scripts and `pontoon explain`.
    pub code: DiagnosisCode,
    /// Whose fault it is, which decides how the command ends.
    pub kind: RefusalKind,
    /// What is not decided, in one sentence without a full stop.
    pub summary: &'static str,
    /// Why it is refused rather than guessed, and what decides it.
    pub explain: &'static str,
}

/// Every reason for which settings are not decided.
pub const REFUSALS: &[RefusalRow] = &[
    RefusalRow {
        code: code::SETTINGS_HOST_UNKNOWN,
        kind: RefusalKind::Usage,
        summary: "there are no facts of the host that the settings are for",
        explain: "Settings are made of what was seen on a host. The one that --for names was not \
                  among those that were asked, or could not be asked. Name it as the facts do, or \
                  among the hosts that are asked.",
    },
    RefusalRow {
        code: code::SETTINGS_HOST_UNNAMED,
        kind: RefusalKind::Usage,
        summary: "there are facts of several hosts, and none is named",
        explain: "Each host has settings of its own: its address, its links, its name. --for HOST \
                  says which one is meant.",
    },
    RefusalRow {
        code: code::NODE_NAME_INVALID,
        kind: RefusalKind::Impossible,
        summary: "the host's name cannot be the name of a Node",
        explain: "kubelet registers its Node under the host's name in small letters, and the API \
                  server takes a DNS subdomain only (RFC 1123): small letters, digits, - and a \
                  point. hostnamectl set-hostname gives the host another name.",
    },
    RefusalRow {
        code: code::LINK_NAME_INVALID,
        kind: RefusalKind::Impossible,
        summary: "the link's name cannot stand in scripts and configuration files",
        explain: "The kernel lets a link be called almost anything, also what a shell or YAML would \
                  take for something else. Settings are written for links whose names begin with a \
                  letter or digit and have letters, digits, points, _, @ and - alone.",
    },
    RefusalRow {
        code: code::CHOSEN_ADDRESS_NOT_ON_HOST,
        kind: RefusalKind::Usage,
        summary: "the host does not have the address or link that was named",
        explain: "kubelet refuses a --node-ip that no link of the host has, and nothing can listen \
                  there. Name an address that the host has, or bring it up first.",
    },
    RefusalRow {
        code: code::NODE_ADDRESS_MISSING,
        kind: RefusalKind::Impossible,
        summary: "no link of the host has an address that other hosts could reach",
        explain: "Loopback, link-local addresses and links of containers are out of reach for \
                  other hosts. Give the link to the other nodes an address, then ask again.",
    },
    RefusalRow {
        code: code::NODE_ADDRESS_UNDECIDED,
        kind: RefusalKind::Undecided,
        summary: "too little was measured to say by which address the other hosts reach this one",
        explain: "A node whose address the others do not reach joins, becomes Ready, and fails \
                  later in ways that take days to find. Which address they reach is measured, not \
                  guessed: pontoon mesh asks all of them. --link or --address say it without \
                  measuring.",
    },
    RefusalRow {
        code: code::NO_SHARED_NETWORK,
        kind: RefusalKind::Impossible,
        summary: "the host has no address that all other hosts reach",
        explain: "Every node has to reach every other by its node address. On each network of this \
                  host some other host was not reached. pontoon mesh says which, and why.",
    },
    RefusalRow {
        code: code::CHOSEN_NETWORK_REFUSED,
        kind: RefusalKind::Usage,
        summary: "the network that was named for pods or Services cannot be used",
        explain: "kubeadm refuses it, a host already uses a part of it, or it overlaps the \
                  cluster's other network. A host whose network becomes one of the cluster loses \
                  its way to the hosts there, and kubeadm does not notice. Name another, or leave \
                  the choice to pontoon.",
    },
    RefusalRow {
        code: code::NO_FREE_NETWORK,
        kind: RefusalKind::Undecided,
        summary: "every private network overlaps one that a host uses",
        explain: "Of the private networks (RFC 1918) and those that no campus routes (RFC 6598, \
                  RFC 2544) none is free on all hosts. --pod-cidr and --service-cidr say which to \
                  take.",
    },
    RefusalRow {
        code: code::JOIN_SERVER_UNREACHED,
        kind: RefusalKind::Impossible,
        summary: "the host does not reach the server of the join command",
        explain: "The join command names the address that kubeadm init took. Frames of the survey \
                  from this host do not arrive there, so that the join would hang for five \
                  minutes. pontoon kubeadm repair-advice moves the cluster to an address that all \
                  hosts reach.",
    },
    RefusalRow {
        code: code::INIT_ADDRESS_UNKNOWN,
        kind: RefusalKind::Undecided,
        summary: "which address the API server has now is not known",
        explain: "Without --from it is read from kube-apiserver's manifest, kubelet.conf and \
                  kubelet's --node-ip, most of which only root may read. It is the server in \
                  /etc/kubernetes/kubelet.conf.",
    },
    RefusalRow {
        code: code::REPAIR_NOT_NEEDED,
        kind: RefusalKind::Usage,
        summary: "the control plane already has the address that it should have",
        explain: "There is nothing to move. If kubeadm init took another address than it would \
                  take now, --from names it.",
    },
    RefusalRow {
        code: code::KUBEADM_VERSION_UNKNOWN,
        kind: RefusalKind::Undecided,
        summary: "the version of kubeadm on the host is not known",
        explain: "kubeadm reads v1beta4 configurations from v1.31 on, and v1beta3 before. \
                  --kubeadm-version says which one the host has.",
    },
    RefusalRow {
        code: code::KUBEADM_VERSION_UNSUPPORTED,
        kind: RefusalKind::Undecided,
        summary: "this version of kubeadm reads no configuration that pontoon writes",
        explain: "pontoon writes v1beta3 and v1beta4 configurations. kubeadm of another version on \
                  the host can be named with --kubeadm-version.",
    },
];

/// The row of a code; none where the code is a finding's or a cause's.
#[must_use]
pub fn refusal(code: DiagnosisCode) -> Option<&'static RefusalRow> {
    REFUSALS.iter().find(|row| row.code == code)
}

/// The row that a user means by this name.
#[must_use]
pub fn refusal_named(name: &str) -> Option<&'static RefusalRow> {
    REFUSALS.iter().find(|row| row.code.as_str() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_has_one_row() {
        let codes: Vec<_> = REFUSALS.iter().map(|row| row.code).collect();
        assert_eq!(codes, code::REFUSALS);
    }

    #[test]
    fn every_row_is_whole() {
        for row in REFUSALS {
            assert!(!row.summary.is_empty() && !row.summary.ends_with('.'), "{}", row.code);
            assert!(row.explain.ends_with('.') && row.explain.len() > 60, "{}", row.code);
        }
    }
}
