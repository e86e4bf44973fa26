//! What a control plane needs beside: an endpoint for all of them, and the certificates they share.

use crate::refusal::Refusal;
use crate::shared_certificates::{self, Unusable};
use crate::trial::Page;

use super::words::seconds;
use super::{Ahead, Going, PHASE, Stage, Stop, Walk};

/// What precedes the words of the phase that fetches the certificates (k/k
/// cmd/kubeadm/app/cmd/phases/join/controlplaneprepare.go).
const FETCHING: &str =
    "error execution phase control-plane-prepare/download-certs: error downloading certs: ";

/// One that does not change with its first control plane.
pub(super) fn endpoint(walk: &mut Walk<'_>) -> Going<()> {
    let Some(ahead) = Ahead::of(&walk.trial.reads) else { return Ok(()) };
    if !walk.request.is_control_plane {
        return Ok(());
    }
    if ahead.endpoint.is_some() {
        let seen = "the cluster has a controlPlaneEndpoint".to_owned();
        walk.note(Stage::ControlPlane, Some(true), seen);
        return Ok(());
    }
    let seen = "the cluster has no controlPlaneEndpoint".to_owned();
    walk.note(Stage::ControlPlane, Some(false), seen.clone());
    Err(Box::new(Stop {
        stage: Stage::ControlPlane,
        causes: vec!["control-plane-endpoint-missing"],
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
pub(super) fn certificates(walk: &mut Walk<'_>, page: &Page) -> Going<()> {
    const NOT_THERE: &str = "Secret \"kubeadm-certs\" was not found in the \"kube-system\" \
         Namespace. This Secret might have expired. Please, run `kubeadm init phase upload-certs \
         --upload-certs` on a control plane to generate a new one";
    let said = |answer| Refusal::of(answer, "secrets", "kubeadm-certs").words;
    let Some(key) = &walk.request.certificate_key else { return Ok(()) };
    let (cause, seen, words) = match page {
        // The connection before it was not vouched for, which has been said.
        Page::NotAsked => return Ok(()),
        Page::Answer(answer) if answer.status == 200 => {
            match shared_certificates::open(&answer.body, key) {
                Ok(()) => {
                    let seen = "the certificate key opens the certificates".to_owned();
                    walk.note(Stage::SharedCertificates, Some(true), seen);
                    return Ok(());
                }
                Err(unusable) => {
                    let (cause, seen) = match unusable {
                        Unusable::Key => (
                            "certificate-key-wrong",
                            "the certificates were encrypted with another key".to_owned(),
                        ),
                        Unusable::Lacks(name) => {
                            ("certificate-key-expired", format!("{name} is not among them"))
                        }
                        Unusable::NoSecret => {
                            ("another-server-answers", "the answer is no Secret".to_owned())
                        }
                    };
                    (cause, seen, unusable.to_string())
                }
            }
        }
        Page::Answer(answer) if answer.status == 404 => (
            "certificate-key-expired",
            "the certificates are not in the cluster: kubeadm keeps them for 2 hours".to_owned(),
            fetching(NOT_THERE),
        ),
        // The right to read them is made by the upload, for the group that read the settings.
        Page::Answer(answer) if answer.status == 403 => (
            "certificate-key-expired",
            "nobody may read the certificates: they were never uploaded".to_owned(),
            fetching(&said(answer)),
        ),
        Page::Answer(answer) => (
            "server-overloaded",
            format!("the server answers {} for the certificates", answer.status),
            fetching(&said(answer)),
        ),
        Page::Silent { ms } => (
            "server-overloaded",
            format!("no answer for the certificates in {}", seconds(*ms)),
            fetching("context deadline exceeded"),
        ),
        Page::Bad(why) => (
            "connection-cut",
            format!("the answer for the certificates makes no sense: {why}"),
            fetching("EOF"),
        ),
    };
    walk.note(Stage::SharedCertificates, Some(false), seen.clone());
    Err(Box::new(Stop {
        stage: Stage::SharedCertificates,
        causes: vec![cause],
        because: vec![seen],
        advice: vec![
            "on the control plane: kubeadm init phase upload-certs --upload-certs prints a new \
             --certificate-key"
                .to_owned(),
        ],
        after_ms: if matches!(page, Page::Silent { .. }) { 10_000 } else { 0 },
        words: format!("{FETCHING}{words}"),
    }))
}

fn fetching(why: &str) -> String {
    format!("error downloading the secret: {why}")
}
