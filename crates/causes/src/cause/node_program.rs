//! Causes on a node: its kernel, its limits, the programs of storage, network and registries.

use pontoon_diagnosis::Severity;
use pontoon_model::code;

use super::CheckLocation::{ControlPlane, Here, Kubectl, Node};
use super::remedy::{action, run};
use super::{Cause, CauseCheck};

pub(super) const TABLE: &[Cause] = &[
    Cause {
        code: code::CSI_DRIVER_NOT_RUNNING,
        severity: Severity::Error,
        summary: "the CSI driver of the volume does not run on the node",
        distinguished_by: "kubectl get csinodes does not list the driver on the node",
        check: CauseCheck::new(Kubectl, "kubectl get csinodes"),
        remedies: &[action("start the node pod of the driver on this node and read its log")],
        source: "kubernetes-csi.github.io: node-driver-registrar",
    },
    Cause {
        code: code::STORAGE_UNREACHABLE,
        severity: Severity::Error,
        summary: "the node does not reach the server of the volume",
        distinguished_by: "a connection from the node to the port of the storage server \
                           fails",
        check: CauseCheck::new(Node, "ip route get HOST"),
        remedies: &[action(
            "check address, route and firewall between this node and the storage \
                     server",
        )],
        source: "kubernetes.io: Debug Pods",
    },
    Cause {
        code: code::INOTIFY_LIMIT_REACHED,
        severity: Severity::Error,
        summary: "the limits of inotify or of open files are too low for the number of \
                  programs",
        distinguished_by: "fs.inotify.max_user_instances is 128, as the kernel sets it",
        check: CauseCheck::new(Node, "cat /proc/sys/fs/inotify/max_user_instances"),
        remedies: &[
            run("sysctl fs.inotify.max_user_instances=512 fs.inotify.max_user_watches=524288")
                .on(Node),
            action("write both into /etc/sysctl.d so that they hold after a restart"),
        ],
        source: "inotify(7); kind.sigs.k8s.io: Known Issues",
    },
    Cause {
        code: code::SCRIPT_WITHOUT_INTERPRETER,
        severity: Severity::Error,
        summary: "the program is a script without a first line such as #!/bin/sh, or is \
                  empty",
        distinguished_by: "the image is for the CPU of the node, and the first two bytes of \
                           the file are not #!",
        check: CauseCheck::new(Here, "head -c 64 SCRIPT"),
        remedies: &[action("begin the script with #!/bin/sh and build the image again")],
        source: "execve(2): ENOEXEC",
    },
    Cause {
        code: code::XTABLES_LOCK_HELD,
        severity: Severity::Warning,
        summary: "another program changes iptables rules and holds the lock",
        distinguished_by: "the message goes away by itself, or a process runs iptables \
                           again and again",
        check: CauseCheck::new(Node, "ls -l /run/xtables.lock"),
        remedies: &[
            action(
                "wait: it is tried again; if it stays, look for a program that calls \
                     iptables in a loop",
            ),
            action("mount /run/xtables.lock into the pods that use iptables"),
        ],
        source: "iptables(8), option --wait",
    },
    Cause {
        code: code::VXLAN_MODULE_MISSING,
        severity: Severity::Error,
        summary: "the kernel has no vxlan module",
        distinguished_by: "modinfo vxlan finds nothing",
        check: CauseCheck::new(Node, "modinfo vxlan"),
        remedies: &[
            run("apt-get install linux-modules-extra-raspi").on(Node),
            action(
                "on other systems than Ubuntu for Raspberry Pi: install the package \
                     with the kernel's extra modules, then restart",
            ),
        ],
        source: "k3s-io/k3s issue 4234; docs.k3s.io: Known Issues",
    },
    Cause {
        code: code::VXLAN_CHECKSUM_OFFLOAD,
        severity: Severity::Error,
        summary: "the network card or its driver writes wrong checksums into VXLAN packets",
        distinguished_by: "the messages stop, and pods reach each other, after checksum \
                           offload is turned off on flannel.1",
        check: CauseCheck::new(Node, "ethtool -k flannel.1"),
        remedies: &[
            run("ethtool -K flannel.1 tx-checksum-ip-generic off").on(Node),
            action("on every node; a udev rule or a systemd unit makes it last"),
        ],
        source: "flannel: Documentation/troubleshooting.md; kubernetes issue 88986",
    },
    Cause {
        code: code::CNI_CREDENTIALS_REFUSED,
        severity: Severity::Error,
        summary: "the token in the kubeconfig of the network plug-in is expired or of an \
                  earlier cluster",
        distinguished_by: "the file in /etc/cni/net.d is older than a day, or calico-node \
                           was not able to renew it",
        check: CauseCheck::new(Node, "ls -l /etc/cni/net.d"),
        remedies: &[
            action("restart the pod of calico-node on this node: it writes the file anew"),
            action("check the clock of the node"),
        ],
        source: "projectcalico/calico: node/pkg/cni/token_watch.go",
    },
    Cause {
        code: code::ETCD_PEER_UNREACHABLE,
        severity: Severity::Error,
        summary: "a member of etcd does not reach another one on port 2380",
        distinguished_by: "a connection from one control plane host to port 2380 of the \
                           other one fails",
        check: CauseCheck::new(ControlPlane, "ss -Hltn"),
        remedies: &[
            action(
                "check firewall and addresses between the control plane hosts, ports \
                     2379 and 2380",
            ),
            action("etcdctl member list shows members that no longer exist"),
        ],
        source: "etcd.io: Failure modes",
    },
    Cause {
        code: code::NODE_NAME_CHANGED,
        severity: Severity::Error,
        summary: "the host name, or --hostname-override, has changed since the node joined",
        distinguished_by: "the subject of kubelet's certificate names another node than the \
                           host name",
        check: CauseCheck::new(
            Node,
            "openssl x509 -noout -subject -in /var/lib/kubelet/pki/kubelet-client-current.pem",
        ),
        remedies: &[action(
            "set the host name back, or kubeadm reset and join again with the new \
                     name",
        )],
        source: "kubernetes.io: Using Node Authorization",
    },
    Cause {
        code: code::IMAGE_NAME_WITHOUT_REGISTRY,
        severity: Severity::Error,
        summary: "the image's name has no registry, and registries.conf names none to \
                  search",
        distinguished_by: "the name has no host before its first slash",
        check: CauseCheck::new(Node, "cat /etc/containers/registries.conf"),
        remedies: &[
            action("write the registry into the name, such as docker.io/library/NAME"),
            action(
                "or add unqualified-search-registries to \
                     /etc/containers/registries.conf",
            ),
        ],
        source: "containers-registries.conf(5)",
    },
    Cause {
        code: code::REGISTRY_LOGIN_MISSING,
        severity: Severity::Error,
        summary: "the image is private, and the node has no valid login for its registry",
        distinguished_by: "the image is listed for a user who is logged in",
        check: CauseCheck::new(
            Kubectl,
            "kubectl get secrets -A --field-selector type=kubernetes.io/dockerconfigjson",
        ),
        remedies: &[action(
            "create a docker-registry secret in the namespace and name it in \
                     imagePullSecrets",
        )],
        source: "kubernetes.io: Pull an Image from a Private Registry",
    },
];
