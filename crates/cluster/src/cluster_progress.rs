//! What a check says of itself while it goes on, as data: its reader puts it into words.

use pontoon_model::untrusted::Untrusted;

/// Something that happened during a check, or a part of it that begins.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ClusterProgress {
    /// The cluster is starting; it is waited for, no longer than
    /// [`STARTUP_WITHIN`](crate::cluster_check_flow::STARTUP_WITHIN).
    AwaitingStartup,
    /// A test pod is made on every node that can be asked.
    CreatingTestPods,
    /// Every connection of the [test matrix](crate::test_matrix) is tried.
    Testing,
    /// What failed is tried once more.
    Retesting,
    /// The namespace of the test pods was not removed. Its pods end by themselves.
    NamespaceLeft {
        /// The namespace, for `kubectl delete namespace`.
        namespace: String,
        /// Why it is still there, in the words of kubectl or of the session.
        why: Untrusted,
    },
}
