//! Words that show that a program recovered, or that all went well: what they take back.

use pontoon_model::code::{self, DiagnosisCode};

use super::log_text::LogLine;
use super::table::CompiledSymptom;
use super::{LineMatch, causes_of};

/// Words of a success, and what they take back.
struct Success {
    words: &'static [&'static str],
    /// The causes whose symptoms are over; none: all symptoms are.
    causes: &'static [DiagnosisCode],
    /// Which lines they are about.
    reach: Reach,
    /// What the text says, where it stands for the whole.
    says: Option<&'static str>,
}

/// The lines that a success is about.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Reach {
    /// Those before it.
    Earlier,
    /// Those of the object that `kubectl describe` shows: its events come last.
    Object,
}

const SUCCESSES: [Success; 13] = [
    Success {
        words: &["this node has joined the cluster"],
        causes: &[],
        reach: Reach::Earlier,
        says: Some("kubeadm join was successful"),
    },
    Success {
        words: &["control-plane has initialized successfully"],
        causes: &[],
        reach: Reach::Earlier,
        says: Some("kubeadm init was successful"),
    },
    Success {
        words: &["containersready true"],
        causes: &[],
        reach: Reach::Object,
        says: Some("the pod is ready"),
    },
    Success {
        words: &["kubelet is posting ready status"],
        causes: &[],
        reach: Reach::Object,
        says: Some("the node is ready"),
    },
    Success {
        words: &["fast updating node status as it just became ready", "status is now: nodeready"],
        causes: &[
            code::CNI_NOT_INSTALLED,
            code::CNI_NOT_READY,
            code::NO_NODE_READY,
            code::NODE_NOT_REGISTERED,
            code::API_SERVER_NOT_RUNNING,
        ],
        reach: Reach::Earlier,
        says: Some("the node is ready"),
    },
    Success {
        words: &["k3s is up and running", "rke2 is up and running", "agent is up and running"],
        causes: &[],
        reach: Reach::Earlier,
        says: Some("K3s or RKE2 is up and running"),
    },
    Success {
        words: &["serving securely on"],
        causes: &[code::ETCD_NOT_RUNNING],
        reach: Reach::Earlier,
        says: None,
    },
    Success {
        words: &["successfully acquired lease"],
        causes: &[code::API_SERVER_NOT_RUNNING, code::RIGHTS_MISSING],
        reach: Reach::Earlier,
        says: None,
    },
    // A ReplicaSet is older than the service account that its pods name, for a moment.
    Success {
        words: &["finished syncing"],
        causes: &[code::SERVICE_ACCOUNT_MISSING],
        reach: Reach::Earlier,
        says: None,
    },
    Success {
        words: &["successfully registered node"],
        causes: &[
            code::NODE_NOT_REGISTERED,
            code::API_SERVER_NOT_RUNNING,
            code::KUBELET_LOST_API_SERVER,
        ],
        reach: Reach::Earlier,
        says: Some("kubelet registered its node"),
    },
    Success {
        words: &["caches are synced", "successfully retrieved nodeips"],
        causes: &[code::KUBE_PROXY_SERVER_UNREACHABLE, code::API_SERVER_NOT_RUNNING],
        reach: Reach::Earlier,
        says: None,
    },
    Success {
        words: &["nodehasnodiskpressure"],
        causes: &[code::DISK_FULL],
        reach: Reach::Earlier,
        says: None,
    },
    Success {
        words: &["cni network config successfully", "wrote subnet file to"],
        causes: &[code::CNI_NOT_INSTALLED, code::FLANNEL_NOT_RUNNING],
        reach: Reach::Earlier,
        says: None,
    },
];

/// Where a text tells of successes: the places of one success in ascending order.
pub(super) struct Recovery {
    places: Vec<Vec<usize>>,
    /// The lines at which `kubectl describe` begins an object.
    objects: Vec<usize>,
}

impl Recovery {
    /// Finds them in one pass.
    pub(super) fn of(lines: &[LogLine]) -> Self {
        let mut places = vec![Vec::new(); SUCCESSES.len()];
        let mut objects = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            if line.lower.starts_with("name: ") {
                objects.push(at);
            }
            for (success, places) in SUCCESSES.iter().zip(&mut places) {
                if success.words.iter().any(|words| line.lower.contains(words)) {
                    places.push(at);
                }
            }
        }
        Self { places, objects }
    }

    /// Whether a symptom of this line is over.
    pub(super) fn is_over(&self, found: &LineMatch, rows: &[CompiledSymptom], at: usize) -> bool {
        if self.places.iter().all(Vec::is_empty) {
            return false;
        }
        let causes = causes_of(found, rows);
        SUCCESSES.iter().zip(&self.places).any(|(success, places)| {
            let is_of = success.causes.is_empty()
                || success.causes.iter().any(|code| causes.contains(code));
            is_of && self.is_about(success.reach, places, at)
        })
    }

    fn is_about(&self, reach: Reach, places: &[usize], at: usize) -> bool {
        let is_later = places.last().is_some_and(|last| *last >= at);
        match reach {
            Reach::Earlier => is_later,
            Reach::Object => {
                let next = self.objects.partition_point(|object| *object <= at);
                let begin = next.checked_sub(1).map_or(0, |known| self.objects[known]);
                let end = self.objects.get(next).copied().unwrap_or(usize::MAX);
                let first = places.partition_point(|place| *place < begin);
                places.get(first).is_some_and(|place| *place < end)
            }
        }
    }

    /// What the text says of the whole, and in which line: the last success.
    pub(super) fn success(&self, lines: &[LogLine]) -> Option<(&'static str, usize)> {
        let told = SUCCESSES.iter().zip(&self.places);
        let told = told.filter_map(|(success, places)| Some((places.last()?, success.says?)));
        let (at, says) = told.max_by_key(|(at, _)| **at)?;
        Some((says, lines[*at].number))
    }
}

#[cfg(test)]
mod tests {
    use crate::symptom::explain;

    const FAILED: &str = "Warning Unhealthy 3s kubelet Readiness probe failed: connection refused";

    /// Each pod of `kubectl describe pods` has its own conditions.
    #[test]
    fn a_ready_pod_takes_back_only_its_own_events() {
        let ready = format!("Name: a\nContainersReady   True\n{FAILED}\n");
        let waiting = format!("Name: b\nContainersReady   False\n{FAILED}\n");
        assert_eq!(explain(ready.as_bytes()).symptoms.len(), 0);
        for text in [format!("{ready}{waiting}"), format!("{waiting}{ready}")] {
            let symptoms = explain(text.as_bytes()).symptoms;
            assert_eq!(symptoms.len(), 1, "{text}");
            assert_eq!(symptoms[0].times, 1);
        }
    }

    #[test]
    fn what_fails_after_a_success_counts() {
        let registered = "I1124 kubelet_node_status.go:78] \"Successfully registered node\"";
        let lost = "E1124 kubelet_node_status.go:549] \"Error updating node status, will retry\" \
                    err=\"Get \\\"https://10.0.0.1:6443/api/v1/nodes/w\\\": dial tcp \
                    10.0.0.1:6443: connect: connection refused\"";
        assert_eq!(explain(format!("{lost}\n{registered}").as_bytes()).symptoms.len(), 0);
        assert_eq!(explain(format!("{registered}\n{lost}").as_bytes()).symptoms.len(), 1);
    }
}
