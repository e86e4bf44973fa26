//! The services of a node, and how each is started: pure.
//!
//! A kubelet is started as kubeadm's package does it (`kubeadm/10-kubeadm.conf` in
//! kubernetes/release): the flags that kubeadm wrote, then those of `/etc/default/kubelet`, so
//! that the latter win.

use std::collections::BTreeMap;

/// A service of a node.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum SystemdUnit {
    Containerd,
    Kubelet,
    Flanneld,
}

impl SystemdUnit {
    pub(crate) const ALL: [Self; 3] = [Self::Containerd, Self::Kubelet, Self::Flanneld];

    /// Its name without `.service`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Containerd => "containerd",
            Self::Kubelet => "kubelet",
            Self::Flanneld => "flanneld",
        }
    }

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Containerd => "containerd container runtime",
            Self::Kubelet => "kubelet: The Kubernetes Node Agent",
            Self::Flanneld => "flannel's agent",
        }
    }

    /// The unit that a user means, with or without `.service`.
    pub(crate) fn named(word: &str) -> Option<Self> {
        let name = word.strip_suffix(".service").unwrap_or(word);
        Self::ALL.into_iter().find(|unit| unit.name() == name)
    }

    /// Where what it says is kept.
    pub(crate) fn log(self) -> String {
        format!("/run/log/{}.log", self.name())
    }

    /// The files with its variables, in the order in which they are read.
    pub(crate) const fn environment_files(self) -> &'static [&'static str] {
        match self {
            Self::Containerd => &[],
            Self::Kubelet => &["/var/lib/kubelet/kubeadm-flags.env", "/etc/default/kubelet"],
            Self::Flanneld => &["/etc/default/flanneld"],
        }
    }

    /// The command line, with the variables of those files.
    pub(crate) fn command(self, variables: &BTreeMap<String, String>) -> Vec<String> {
        let words: &[&str] = match self {
            Self::Containerd => &["containerd"],
            Self::Kubelet => &[
                "kubelet",
                "--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf",
                "--kubeconfig=/etc/kubernetes/kubelet.conf",
                "--config=/var/lib/kubelet/config.yaml",
                // What only the lab needs: control groups of version 1, and no systemd.
                "--fail-cgroupv1=false",
                "--cgroup-driver=cgroupfs",
                "$KUBELET_KUBEADM_ARGS",
                "$KUBELET_EXTRA_ARGS",
            ],
            Self::Flanneld => &[
                "flanneld",
                "--ip-masq",
                "--kube-subnet-mgr",
                "--net-config-path=/etc/kube-flannel/net-conf.json",
                "$FLANNELD_OPTIONS",
            ],
        };
        let mut line = Vec::new();
        for word in words {
            match word.strip_prefix('$') {
                None => line.push((*word).to_owned()),
                // systemd.service(5): an unquoted variable becomes words, split at white space.
                Some(name) => line.extend(
                    variables
                        .get(name)
                        .into_iter()
                        .flat_map(|value| value.split_whitespace())
                        .map(str::to_owned),
                ),
            }
        }
        line
    }
}

/// Adds the variables of an environment file (`systemd.exec(5)`, `EnvironmentFile=`): a later line
/// replaces an earlier one.
pub(crate) fn read_environment(text: &str, variables: &mut BTreeMap<String, String>) {
    for line in text.lines().map(str::trim) {
        let Some((name, value)) = line.split_once('=').filter(|_| !line.starts_with(['#', ';']))
        else {
            continue;
        };
        let value = value.trim();
        let quoted = ['"', '\''].into_iter().find_map(|quote| {
            value.strip_prefix(quote).and_then(|value| value.strip_suffix(quote))
        });
        variables.insert(name.trim().to_owned(), quoted.unwrap_or(value).to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flags_of_the_administrator_come_after_kubeadms() {
        let mut variables = BTreeMap::new();
        read_environment(
            "KUBELET_KUBEADM_ARGS=\"--node-ip=10.0.0.1 --pod-infra=x\"\n",
            &mut variables,
        );
        read_environment("# mine\nKUBELET_EXTRA_ARGS=--node-ip=10.0.0.2\n", &mut variables);
        let command = SystemdUnit::Kubelet.command(&variables);
        assert_eq!(command.last().unwrap(), "--node-ip=10.0.0.2");
        assert!(command.contains(&"--node-ip=10.0.0.1".to_owned()));
        assert!(command.contains(&"--pod-infra=x".to_owned()));
    }

    #[test]
    fn the_last_line_of_a_name_holds() {
        let mut variables = BTreeMap::new();
        read_environment("A=1\n A = 'two words' \n;A=3\nno variable\n", &mut variables);
        assert_eq!(variables, [("A".to_owned(), "two words".to_owned())].into());
    }

    #[test]
    fn a_unit_goes_by_either_name() {
        assert_eq!(SystemdUnit::named("kubelet.service"), Some(SystemdUnit::Kubelet));
        assert_eq!(SystemdUnit::named("containerd"), Some(SystemdUnit::Containerd));
        assert_eq!(SystemdUnit::named("docker"), None);
    }
}
