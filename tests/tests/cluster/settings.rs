//! What kubeadm is given in the good half of the story.

/// What stands in the files of a cluster.
#[derive(Debug)]
pub(crate) struct Settings {
    /// `kubeadm init --config`.
    pub(crate) init: String,
    /// `/etc/default/kubelet` of the worker.
    pub(crate) worker: String,
    /// flannel's arguments.
    pub(crate) flannel: String,
}

/// Addresses on the switch, wherever the default route leads.
pub(crate) fn good_settings() -> Settings {
    Settings {
        init: "apiVersion: kubeadm.k8s.io/v1beta4\n\
               kind: InitConfiguration\n\
               localAPIEndpoint:\n  advertiseAddress: 10.0.0.1\n\
               nodeRegistration:\n  kubeletExtraArgs:\n  - name: node-ip\n    value: 10.0.0.1\n\
               ---\n\
               apiVersion: kubeadm.k8s.io/v1beta4\n\
               kind: ClusterConfiguration\n\
               kubernetesVersion: v1.36.2\n\
               controlPlaneEndpoint: 10.0.0.1:6443\n\
               networking:\n  podSubnet: 10.244.0.0/16\n"
            .to_owned(),
        worker: "KUBELET_EXTRA_ARGS=--node-ip=10.0.0.2\n".to_owned(),
        flannel: "--iface=eth0".to_owned(),
    }
}

/// As anyone types it: no address. The version is given because a lab has no internet to ask for
/// it, and a bare `kubeadm init` waits ten seconds for that; the pods' network because flannel
/// wants one.
pub(crate) const AS_ANYONE_TYPES_IT: &str = "apiVersion: kubeadm.k8s.io/v1beta4\n\
     kind: ClusterConfiguration\n\
     kubernetesVersion: v1.36.2\n\
     networking:\n  podSubnet: 10.244.0.0/16\n";
