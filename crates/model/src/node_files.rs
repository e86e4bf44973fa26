//! Files and flags of a node that Kubernetes components read, beyond links and routes.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::untrusted::Untrusted;

/// What decides which address a host gets in a cluster: files, and the command line of a running
/// flanneld.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct NodeFiles {
    /// `/proc/net/route` as the kernel prints it, possibly without routes to single networks;
    /// absent if it was not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proc_net_route: Option<String>,
    /// `/proc/net/ipv6_route`, reduced in the same way; absent if it was not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proc_net_ipv6_route: Option<String>,
    /// The `hosts:` line of `/etc/nsswitch.conf`, word by word; empty if there is no such line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub name_services: Vec<Untrusted>,
    /// Output of `getent ahosts` for the node's name; absent if it was not run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looked_up: Option<Vec<IpAddr>>,
    /// Flags on the command line of kubelet.
    #[serde(default, skip_serializing_if = "KubeletFlags::is_empty")]
    pub kubelet: KubeletFlags,
    /// What kubeadm wrote when the host became a node.
    #[serde(default, skip_serializing_if = "KubeadmFiles::is_empty")]
    pub kubeadm: KubeadmFiles,
    /// Flags of the flanneld that runs on this host.
    #[serde(default, skip_serializing_if = "FlannelFlags::is_empty")]
    pub flannel: FlannelFlags,
}

impl NodeFiles {
    /// Whether nothing could be read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Flags of kubelet that affect its addresses, as they will be in effect: those of
/// `/var/lib/kubelet/kubeadm-flags.env`, then those of `/etc/default/kubelet`, since the last one
/// wins (kubernetes/release, `cmd/krel/templates/latest/kubeadm/10-kubeadm.conf`).
///
/// Other flags are not kept, as they may contain secrets.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct KubeletFlags {
    /// `--node-ip`: one address, or one of each family with a comma between them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_ip: Option<Untrusted>,
    /// `--hostname-override`: the node name instead of the host name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hostname_override: Option<Untrusted>,
    /// `--cloud-provider`: `external`, or the name of a provider built into old kubelets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloud_provider: Option<Untrusted>,
}

impl KubeletFlags {
    /// Whether none of these flags is given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a cloud controller manager sets the node's addresses (`--cloud-provider=external`).
    #[must_use]
    pub fn is_cloud_external(&self) -> bool {
        self.cloud_provider.as_ref().is_some_and(|provider| provider.raw() == "external")
    }
}

/// Files of `/etc/kubernetes`. Only root may read their contents.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct KubeadmFiles {
    /// Whether the host is a node of a cluster: `kubelet.conf` exists (`kubeadm reset` removes it).
    #[serde(default)]
    pub is_node: bool,
    /// The address in `server:` of `kubelet.conf`; absent if that is a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_server: Option<IpAddr>,
    /// `--advertise-address` of the static pod of kube-apiserver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advertise_address: Option<IpAddr>,
}

impl KubeadmFiles {
    /// Whether the host is no node, as far as is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Flags of flanneld that select its interface (flannel-io/flannel, `main.go`).
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct FlannelFlags {
    /// `--iface`, each occurrence: names of links, or addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub iface: Vec<Untrusted>,
    /// `--iface-regex`, each occurrence: patterns for names or addresses of links.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub iface_regex: Vec<Untrusted>,
    /// `--iface-can-reach`: an address; the link of the route to it is taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iface_can_reach: Option<Untrusted>,
    /// `--public-ip`: the IPv4 address that other nodes send to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_ip: Option<Untrusted>,
    /// `--public-ipv6`: the IPv6 address that other nodes send to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_ipv6: Option<Untrusted>,
}

impl FlannelFlags {
    /// Largest number of flags of one kind that are kept; more than any real configuration has.
    const MANY: usize = 16;

    /// Whether none of these flags is given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Parses a command line as Go's package flag does: one dash or two, the value behind `=` or in
    /// the next word; parsing stops at `--` or at the first word that is no flag.
    #[must_use]
    pub fn of<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Self {
        let mut flags = Self::default();
        let mut words = arguments.into_iter();
        while let Some(word) = words.next() {
            let Some(flag) = word.strip_prefix('-').filter(|flag| !matches!(*flag, "" | "-"))
            else {
                break;
            };
            // Go accepts one dash or two.
            let flag = flag.strip_prefix('-').unwrap_or(flag);
            let (name, value) = match flag.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (flag, None),
            };
            // A boolean flag does not use up the next word.
            if value.is_none() && SWITCHES.contains(&name) {
                continue;
            }
            // A value is missing: flanneld would not start with this command line.
            let Some(value) = value.or_else(|| words.next()) else { break };
            flags.set(name, value);
        }
        flags.iface.truncate(Self::MANY);
        flags.iface_regex.truncate(Self::MANY);
        flags
    }

    /// Adds flags from environment variables such as `FLANNELD_IFACE=eth0`, unless the command line
    /// has them (`SetFlagsFromEnv` of github.com/coreos/pkg/flagutil).
    #[must_use]
    pub fn with_environment<'a>(self, variables: impl IntoIterator<Item = &'a str>) -> Self {
        let mut flags = self.clone();
        for variable in variables {
            let Some((name, value)) =
                variable.strip_prefix("FLANNELD_").and_then(|rest| rest.split_once('='))
            else {
                continue;
            };
            // The command line takes precedence over the environment.
            let is_given = match name {
                "IFACE" => !self.iface.is_empty(),
                "IFACE_REGEX" => !self.iface_regex.is_empty(),
                "IFACE_CAN_REACH" => self.iface_can_reach.is_some(),
                "PUBLIC_IP" => self.public_ip.is_some(),
                "PUBLIC_IPV6" => self.public_ipv6.is_some(),
                // Other variables may hold passwords.
                _ => true,
            };
            if !is_given && !value.is_empty() {
                flags.set(&name.to_ascii_lowercase().replace('_', "-"), value);
            }
        }
        flags
    }

    fn set(&mut self, name: &str, value: &str) {
        let value = Untrusted::new(value);
        match name {
            "iface" => self.iface.push(value),
            "iface-regex" => self.iface_regex.push(value),
            "iface-can-reach" => self.iface_can_reach = Some(value),
            "public-ip" => self.public_ip = Some(value),
            "public-ipv6" => self.public_ipv6 = Some(value),
            _ => {}
        }
    }
}

/// Boolean flags of flanneld (`flannelFlags.BoolVar` in `main.go`).
const SWITCHES: [&str; 7] = [
    "ip-masq",
    "ip-masq-fully-random-disable",
    "kube-subnet-mgr",
    "version",
    "iptables-forward-rules",
    "ip-blackhole-route",
    "set-node-network-unavailable",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_of_flanneld_are_read_as_go_reads_them() {
        let words = |list: &[Untrusted]| {
            list.iter().map(|word| word.raw().to_owned()).collect::<Vec<_>>().join(" ")
        };
        let table = [
            ("--ip-masq --kube-subnet-mgr --iface=eth0", "eth0", ""),
            ("--iface eth0 -iface=eth1 --iface=", "eth0 eth1 ", ""),
            ("-iface-regex 10\\..* --iface-regex=^e=1", "", "10\\..* ^e=1"),
            ("--ip-masq=true --v 2 --iface=eth0", "eth0", ""),
            // Words that Go's flag package does not parse as flags.
            ("serve --iface=eth0", "", ""),
            ("-- --iface=eth0", "", ""),
            ("--healthz-ip --iface=eth0 --iface=eth1", "eth1", ""),
            ("--iface", "", ""),
        ];
        for (line, iface, regex) in table {
            let flags = FlannelFlags::of(line.split(' '));
            assert_eq!(words(&flags.iface), iface, "{line}");
            assert_eq!(words(&flags.iface_regex), regex, "{line}");
        }
        let line = "--public-ip=10.0.0.1 --public-ipv6=fd00::1 --iface-can-reach=10.0.0.2";
        let flags = FlannelFlags::of(line.split(' '));
        let told = [&flags.public_ip, &flags.public_ipv6, &flags.iface_can_reach];
        let told = told.map(|value| value.as_ref().map(Untrusted::raw));
        assert_eq!(told, [Some("10.0.0.1"), Some("fd00::1"), Some("10.0.0.2")]);
        let environment = [
            "PATH=/bin",
            "FLANNELD_IFACE=eth1",
            "FLANNELD_PUBLIC_IP=10.0.0.9",
            "FLANNELD_ETCD_PASSWORD=secret",
            "FLANNELD_IFACE_REGEX=",
        ];
        let both = FlannelFlags::of(["--iface=eth0"]).with_environment(environment);
        assert_eq!((words(&both.iface), words(&both.iface_regex)), ("eth0".into(), String::new()));
        assert_eq!(both.public_ip, Some(Untrusted::new("10.0.0.9")));
        let alone = FlannelFlags::default().with_environment(environment);
        assert_eq!(words(&alone.iface), "eth1");
        assert!(!format!("{alone:?}").contains("secret"));
        assert!(FlannelFlags::of(["--iface=eth0"; 99]).iface.len() == 16);
    }
}
