//! What a control plane needs beside: an endpoint for all of them, and the certificates they share.

use crate::api_status::ApiRefusal;
use crate::secret::SecretText;
use crate::shared_certificates::{self, SharedCertificatesError};
use crate::trial::QueryOutcome;
use pontoon_model::code::{self, DiagnosisCode};

use super::shared_text::{PATIENT, seconds};
use super::{ClusterSettings, JoinStage, PHASE, StageWalk, Stop, StopResult};

/// What precedes the words of the phase that fetches the certificates (k/k
/// cmd/kubeadm/app/cmd/phases/join/controlplaneprepare.go).
const FETCHING: &str =
    "error execution phase control-plane-prepare/download-certs: error downloading certs: ";

/// One that does not change with its first control plane.
pub(super) fn endpoint(walk: &mut StageWalk<'_>) -> StopResult<()> {
    let Some(ahead) = ClusterSettings::of(&walk.trial.reads) else { return Ok(()) };
    if !walk.request.is_control_plane {
        return Ok(());
    }
    if ahead.endpoint.is_some() {
        let seen = "the cluster has a controlPlaneEndpoint".to_owned();
        walk.note(JoinStage::ControlPlane, Some(true), seen);
        return Ok(());
    }
    let seen = "the cluster has no controlPlaneEndpoint".to_owned();
    walk.note(JoinStage::ControlPlane, Some(false), seen.clone());
    Err(Box::new(Stop {
        stage: JoinStage::ControlPlane,
        causes: vec![code::CONTROL_PLANE_ENDPOINT_MISSING],
        because: vec![seen],
        advice: vec!["make the cluster with one: pontoon kubeadm init writes it".to_owned()],
        after_ms: 0,
        words: format!(
            "{PHASE}\nOne or more conditions for hosting a new control plane instance is not \
             satisfied.\n\nunable to add a new control plane instance to a cluster that doesn't \
             have a stable controlPlaneEndpoint address"
        ),
    }))
}

/// Whether they are there and the key opens them.
pub(super) fn certificates(walk: &mut StageWalk<'_>, page: &QueryOutcome) -> StopResult<()> {
    let Some(key) = &walk.request.certificate_key else { return Ok(()) };
    let Err(MissingCertificates { cause, seen, words }) = opened(page, key) else {
        let seen = "the certificate key opens the certificates".to_owned();
        walk.note(JoinStage::SharedCertificates, Some(true), seen);
        return Ok(());
    };
    walk.note(JoinStage::SharedCertificates, Some(false), seen.clone());
    let advice = match cause {
        code::CERTIFICATE_KEY_EXPIRED | code::CERTIFICATE_KEY_WRONG => {
            "on the control plane: kubeadm init phase upload-certs --upload-certs prints a new \
             --certificate-key"
        }
        code::CREDENTIALS_NOT_ACCEPTED => {
            "on the control plane: kubeadm token create --print-join-command"
        }
        _ => PATIENT,
    };
    Err(Box::new(Stop {
        stage: JoinStage::SharedCertificates,
        causes: vec![cause],
        because: vec![seen],
        advice: vec![advice.to_owned()],
        after_ms: if matches!(page, QueryOutcome::Silent { .. }) { 10_000 } else { 0 },
        words: format!("{FETCHING}{words}"),
    }))
}

/// Why the certificates are not to be had.
struct MissingCertificates {
    cause: DiagnosisCode,
    seen: String,
    words: String,
}

fn opened(page: &QueryOutcome, key: &SecretText) -> Result<(), MissingCertificates> {
    const NOT_THERE: &str = "Secret \"kubeadm-certs\" was not found in the \"kube-system\" \
         Namespace. This Secret might have expired. Please, run `kubeadm init phase upload-certs \
         --upload-certs` on a control plane to generate a new one";
    let missing = |cause, seen, why: &str| {
        Err(MissingCertificates {
            cause,
            seen,
            words: format!("error downloading the secret: {why}"),
        })
    };
    let answer = match page {
        QueryOutcome::Answer(answer) => answer,
        QueryOutcome::Silent { ms } => {
            let seen = format!("no answer for the certificates in {}", seconds(*ms));
            return missing(code::SERVER_OVERLOADED, seen, "context deadline exceeded");
        }
        QueryOutcome::Bad(why) => {
            let seen = format!("the answer for the certificates makes no sense: {why}");
            return missing(code::CONNECTION_CUT, seen, "EOF");
        }
        // Whoever reads the trial has left it open before.
        QueryOutcome::NotAsked => return Ok(()),
    };
    let said = ApiRefusal::of(answer, "secrets", "kubeadm-certs").words;
    let seen = match answer.status {
        200 => {
            return shared_certificates::open(&answer.body, key).map_err(MissingCertificates::from);
        }
        404 => "the certificates are not in the cluster: kubeadm keeps them for 2 hours",
        // The right to read them is made by the upload, for the group that read the settings.
        403 => "nobody may read the certificates: they were never uploaded",
        status => {
            let cause = match status {
                401 => code::CREDENTIALS_NOT_ACCEPTED,
                429 | 500..=599 => code::SERVER_OVERLOADED,
                _ => code::ANOTHER_SERVER_ANSWERS,
            };
            let seen = format!("the server answers {status} for the certificates");
            return missing(cause, seen, &said);
        }
    };
    let why = if answer.status == 404 { NOT_THERE } else { &said };
    missing(code::CERTIFICATE_KEY_EXPIRED, seen.to_owned(), why)
}

impl From<SharedCertificatesError> for MissingCertificates {
    fn from(unusable: SharedCertificatesError) -> Self {
        let (cause, seen) = match unusable {
            SharedCertificatesError::Key => (
                code::CERTIFICATE_KEY_WRONG,
                "the certificates were encrypted with another key".into(),
            ),
            SharedCertificatesError::Lacks(name) => {
                (code::CERTIFICATE_KEY_EXPIRED, format!("{name} is not among the certificates"))
            }
            SharedCertificatesError::NoSecret => {
                (code::ANOTHER_SERVER_ANSWERS, "the answer is no Secret".into())
            }
        };
        Self { cause, seen, words: unusable.to_string() }
    }
}
