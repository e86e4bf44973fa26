//! What `ConfigMap`s say: kubeadm's networks, kube-proxy's server, flannel's network.

use std::collections::BTreeMap;

use pontoon_model::net::Prefix;
use pontoon_model::untrusted::Untrusted;
use pontoon_wire::yaml::{self, YamlNode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ClusterObjects;

/// What `kubeadm-config` says of networks.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct ClusterNetworks {
    /// `networking.podSubnet`.
    pub pods: Vec<Prefix>,
    /// `networking.serviceSubnet`.
    pub services: Vec<Prefix>,
    /// `networking.dnsDomain`; none: `cluster.local`.
    pub domain: Option<String>,
}

/// What kube-proxy is told.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct KubeProxySettings {
    /// The server in its kubeconfig, without `https://`.
    pub server: Option<Untrusted>,
}

/// Where the cluster's own `ConfigMap`s are. Anybody with a namespace may have some of these names.
pub const CONFIG_MAP_NAMESPACES: [&str; 2] = ["kube-system", "kube-flannel"];

/// The `ConfigMap`s that are read.
pub const CONFIG_MAP_NAMES: [&str; 3] = ["kubeadm-config", "kube-proxy", "kube-flannel-cfg"];

/// Takes what a `ConfigMap` of that namespace and name says. What cannot be read says nothing.
pub(super) fn take(
    objects: &mut ClusterObjects,
    name: (&str, &str),
    data: &BTreeMap<String, String>,
) {
    let text = |key: &str| data.get(key).map_or("", String::as_str);
    match name {
        ("kube-system", "kubeadm-config") => {
            let configuration = text("ClusterConfiguration");
            objects.networks = networks(configuration);
            objects.image_repository = image_repository(configuration);
        }
        ("kube-system", "kube-proxy") => {
            let server = server(text("kubeconfig.conf"));
            objects.proxy =
                Some(KubeProxySettings { server: server.map(|it| Untrusted::new(&it)) });
        }
        // flannel had its pods in kube-system before v0.19.
        ("kube-flannel" | "kube-system", "kube-flannel-cfg") => {
            objects.flannel_network = flannel(text("net-conf.json"));
        }
        _ => {}
    }
}

fn networks(text: &str) -> ClusterNetworks {
    let document = yaml::read(text).ok();
    let networking = document.as_ref().and_then(|all| all.get("networking"));
    let text = |key: &str| networking.and_then(|all| all.get(key)).and_then(YamlNode::text);
    let of = |key: &str| {
        let all = text(key).unwrap_or_default().split(',');
        all.filter_map(|one| one.trim().parse().ok()).collect()
    };
    let domain = text("dnsDomain").map(ToOwned::to_owned);
    ClusterNetworks { pods: of("podSubnet"), services: of("serviceSubnet"), domain }
}

fn image_repository(text: &str) -> Option<String> {
    Some(yaml::read(text).ok()?.get("imageRepository")?.text()?.to_owned())
}

fn server(text: &str) -> Option<String> {
    let document = yaml::read(text).ok()?;
    let cluster = document.get("clusters")?.items().first()?.get("cluster")?;
    Some(cluster.get("server")?.text()?.trim_start_matches("https://").to_owned())
}

fn flannel(text: &str) -> Option<Prefix> {
    #[derive(Deserialize)]
    struct FlannelNetConf {
        #[serde(rename = "Network")]
        network: String,
    }
    serde_json::from_str::<FlannelNetConf>(text).ok()?.network.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn config_maps_say_what_they_are_asked_for() {
        let mut objects = ClusterObjects::default();
        let map = |key: &str, text: &str| BTreeMap::from([(key.to_owned(), text.to_owned())]);
        let cluster = "networking:\n  podSubnet: 10.244.0.0/16,fd00::/56\n  serviceSubnet: 10.96.0.0/12\n\
             imageRepository: registry.example/k8s\n";
        let system = |name| ("kube-system", name);
        take(&mut objects, system("kubeadm-config"), &map("ClusterConfiguration", cluster));
        let conf = "clusters:\n- name: default\n  cluster:\n    server: https://10.0.0.1:6443\n";
        take(&mut objects, system("kube-proxy"), &map("kubeconfig.conf", conf));
        take(
            &mut objects,
            ("kube-flannel", "kube-flannel-cfg"),
            &map("net-conf.json", r#"{"Network":"10.244.0.0/16"}"#),
        );
        // A tenant may give its own the same names.
        let before = objects.clone();
        for name in CONFIG_MAP_NAMES {
            let foreign = cluster.replace("10.", "172.");
            take(&mut objects, ("zzz-tenant", name), &map("ClusterConfiguration", &foreign));
            take(&mut objects, ("default", name), &map("kubeconfig.conf", "clusters: []\n"));
            take(&mut objects, ("a", name), &map("net-conf.json", r#"{"Network":"10.0.0.0/8"}"#));
        }
        assert_eq!(objects, before);
        let prefix = |text: &str| text.parse::<Prefix>().unwrap();
        assert_eq!(objects.networks.pods, [prefix("10.244.0.0/16"), prefix("fd00::/56")]);
        assert_eq!(objects.networks.services, [prefix("10.96.0.0/12")]);
        assert_eq!(objects.proxy.unwrap().server.unwrap().raw(), "10.0.0.1:6443");
        assert_eq!(objects.flannel_network, Some(prefix("10.244.0.0/16")));
        assert_eq!(objects.image_repository.as_deref(), Some("registry.example/k8s"));
    }
}
