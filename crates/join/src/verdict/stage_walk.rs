//! The stages of a trial in kubeadm's order, up to the one that fails.

mod token_reads;
mod control_plane;

use pontoon_diagnosis::evidence::JoinAnswerEvidence;
use pontoon_diagnosis::{Certainty, Evidence, Remedy};
use pontoon_model::code;
use pontoon_model::untrusted::Untrusted;
use pontoon_predict::kubeadm::endpoint::HostPort;

use crate::api_status::ApiRefusal;
use crate::certificate::CertificateRefusal;
use crate::cluster_info::{ClusterInfo, ClusterInfoError, PATH};
use crate::kubeconfig::Kubeconfig;
use crate::request::{DiscoveryMethod, JoinRequest};
use crate::trial::{JoinObject, JoinTrial, QueryOutcome, ServerContact, TlsOutcome};

use super::contact::{certificate, reach};
use super::endpoint_name::{endpoint, host_name};
use super::join_remedies::{
    be_patient, exempt_from_proxy, move_cluster, new_join_command, on_control_plane,
    see_what_answers,
};
use super::stage_failure::{StageFailure, StageOutcome};
use super::{JoinStage, JoinVerdict, StageResult, proxy, stage_causes};
pub use token_reads::{ClusterSettings, TrustedCluster, trust};

/// What precedes all words of a join's first phase.
const PHASE: &str = "error execution phase preflight: ";
/// And those of its discovery.
const DISCOVERY: &str = "couldn't validate the identity of the API Server: ";

/// A walk through a trial, and what it has come to.
pub(super) struct StageWalk<'a> {
    request: &'a JoinRequest,
    trial: &'a JoinTrial,
    verdict: JoinVerdict,
}

type WalkResult<T> = Result<T, Box<StageFailure>>;

impl<'a> StageWalk<'a> {
    /// Walks through a trial to its end.
    pub(super) fn through(request: &'a JoinRequest, trial: &'a JoinTrial) -> JoinVerdict {
        let mut walk = Self { request, trial, verdict: JoinVerdict::default() };
        let failure = walk.go().err();
        walk.verdict.failure = failure.map(|failure| failure.diagnosed(request, trial));
        walk.verdict
    }

    fn go(&mut self) -> WalkResult<()> {
        let discovery_ms = self.request.discovery_s * 1000;
        let first = &self.trial.first;
        let url = format!("Get \"{}{PATH}\": ", first.server.url());
        let asking = format!("{DISCOVERY}failed to request the cluster-info ConfigMap: {url}");
        for reached in reach(first, self.trial.link.as_ref()) {
            self.take(reached, &asking, discovery_ms)?;
        }
        // A file says whom to trust, so the first question is held to it already.
        if let DiscoveryMethod::File(file) = &self.request.discovery {
            self.certificate(first, &file.cas, JoinStage::Certificate, &asking, discovery_ms)?;
        }
        let info = self.cluster_info(&asking, discovery_ms)?;
        let cluster = match &self.request.discovery {
            DiscoveryMethod::File(file) => (**file).clone(),
            DiscoveryMethod::Token { token, pins, .. } => {
                let trusted = info.trusted(token, pins);
                self.trusted(trusted.as_ref().err(), &info, discovery_ms)?;
                let Ok(cluster) = trusted else { return Ok(()) };
                if !pins.is_empty() {
                    let at = JoinStage::Certificate;
                    self.certificate(first, &cluster.cas, at, &asking, discovery_ms)?;
                }
                cluster
            }
        };
        self.inside(&cluster)?;
        token_reads::reads(self)
    }

    /// The answer to the anonymous question.
    fn cluster_info(&mut self, asking: &str, after_ms: u64) -> WalkResult<ClusterInfo> {
        let stage = JoinStage::ClusterInfo;
        let plain = format!("{PHASE}{DISCOVERY}failed to request the cluster-info ConfigMap: ");
        let object = JoinObject::ConfigMap("cluster-info").requested();
        let look = see_what_answers(&self.trial.first.server);
        let failure = match self.trial.cluster_info.as_ref() {
            Some(QueryOutcome::Answer(answer)) if answer.status == 200 => {
                if let Some(info) = ClusterInfo::parse(&answer.body) {
                    let (tokens, count) = token_list(&info);
                    self.pass(stage, JoinAnswerEvidence::ClusterInfoSigned { tokens, count });
                    return Ok(info);
                }
                StageFailure::new(
                    stage,
                    &[code::ANOTHER_SERVER_ANSWERS],
                    JoinAnswerEvidence::ObjectUnexpected { object },
                    format!("{plain}couldn't get version/kind; json parse error"),
                )
                .likely()
                .remedies([look])
            }
            Some(QueryOutcome::Answer(answer)) => {
                let refusal = ApiRefusal::of(answer, "configmaps", "cluster-info");
                let remedy = if refusal.is_by_api_server {
                    on_control_plane("kubeadm init phase bootstrap-token", "make cluster-info")
                } else {
                    look
                };
                let response = Some(Untrusted::new(&refusal.words));
                let status = answer.status;
                let failure = StageFailure::new(
                    stage,
                    stage_causes::refused(status, refusal.is_by_api_server),
                    JoinAnswerEvidence::ObjectRefused { object, status, response },
                    format!("{plain}{}", refusal.words),
                );
                let is_proven = refusal.is_by_api_server && matches!(status, 401 | 403);
                if is_proven { failure } else { failure.likely() }.remedies([remedy])
            }
            Some(QueryOutcome::Silent { ms }) => StageFailure::new(
                stage,
                &[code::SERVER_OVERLOADED, code::PATH_MTU_HOLE],
                JoinAnswerEvidence::ObjectTimeout {
                    object,
                    waited_ms: *ms,
                    allowed_ms: Some(token_reads::REQUEST_ALLOWED_MS),
                },
                format!("{PHASE}{asking}context deadline exceeded"),
            )
            .remedies([be_patient()]),
            Some(QueryOutcome::Bad(why)) => StageFailure::new(
                stage,
                &[code::ANOTHER_SERVER_ANSWERS],
                JoinAnswerEvidence::ObjectMalformed { object, reason: why.clone() },
                format!("{PHASE}{asking}EOF"),
            )
            .likely()
            .remedies([look]),
            Some(QueryOutcome::NotAsked) | None => StageFailure::new(
                stage,
                &[code::CONNECTION_CUT],
                JoinAnswerEvidence::ObjectNotRequested { object },
                format!("{PHASE}{asking}EOF"),
            )
            .remedies([Remedy::command("pontoon join-check -").to("try again")]),
        };
        self.fail(failure.after(after_ms))
    }

    /// The signature, what is signed, and the pins.
    fn trusted(
        &mut self,
        distrust: Option<&ClusterInfoError>,
        info: &ClusterInfo,
        after_ms: u64,
    ) -> WalkResult<()> {
        let Some(distrust) = distrust else {
            self.pass(JoinStage::Signature, JoinAnswerEvidence::SignatureValid);
            if let DiscoveryMethod::Token { pins, .. } = &self.request.discovery {
                if pins.is_empty() {
                    let missing =
                        StageResult::undecided(JoinStage::Pin, JoinAnswerEvidence::PinMissing);
                    self.verdict.stages.push(missing);
                } else {
                    self.pass(JoinStage::Pin, JoinAnswerEvidence::PinMatches);
                }
            }
            return Ok(());
        };
        let (signature, response) = (JoinStage::Signature, format!("{PHASE}{DISCOVERY}{distrust}"));
        let make_cluster_info =
            || on_control_plane("kubeadm init phase bootstrap-token", "make cluster-info anew");
        let failure = match distrust {
            ClusterInfoError::NoSignature { id } => {
                let (signed_for, count) = token_list(info);
                let mut causes = vec![code::JOIN_TOKEN_UNKNOWN, code::STILL_STARTING];
                if count == 0 {
                    // Nobody signs: then it is not this token alone.
                    causes.push(code::BOOTSTRAP_SIGNER_NOT_RUNNING);
                }
                let token = Untrusted::new(id);
                let unsigned = JoinAnswerEvidence::TokenNotSigned { token, signed_for, count };
                StageFailure::new(signature, &causes, unsigned, response)
                    .remedies([new_join_command()])
                    .after(after_ms)
            }
            ClusterInfoError::Signature => {
                let causes = &[code::JOIN_TOKEN_SECRET_WRONG];
                let invalid = JoinAnswerEvidence::SignatureInvalid;
                StageFailure::new(signature, causes, invalid, response)
                    .remedies([new_join_command()])
            }
            ClusterInfoError::NoKubeconfig => {
                let causes = &[code::BOOTSTRAP_SIGNER_NOT_RUNNING];
                let missing = JoinAnswerEvidence::KubeconfigMissing;
                StageFailure::new(signature, causes, missing, response)
                    .likely()
                    .remedies([make_cluster_info()])
            }
            ClusterInfoError::Kubeconfig(why) => {
                let causes = &[code::BOOTSTRAP_SIGNER_NOT_RUNNING];
                let reason = Untrusted::new(&why.to_string());
                let malformed = JoinAnswerEvidence::KubeconfigMalformed { reason };
                StageFailure::new(signature, causes, malformed, response)
                    .likely()
                    .remedies([make_cluster_info()])
            }
            ClusterInfoError::Pin { found } => {
                self.pass(signature, JoinAnswerEvidence::SignatureValid);
                let found = found.split(',').map(str::to_owned).collect();
                let causes = &[code::CA_PIN_OF_ANOTHER_CLUSTER];
                let mismatch = JoinAnswerEvidence::PinMismatch { found };
                StageFailure::new(JoinStage::Pin, causes, mismatch, response)
                    .remedies([new_join_command()])
            }
        };
        self.fail(failure)
    }

    /// The server that everything after the discovery is asked of.
    fn inside(&mut self, cluster: &Kubeconfig) -> WalkResult<()> {
        let first = &self.trial.first;
        // A file's own server stays in use, whatever cluster-info says.
        let is_file = matches!(self.request.discovery, DiscoveryMethod::File(_));
        let is_same = is_file || cluster.server == first.server;
        let asking = token_reads::asking(&cluster.server);
        if is_same {
            let at = JoinStage::InsideCertificate;
            self.pass(JoinStage::Inside, JoinAnswerEvidence::SameServer);
            return self.certificate(first, &cluster.cas, at, &asking, 400);
        }
        let Some(inside) = &self.trial.inside else { return Ok(()) };
        for reached in reach(inside, self.trial.link.as_ref()) {
            if let Err(failure) = reached {
                let failure = unreached_inside(*failure, &cluster.server, &first.server);
                let response = format!("{PHASE}{asking}{}", failure.response);
                let after_ms = token_reads::reads_give_up_ms(inside);
                let stage = JoinStage::Inside;
                return self.fail(StageFailure { stage, after_ms, response, ..failure });
            }
        }
        let server = endpoint(&cluster.server);
        self.pass(JoinStage::Inside, JoinAnswerEvidence::OtherServerAnswers { server });
        self.certificate(inside, &cluster.cas, JoinStage::InsideCertificate, &asking, 400)
    }

    /// A certificate held to what vouches for it.
    fn certificate(
        &mut self,
        contact: &ServerContact,
        cas: &[Vec<u8>],
        stage: JoinStage,
        asking: &str,
        after_ms: u64,
    ) -> WalkResult<()> {
        let Some(TlsOutcome::Chain { leaf, others }) = &contact.tls else { return Ok(()) };
        let host = &contact.server.host;
        let Err(refused) = leaf.verify(host, others, cas, self.trial.now_s) else {
            let host = host_name(host);
            self.pass(stage, JoinAnswerEvidence::CertificateValid { host });
            return Ok(());
        };
        let mut failure = certificate(&refused, leaf, self.trial, &contact.server);
        if refused == CertificateRefusal::Authority && contact.by_proxy().is_some() {
            // Or the proxy looks into TLS, with a certificate of its own.
            failure.causes.insert(0, proxy::CAUSE);
            failure.remedies.splice(0..0, exempt_from_proxy(host));
        }
        let words = refused.words();
        let response = format!("{PHASE}{asking}tls: failed to verify certificate: {words}");
        self.fail(StageFailure { stage, after_ms, response, ..failure })
    }

    /// Takes a stage of the way to a server.
    fn take(&mut self, reached: StageOutcome, asking: &str, after_ms: u64) -> WalkResult<()> {
        match reached {
            Ok(stage) => {
                self.verdict.stages.push(stage);
                Ok(())
            }
            Err(failure) => {
                let response = format!("{PHASE}{asking}{}", failure.response);
                self.fail(StageFailure { after_ms, response, ..*failure })
            }
        }
    }

    /// A stage that was passed.
    fn pass(&mut self, stage: JoinStage, evidence: impl Into<Evidence>) {
        self.verdict.stages.push(StageResult::passed(stage, evidence));
    }

    /// The stage that was not, which is the last.
    fn fail<T>(&mut self, failure: StageFailure) -> WalkResult<T> {
        self.verdict.stages.push(StageResult {
            stage: failure.stage,
            is_passed: Some(false),
            evidence: failure.evidence.clone(),
            remedies: Vec::new(),
        });
        Err(Box::new(failure))
    }
}

/// The server that cluster-info names is not reached, and the one of the join is.
fn unreached_inside(
    mut failure: StageFailure,
    server: &HostPort,
    answers: &HostPort,
) -> StageFailure {
    let server = endpoint(server);
    failure.evidence.insert(0, JoinAnswerEvidence::OtherServer { server }.into());
    // Between this host and that server is its own proxy: that cures it, and no move.
    if failure.stage != JoinStage::Proxy {
        failure.causes = vec![code::CLUSTER_INFO_NAMES_UNREACHABLE_SERVER];
        failure.certainty = Certainty::Confirmed;
        failure.remedies.insert(0, move_cluster(answers));
    }
    failure
}

/// The public halves of the tokens that cluster-info is signed for, the first of them, and how many
/// there are in all: a cluster has a few.
fn token_list(info: &ClusterInfo) -> (Vec<Untrusted>, usize) {
    const SHOWN_MAX: usize = 8;
    let shown = info.token_ids().take(SHOWN_MAX).map(Untrusted::new).collect();
    (shown, info.token_ids().count())
}
