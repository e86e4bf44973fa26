//! The settings that pontoon writes from the facts of the two hosts, used unedited by the real
//! programs.

use crate::cluster::{Cluster, JOIN_LOG, MASTER, WORKER};

/// The record with the facts of both hosts.
const FACTS: &str = "/run/facts.jsonl";

/// The usual command: no address. The version is given because a lab has no internet to ask for
/// it, and a bare `kubeadm init` waits ten seconds for that; the pods' network because flannel
/// needs one.
pub(crate) const AS_ANYONE_TYPES_IT: &str = "apiVersion: kubeadm.k8s.io/v1beta4\n\
     kind: ClusterConfiguration\n\
     kubernetesVersion: v1.36.2\n\
     networking:\n  podSubnet: 10.244.0.0/16\n";

impl Cluster {
    /// Records which of the two hosts can reach each other.
    pub(crate) fn look(&self) {
        let said =
            self.lab.run(MASTER, &format!("pontoon mesh pi1 pi2 --offline --record {FACTS}"));
        // The WiFi isolates the two, which is an error.
        assert_eq!(said.code, 3, "{}{}", said.out, said.err);
    }

    /// The settings that pontoon writes from that.
    pub(crate) fn written(&self, arguments: &str, input: &str) -> String {
        let script = format!("pontoon {arguments} --facts {FACTS} <<'END'\n{input}\nEND");
        self.lab.must(MASTER, &script)
    }

    /// A configuration for the installed kubeadm.
    pub(crate) fn configuration(&self, arguments: &str, input: &str) -> String {
        let version = "--kubeadm-version $(kubeadm version -o short)";
        self.written(&format!("kubeadm {arguments} {version}"), input)
    }

    /// The option that sets flannel's link.
    pub(crate) fn flannel_option(&self) -> String {
        let text = self.written("settings flannel --for pi1", "");
        let option = text.split('"').find(|part| part.starts_with("--iface="));
        option.unwrap_or_else(|| panic!("no link in\n{text}")).to_owned()
    }

    /// Rehearses a line on the worker: the exit code and the output.
    pub(crate) fn rehearse(&self, line: &str, arguments: &str) -> (i32, String) {
        let script = format!("pontoon join-check - {arguments} <<'END'\n{line}\nEND");
        let said = self.lab.run(WORKER, &script);
        (said.code, format!("{}{}", said.out, said.err))
    }

    /// Joins the worker with the settings that pontoon writes for a printed line.
    pub(crate) fn join(&self, line: &str) {
        let text = self.configuration("join --for pi2 --line -", line);
        self.lab.put(WORKER, "/run/join.yaml", &text);
        let joined = self.begin_join("kubeadm join --config /run/join.yaml");
        let joined = joined.within(400).expect("kubeadm join ends");
        assert_eq!(joined.code, 0, "{}", joined.out);
        self.lab.put(WORKER, JOIN_LOG, &joined.out);
        assert!(joined.out.contains("This node has joined the cluster"), "{}", joined.out);
    }

    /// Each value is where it should be.
    pub(crate) fn assert_landed(&self) {
        let kubernetes = "/etc/kubernetes";
        for (host, file, text) in [
            (MASTER, "manifests/kube-apiserver.yaml", "--advertise-address=10.0.0.1"),
            (MASTER, "manifests/kube-apiserver.yaml", "--service-cluster-ip-range=10.96.0.0/12"),
            (MASTER, "manifests/kube-controller-manager.yaml", "--cluster-cidr=10.244.0.0/16"),
            (MASTER, "manifests/etcd.yaml", "--advertise-client-urls=https://10.0.0.1:2379"),
            (MASTER, "admin.conf", "server: https://10.0.0.1:6443"),
            (WORKER, "kubelet.conf", "server: https://10.0.0.1:6443"),
        ] {
            self.lab.must(host, &format!("grep -qF -- '{text}' {kubernetes}/{file}"));
        }
        for (host, address) in [(MASTER, "10.0.0.1"), (WORKER, "10.0.0.2")] {
            self.lab.must(
                host,
                &format!("grep -qF -- --node-ip={address} /var/lib/kubelet/kubeadm-flags.env"),
            );
            let node = if host == MASTER { "pi1" } else { "pi2" };
            assert_eq!(self.internal_ip(node), address);
        }
        let maps = "get configmaps -A -o yaml";
        let maps = self.kubectl(maps);
        assert!(!maps.contains("server: https://172.20.5.1"), "{maps}");
        assert_eq!(maps.matches("server: https://10.0.0.1:6443").count(), 2, "{maps}");
    }
}
