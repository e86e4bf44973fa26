//! What the API server answered to a rehearsed join: cluster-info, its certificate, and what is
//! read with the token.

use pontoon_model::host::HostName;
use pontoon_model::untrusted::Untrusted;
use schemars::JsonSchema;
use serde::Serialize;

use super::join::ServerEndpoint;

/// An object of the API that a join reads.
#[derive(Clone, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
pub struct RequestedObject {
    /// Its kind as the API names it: `ConfigMap`, `Secret`, `Node`.
    pub resource: &'static str,
    /// Its name within its namespace.
    pub name: Untrusted,
}

/// What an API server answered to the requests of a join, and whether it can be trusted.
#[derive(Clone, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum JoinAnswerEvidence {
    /// No answer, or not all of it, came in time.
    ObjectTimeout {
        /// What was asked for.
        object: RequestedObject,
        /// How long was waited, in milliseconds.
        waited_ms: u64,
        /// How long kubeadm would wait, in milliseconds, where that is longer.
        allowed_ms: Option<u64>,
    },
    /// The answer has a status that is no success.
    ObjectRefused {
        /// What was asked for.
        object: RequestedObject,
        /// The HTTP status of the answer.
        status: u16,
        /// What Go's client makes of the answer; none where the status says all.
        response: Option<Untrusted>,
    },
    /// The answer is not HTTP, or too long.
    ObjectMalformed {
        /// What was asked for.
        object: RequestedObject,
        /// What is wrong with the answer.
        reason: Untrusted,
    },
    /// The answer is a success, and holds something else than the object.
    ObjectUnexpected {
        /// What was asked for.
        object: RequestedObject,
    },
    /// It was not requested, because its connection did not last or another server answered it.
    ObjectNotRequested {
        /// What would have been asked for.
        object: RequestedObject,
    },
    /// cluster-info is signed for these bootstrap tokens, as the first eight of them.
    ClusterInfoSigned {
        /// The public halves of the tokens.
        tokens: Vec<Untrusted>,
        /// How many tokens it is signed for in all.
        count: usize,
    },
    /// cluster-info is not signed for the token of the join.
    TokenNotSigned {
        /// The public half of the token of the join.
        token: Untrusted,
        /// The public halves of the tokens it is signed for, the first eight of them.
        signed_for: Vec<Untrusted>,
        /// How many tokens it is signed for in all.
        count: usize,
    },
    /// The signature was made with the token's secret half.
    SignatureValid,
    /// The signature was made with another secret half than the token's.
    SignatureInvalid,
    /// cluster-info holds no kubeconfig.
    KubeconfigMissing,
    /// The kubeconfig in cluster-info cannot be read.
    KubeconfigMalformed {
        /// What is wrong with it.
        reason: Untrusted,
    },
    /// A CA in cluster-info matches a pin of the join.
    PinMatches,
    /// The join has no pin.
    PinMissing,
    /// No CA in cluster-info matches a pin of the join.
    PinMismatch {
        /// The pins of the CAs in cluster-info.
        found: Vec<String>,
    },
    /// cluster-info names the server that the join names, too.
    SameServer,
    /// cluster-info names another server than the join, and every later request goes there.
    OtherServer {
        /// The server in cluster-info.
        server: ServerEndpoint,
    },
    /// The server that cluster-info names answers.
    OtherServerAnswers {
        /// The server in cluster-info.
        server: ServerEndpoint,
    },
    /// The server's certificate is valid for it, now, by a CA that is trusted.
    CertificateValid {
        /// The name or address by which the server is asked.
        host: HostName,
    },
    /// The server's certificate is for other names or addresses.
    CertificateForOthers {
        /// The name or address by which the server is asked.
        host: HostName,
        /// What the certificate is for: addresses where an address is asked, names for a name.
        valid_for: Vec<Untrusted>,
    },
    /// This host's clock is outside the certificate's validity.
    CertificateTime {
        /// This host's clock, in seconds since 1970.
        clock_s: i64,
        /// The limit that it misses, in seconds since 1970.
        limit_s: i64,
        /// The certificate is not valid yet, rather than expired.
        is_early: bool,
    },
    /// The clock of the server, as the `Date` of its answer has it.
    ServerClock {
        /// Seconds since 1970.
        server_s: i64,
    },
    /// The server's certificate was not issued by a CA of cluster-info.
    CertificateIssuer {
        /// Who issued it, as it says itself.
        issuer: Untrusted,
    },
    /// The cluster's own settings were read with the token.
    SettingsRead {
        /// The names of the `ConfigMap`s.
        names: Vec<&'static str>,
    },
    /// The cluster's settings have, or lack, an endpoint for all control planes.
    ControlPlaneEndpoint {
        /// Whether `controlPlaneEndpoint` is set.
        is_set: bool,
    },
    /// The certificate key of the join decrypts the certificates that control planes share.
    CertificateKeyValid,
    /// The certificates that control planes share were encrypted with another key.
    CertificateKeyInvalid,
    /// The Secret with the shared certificates lacks one of them.
    SharedCertificateMissing {
        /// The name of its file below `/etc/kubernetes/pki`.
        name: &'static str,
    },
    /// The token may not read the Secret, as before its first upload.
    CertificatesNeverUploaded,
    /// No Ready node has the name of the joining one.
    NodeNameFree {
        /// The name of the joining node.
        name: Untrusted,
    },
    /// A Ready node has the name of the joining one.
    NodeNameTaken {
        /// The name of the joining node.
        name: Untrusted,
    },
    /// The request takes the token, which is not sent to other hosts.
    TokenNotSent,
}
