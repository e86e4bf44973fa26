//! Sentences about connectivity tests: "a pod of pi2 to the API server at 10.0.0.1:6443: refused".

use std::fmt;

use crate::evidence::{
    ApiAddressSource, ConnectivityOutcome, ConnectivitySource, ConnectivityTarget, ConnectivityTest,
};

impl fmt::Display for ConnectivityTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}: {}", self.from, self.to, self.outcome)
    }
}

impl fmt::Display for ConnectivitySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_pod { write!(f, "a pod of {}", self.node) } else { f.write_str(&self.node) }
    }
}

impl fmt::Display for ConnectivityTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Api { at, by: ApiAddressSource::Service } => {
                write!(f, "the API server by its Service ({at})")
            }
            Self::Api { at, by: ApiAddressSource::Endpoint } => write!(f, "the API server at {at}"),
            Self::Api { at, by: ApiAddressSource::Kubelet } => {
                write!(f, "the API server as kubelet does ({at})")
            }
            Self::Api { at, by: ApiAddressSource::Proxy } => {
                write!(f, "the API server as kube-proxy does ({at})")
            }
            Self::Kubelet { node, address } => write!(f, "kubelet of {node} ({address}:10250)"),
            Self::KubeletByApi { node } => write!(f, "kubelet of {node} by the API server"),
            Self::Sizes { node, address } => write!(f, "{node} ({address}) with large packets"),
            Self::Pod { node, address, bytes: 0 } => write!(f, "a pod of {node} ({address})"),
            Self::Pod { node, address, .. } => write!(f, "100 kB from a pod of {node} ({address})"),
            Self::Service { address } => write!(f, "a Service ({address})"),
            Self::Dns { server, pod_on: None } => write!(f, "cluster DNS ({server})"),
            Self::Dns { server, pod_on: Some(node) } => {
                write!(f, "the DNS pod on {node} ({server})")
            }
        }
    }
}

impl fmt::Display for ConnectivityOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Works { ms } => write!(f, "answers in {ms} ms"),
            Self::Refused => f.write_str("refused"),
            Self::NoRoute => f.write_str("no route"),
            Self::NoNeighbour => f.write_str("no ARP or NDP reply for the address"),
            Self::Prohibited => f.write_str("rejected by a router or packet filter"),
            Self::Silent { .. } => f.write_str("no response"),
            Self::Stalls { bytes: 0 } => f.write_str("connects, then no response"),
            Self::Stalls { bytes } => write!(f, "stalls after {bytes} bytes"),
            Self::LargeLost { mtu } => {
                write!(f, "small packets are answered, those of {mtu} bytes are not")
            }
            Self::Wrong(what) => write!(f, "{what}"),
            Self::Untried(why) => write!(f, "not tested: {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pontoon_model::untrusted::Untrusted;

    #[test]
    fn each_target_reads_well() {
        let address = "10.0.0.1".parse().unwrap();
        let at = "10.0.0.1:6443".parse().unwrap();
        let node = || "pi1".to_owned();
        let table = [
            (
                ConnectivityTarget::Api { at, by: ApiAddressSource::Service },
                "the API server by its Service (10.0.0.1:6443)",
            ),
            (
                ConnectivityTarget::Api { at, by: ApiAddressSource::Endpoint },
                "the API server at 10.0.0.1:6443",
            ),
            (
                ConnectivityTarget::Api { at, by: ApiAddressSource::Kubelet },
                "the API server as kubelet does (10.0.0.1:6443)",
            ),
            (
                ConnectivityTarget::Api { at, by: ApiAddressSource::Proxy },
                "the API server as kube-proxy does (10.0.0.1:6443)",
            ),
            (
                ConnectivityTarget::Kubelet { node: node(), address },
                "kubelet of pi1 (10.0.0.1:10250)",
            ),
            (ConnectivityTarget::KubeletByApi { node: node() }, "kubelet of pi1 by the API server"),
            (
                ConnectivityTarget::Sizes { node: node(), address },
                "pi1 (10.0.0.1) with large packets",
            ),
            (
                ConnectivityTarget::Pod { node: node(), address, bytes: 0 },
                "a pod of pi1 (10.0.0.1)",
            ),
            (
                ConnectivityTarget::Pod { node: node(), address, bytes: 100_000 },
                "100 kB from a pod of pi1 (10.0.0.1)",
            ),
            (ConnectivityTarget::Service { address }, "a Service (10.0.0.1)"),
            (ConnectivityTarget::Dns { server: address, pod_on: None }, "cluster DNS (10.0.0.1)"),
            (
                ConnectivityTarget::Dns { server: address, pod_on: Some(node()) },
                "the DNS pod on pi1 (10.0.0.1)",
            ),
        ];
        for (target, text) in table {
            assert_eq!(target.to_string(), text);
        }
    }

    #[test]
    fn each_outcome_reads_well() {
        let table = [
            (ConnectivityOutcome::Works { ms: 2 }, "pi2 to a Service (10.96.7.7): answers in 2 ms"),
            (ConnectivityOutcome::Refused, "pi2 to a Service (10.96.7.7): refused"),
            (ConnectivityOutcome::NoRoute, "pi2 to a Service (10.96.7.7): no route"),
            (
                ConnectivityOutcome::NoNeighbour,
                "pi2 to a Service (10.96.7.7): no ARP or NDP reply for the address",
            ),
            (
                ConnectivityOutcome::Prohibited,
                "pi2 to a Service (10.96.7.7): rejected by a router or packet filter",
            ),
            (
                ConnectivityOutcome::Silent { ms: 3_500 },
                "pi2 to a Service (10.96.7.7): no response",
            ),
            (
                ConnectivityOutcome::Stalls { bytes: 0 },
                "pi2 to a Service (10.96.7.7): connects, then no response",
            ),
            (
                ConnectivityOutcome::Stalls { bytes: 7 },
                "pi2 to a Service (10.96.7.7): stalls after 7 bytes",
            ),
            (
                ConnectivityOutcome::LargeLost { mtu: 1500 },
                "pi2 to a Service (10.96.7.7): small packets are answered, those of 1500 bytes \
                 are not",
            ),
            (
                ConnectivityOutcome::Wrong(Untrusted::new("a\u{1b}")),
                "pi2 to a Service (10.96.7.7): a\\u{1b}",
            ),
            (
                ConnectivityOutcome::Untried(Untrusted::new("no pod")),
                "pi2 to a Service (10.96.7.7): not tested: no pod",
            ),
        ];
        for (outcome, text) in table {
            let test = ConnectivityTest {
                from: ConnectivitySource { node: "pi2".to_owned(), is_pod: false },
                to: ConnectivityTarget::Service { address: "10.96.7.7".parse().unwrap() },
                outcome,
            };
            assert_eq!(test.to_string(), text);
        }
        let pod = ConnectivitySource { node: "pi2".to_owned(), is_pod: true };
        assert_eq!(pod.to_string(), "a pod of pi2");
    }
}
