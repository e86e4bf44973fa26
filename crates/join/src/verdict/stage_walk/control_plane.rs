//! What a control plane needs beside: an endpoint for all of them, and the certificates they share.

use pontoon_diagnosis::Certainty;
use pontoon_diagnosis::evidence::JoinAnswerEvidence;
use pontoon_model::code::{self, DiagnosisCode};

use crate::api_status::ApiRefusal;
use crate::secret::SecretText;
use crate::shared_certificates::{self, SharedCertificatesError};
use crate::trial::{JoinObject, QueryOutcome};

use super::{ClusterSettings, JoinStage, PHASE, StageWalk, WalkResult};
use crate::verdict::join_remedies::{be_patient, new_join_command, on_control_plane};
use crate::verdict::stage_failure::StageFailure;

/// What precedes the words of the phase that fetches the certificates (k/k
/// cmd/kubeadm/app/cmd/phases/join/controlplaneprepare.go).
const FETCHING: &str =
    "error execution phase control-plane-prepare/download-certs: error downloading certs: ";

/// One that does not change with its first control plane.
pub(super) fn endpoint(walk: &mut StageWalk<'_>) -> WalkResult<()> {
    let Some(ahead) = ClusterSettings::of(&walk.trial.reads) else { return Ok(()) };
    if !walk.request.is_control_plane {
        return Ok(());
    }
    let is_set = ahead.endpoint.is_some();
    let evidence = JoinAnswerEvidence::ControlPlaneEndpoint { is_set };
    if is_set {
        walk.pass(JoinStage::ControlPlane, evidence);
        return Ok(());
    }
    walk.fail(
        StageFailure::new(
            JoinStage::ControlPlane,
            &[code::CONTROL_PLANE_ENDPOINT_MISSING],
            evidence,
            format!(
                "{PHASE}\nOne or more conditions for hosting a new control plane instance is not \
                 satisfied.\n\nunable to add a new control plane instance to a cluster that \
                 doesn't have a stable controlPlaneEndpoint address"
            ),
        )
        .remedies([on_control_plane(
            "pontoon kubeadm init",
            "make the cluster anew with settings that have one",
        )]),
    )
}

/// Whether they are there and the key opens them.
pub(super) fn certificates(walk: &mut StageWalk<'_>, page: &QueryOutcome) -> WalkResult<()> {
    let Some(key) = &walk.request.certificate_key else { return Ok(()) };
    let Err(missing) = opened(page, key) else {
        walk.pass(JoinStage::SharedCertificates, JoinAnswerEvidence::CertificateKeyValid);
        return Ok(());
    };
    let MissingCertificates { cause, certainty, evidence, response } = missing;
    let remedy = match cause {
        code::CERTIFICATE_KEY_EXPIRED | code::CERTIFICATE_KEY_WRONG => on_control_plane(
            "kubeadm init phase upload-certs --upload-certs",
            "upload them again; it prints a new --certificate-key",
        ),
        code::CREDENTIALS_NOT_ACCEPTED => new_join_command(),
        _ => be_patient(),
    };
    let after_ms = if matches!(page, QueryOutcome::Silent { .. }) { 10_000 } else { 0 };
    let response = format!("{FETCHING}{response}");
    let mut failure =
        StageFailure::new(JoinStage::SharedCertificates, &[cause], evidence, response)
            .remedies([remedy])
            .after(after_ms);
    failure.certainty = certainty;
    walk.fail(failure)
}

/// Why the certificates are not to be had.
struct MissingCertificates {
    cause: DiagnosisCode,
    certainty: Certainty,
    evidence: JoinAnswerEvidence,
    response: String,
}

fn opened(page: &QueryOutcome, key: &SecretText) -> Result<(), MissingCertificates> {
    const NOT_THERE: &str = "Secret \"kubeadm-certs\" was not found in the \"kube-system\" \
         Namespace. This Secret might have expired. Please, run `kubeadm init phase upload-certs \
         --upload-certs` on a control plane to generate a new one";
    let missing = |cause, certainty, evidence, why: &str| {
        let response = format!("error downloading the secret: {why}");
        Err(MissingCertificates { cause, certainty, evidence, response })
    };
    let object = JoinObject::SharedCertificates.requested();
    let answer = match page {
        QueryOutcome::Answer(answer) => answer,
        QueryOutcome::Silent { ms } => {
            let silent =
                JoinAnswerEvidence::ObjectTimeout { object, waited_ms: *ms, allowed_ms: None };
            let why = "context deadline exceeded";
            return missing(code::SERVER_OVERLOADED, Certainty::Likely, silent, why);
        }
        QueryOutcome::Bad(why) => {
            let malformed = JoinAnswerEvidence::ObjectMalformed { object, reason: why.clone() };
            return missing(code::CONNECTION_CUT, Certainty::Likely, malformed, "EOF");
        }
        // The reader of the trial has left it open before.
        QueryOutcome::NotAsked => return Ok(()),
    };
    if answer.status == 200 {
        return shared_certificates::open(&answer.body, key).map_err(MissingCertificates::from);
    }
    let said = ApiRefusal::of(answer, "secrets", "kubeadm-certs").words;
    let status = answer.status;
    let refused = JoinAnswerEvidence::ObjectRefused { object, status, response: None };
    let (cause, certainty) = match status {
        404 => {
            return missing(
                code::CERTIFICATE_KEY_EXPIRED,
                Certainty::Confirmed,
                refused,
                NOT_THERE,
            );
        }
        // The right to read them is made by the upload, for the group that read the settings.
        403 => {
            let never = JoinAnswerEvidence::CertificatesNeverUploaded;
            return missing(code::CERTIFICATE_KEY_EXPIRED, Certainty::Confirmed, never, &said);
        }
        401 => (code::CREDENTIALS_NOT_ACCEPTED, Certainty::Confirmed),
        429 | 500..=599 => (code::SERVER_OVERLOADED, Certainty::Likely),
        _ => (code::ANOTHER_SERVER_ANSWERS, Certainty::Likely),
    };
    missing(cause, certainty, refused, &said)
}

impl From<SharedCertificatesError> for MissingCertificates {
    fn from(unusable: SharedCertificatesError) -> Self {
        let object = JoinObject::SharedCertificates.requested();
        let (cause, certainty, evidence) = match unusable {
            SharedCertificatesError::Key => (
                code::CERTIFICATE_KEY_WRONG,
                Certainty::Confirmed,
                JoinAnswerEvidence::CertificateKeyInvalid,
            ),
            SharedCertificatesError::Lacks(name) => (
                code::CERTIFICATE_KEY_EXPIRED,
                Certainty::Likely,
                JoinAnswerEvidence::SharedCertificateMissing { name },
            ),
            SharedCertificatesError::NoSecret => (
                code::ANOTHER_SERVER_ANSWERS,
                Certainty::Likely,
                JoinAnswerEvidence::ObjectUnexpected { object },
            ),
        };
        Self { cause, certainty, evidence, response: unusable.to_string() }
    }
}
