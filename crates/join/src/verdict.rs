//! What a trial means: in which stage kubeadm would stop, after how long, with which words.

mod contact;
mod token_reads;
mod control_plane;
mod proxy;
mod shared_text;
pub mod stage;

use pontoon_model::code::{self, DiagnosisCode};
use pontoon_model::net::IfName;
use pontoon_predict::kubeadm::endpoint::HostPort;
use schemars::JsonSchema;
use serde::Serialize;

use crate::api_status::ApiRefusal;
use crate::certificate::CertificateRefusal;
use crate::cluster_info::{ClusterInfo, ClusterInfoError, PATH};
use crate::kubeconfig::Kubeconfig;
use crate::request::{DiscoveryMethod, JoinRequest};
use crate::trial::{JoinTrial, QueryOutcome, ServerContact, TlsOutcome};

use contact::{certificate, reach};
use shared_text::{PATIENT, refused, repair_advice, seconds, token_list};
pub use stage::{JoinStage, StageResult};
pub use token_reads::{ClusterSettings, TrustedCluster, trust};

/// Where kubeadm would stop.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Stop {
    /// In this stage.
    pub stage: JoinStage,
    /// What it is, by its code; several where what was seen does not tell them apart.
    pub causes: Vec<DiagnosisCode>,
    /// What was seen, and what follows from it.
    pub because: Vec<String>,
    /// What to do, most useful first.
    pub advice: Vec<String>,
    /// After how many milliseconds kubeadm gives up; without `-v` it is silent so long.
    pub after_ms: u64,
    /// With which words, after `error: `.
    pub words: String,
}

/// What came of one way to the cluster.
#[derive(Clone, Debug, Default, Eq, JsonSchema, PartialEq, Serialize)]
pub struct JoinVerdict {
    /// The stages that were come to, in kubeadm's order.
    pub steps: Vec<StageResult>,
    /// Where kubeadm would stop; none: it would join, as far as was asked.
    pub stop: Option<Stop>,
    /// Why it is not decided whether it would join.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<String>,
}

impl JoinVerdict {
    /// Adds what to do where another link leads further than the way that the kernel chooses.
    pub fn compare(&mut self, server: &HostPort, by_link: &[(IfName, Self)]) {
        let Some(stop) = &mut self.stop else { return };
        if stop.stage == JoinStage::Proxy {
            let is_through = |other: &Self| other.stop.is_none() && other.open.is_none();
            let direct = by_link.iter().find(|(_, other)| is_through(other));
            let host = &server.host;
            match direct {
                Some((link, _)) => stop.because.push(format!(
                    "asked by {link} without the proxy, {host} answers, and nothing stops the join"
                )),
                None if !by_link.is_empty() => stop.because.push(format!(
                    "asked by each link without the proxy, {host} does not let it join either"
                )),
                None => {}
            }
            return;
        }
        let further = by_link.iter().find(|(_, other)| {
            // What comes after the connection is the server's affair, and the same by any link.
            stop.stage <= JoinStage::Tcp
                && other.stop.as_ref().is_none_or(|other| other.stage > JoinStage::Tcp)
        });
        if let Some((link, _)) = further {
            // A way to join, and none to be reached: it comes after what cures.
            stop.advice.insert(
                stop.advice.len().min(1),
                format!(
                    "{host} answers on {link}, too; for the join alone: ip route add {host} dev {link}",
                    host = server.host
                ),
            );
        }
    }
}

/// What precedes all words of a join's first phase.
const PHASE: &str = "error execution phase preflight: ";
/// And those of its discovery.
const DISCOVERY: &str = "couldn't validate the identity of the API Server: ";

/// Walks through a trial as kubeadm would.
#[must_use]
pub fn judge(request: &JoinRequest, trial: &JoinTrial) -> JoinVerdict {
    let mut walk = StageWalk { request, trial, verdict: JoinVerdict::default() };
    walk.verdict.stop = walk.go().err().map(|stop| *stop);
    let asked = [Some(&trial.first), trial.inside.as_ref()].into_iter().flatten();
    for contact in asked {
        proxy::mark_undecided(&mut walk.verdict, contact);
    }
    walk.verdict
}

struct StageWalk<'a> {
    request: &'a JoinRequest,
    trial: &'a JoinTrial,
    verdict: JoinVerdict,
}

type StopResult<T> = Result<T, Box<Stop>>;

impl StageWalk<'_> {
    fn go(&mut self) -> StopResult<()> {
        let discovery_ms = self.request.discovery_s * 1000;
        let first = &self.trial.first;
        let url = format!("Get \"{}{PATH}\": ", first.server.url());
        let asking = format!("{DISCOVERY}failed to request the cluster-info ConfigMap: {url}");
        for reached in reach(first, self.trial.link.as_ref()) {
            self.pass(reached, &asking, discovery_ms)?;
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
    fn cluster_info(&mut self, asking: &str, after_ms: u64) -> StopResult<ClusterInfo> {
        let stage = JoinStage::ClusterInfo;
        let stop = |causes: &[DiagnosisCode], seen: String, advice: &str, words: String| {
            Box::new(Stop {
                stage,
                causes: causes.to_vec(),
                because: vec![seen],
                advice: vec![advice.to_owned()],
                after_ms,
                words,
            })
        };
        let plain = format!("{PHASE}{DISCOVERY}failed to request the cluster-info ConfigMap: ");
        let failed = match self.trial.cluster_info.as_ref() {
            Some(QueryOutcome::Answer(answer)) if answer.status == 200 => {
                if let Some(info) = ClusterInfo::parse(&answer.body) {
                    let ids: Vec<_> = info.token_ids().collect();
                    self.note(stage, Some(true), format!("signed for {}", token_list(&ids)));
                    return Ok(info);
                }
                stop(
                    &[code::ANOTHER_SERVER_ANSWERS],
                    "the answer is no ConfigMap".to_owned(),
                    "see what answers there: curl -k https://HOST:PORT/version",
                    format!("{plain}couldn't get version/kind; json parse error"),
                )
            }
            Some(QueryOutcome::Answer(answer)) => {
                let refusal = ApiRefusal::of(answer, "configmaps", "cluster-info");
                stop(
                    refused(answer.status, refusal.is_by_api_server),
                    format!("the server answers {}: {}", answer.status, refusal.words),
                    if refusal.is_by_api_server {
                        "on the control plane: kubeadm init phase bootstrap-token makes \
                         cluster-info"
                    } else {
                        "see what answers there: curl -k https://HOST:PORT/version"
                    },
                    format!("{plain}{}", refusal.words),
                )
            }
            Some(QueryOutcome::Silent { ms }) => stop(
                &[code::SERVER_OVERLOADED, code::PATH_MTU_HOLE],
                format!("no answer in {}, kubeadm allows 10 s", seconds(*ms)),
                PATIENT,
                format!("{PHASE}{asking}context deadline exceeded"),
            ),
            Some(QueryOutcome::Bad(why)) => stop(
                &[code::ANOTHER_SERVER_ANSWERS],
                format!("the answer makes no sense: {why}"),
                "see what answers there: curl -k https://HOST:PORT/version",
                format!("{PHASE}{asking}EOF"),
            ),
            Some(QueryOutcome::NotAsked) | None => stop(
                &[code::CONNECTION_CUT],
                "the connection did not last".to_owned(),
                "try again",
                format!("{PHASE}{asking}EOF"),
            ),
        };
        self.note(stage, Some(false), failed.because.join("; "));
        Err(failed)
    }

    fn note_signed(&mut self) {
        let seen = "the token's secret half made it".to_owned();
        self.note(JoinStage::Signature, Some(true), seen);
    }

    /// The signature, what is signed, and the pins.
    fn trusted(
        &mut self,
        distrust: Option<&ClusterInfoError>,
        info: &ClusterInfo,
        after_ms: u64,
    ) -> StopResult<()> {
        let Some(distrust) = distrust else {
            self.note_signed();
            if let DiscoveryMethod::Token { pins, .. } = &self.request.discovery {
                let (is_passed, seen) = if pins.is_empty() {
                    (None, "no pin was given: who knows the token is believed".to_owned())
                } else {
                    (Some(true), "a CA in it is pinned".to_owned())
                };
                self.note(JoinStage::Pin, is_passed, seen);
            }
            return Ok(());
        };
        let new_line = "on the control plane: kubeadm token create --print-join-command";
        let (stage, causes, after_ms, because, advice): (_, &[DiagnosisCode], _, _, _) =
            match distrust {
                ClusterInfoError::NoSignature { id } => {
                    let ids: Vec<_> = info.token_ids().collect();
                    let because = format!(
                        "cluster-info is signed for {}, not for {id}: it has run out, is of another \
                     cluster, or was made seconds ago",
                        token_list(&ids)
                    );
                    let causes: &[DiagnosisCode] = if ids.is_empty() {
                        // Nobody signs: then it is not this token alone.
                        &[
                            code::JOIN_TOKEN_UNKNOWN,
                            code::STILL_STARTING,
                            code::BOOTSTRAP_SIGNER_NOT_RUNNING,
                        ]
                    } else {
                        &[code::JOIN_TOKEN_UNKNOWN, code::STILL_STARTING]
                    };
                    (JoinStage::Signature, causes, after_ms, because, new_line)
                }
                ClusterInfoError::Signature => (
                    JoinStage::Signature,
                    &[code::JOIN_TOKEN_SECRET_WRONG],
                    0,
                    "the token's second half is not the one that signed cluster-info".to_owned(),
                    new_line,
                ),
                ClusterInfoError::NoKubeconfig | ClusterInfoError::Kubeconfig(_) => (
                    JoinStage::Signature,
                    &[code::BOOTSTRAP_SIGNER_NOT_RUNNING],
                    0,
                    distrust.to_string(),
                    "on the control plane: kubeadm init phase bootstrap-token",
                ),
                ClusterInfoError::Pin { found } => (
                    JoinStage::Pin,
                    &[code::CA_PIN_OF_ANOTHER_CLUSTER],
                    0,
                    format!("the cluster's CA is {found}: after a new init the old line is void"),
                    new_line,
                ),
            };
        if stage == JoinStage::Pin {
            self.note_signed();
        }
        self.note(stage, Some(false), because.clone());
        Err(Box::new(Stop {
            stage,
            causes: causes.to_vec(),
            because: vec![because],
            advice: vec![advice.to_owned()],
            after_ms,
            words: format!("{PHASE}{DISCOVERY}{distrust}"),
        }))
    }

    /// The server that everything after the discovery is asked of.
    fn inside(&mut self, cluster: &Kubeconfig) -> StopResult<()> {
        let first = &self.trial.first;
        // A file's own server stays in use, whatever cluster-info says.
        let is_file = matches!(self.request.discovery, DiscoveryMethod::File(_));
        let is_same = is_file || cluster.server == first.server;
        let asking = token_reads::asking(&cluster.server);
        if is_same {
            let at = JoinStage::InsideCertificate;
            let seen = "it is the server of the line".to_owned();
            self.note(JoinStage::Inside, Some(true), seen);
            return self.certificate(first, &cluster.cas, at, &asking, 400);
        }
        let Some(inside) = &self.trial.inside else { return Ok(()) };
        for reached in reach(inside, self.trial.link.as_ref()) {
            if let Err(mut stop) = reached {
                let server = cluster.server.authority();
                stop.because.insert(0, format!(
                    "cluster-info names {server}, and all that follows is asked there, whatever \
                     the line says"
                ));
                let after_ms = token_reads::reads_give_up_ms(inside);
                // Between this host and that server is its own proxy: that cures it, and no move.
                if stop.stage != JoinStage::Proxy {
                    stop.causes = vec![code::CLUSTER_INFO_NAMES_UNREACHABLE_SERVER];
                    stop.advice.insert(0, repair_advice(&first.server));
                }
                self.note(JoinStage::Inside, Some(false), stop.because.join("; "));
                return Err(Box::new(Stop {
                    stage: JoinStage::Inside,
                    after_ms,
                    words: format!("{PHASE}{asking}{}", stop.words),
                    ..*stop
                }));
            }
        }
        self.note(JoinStage::Inside, Some(true), format!("{} answers", cluster.server.authority()));
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
    ) -> StopResult<()> {
        let Some(TlsOutcome::Chain { leaf, others }) = &contact.tls else { return Ok(()) };
        let host = &contact.server.host;
        match leaf.verify(host, others, cas, self.trial.now_s) {
            Ok(()) => {
                self.note(stage, Some(true), format!("valid for {host}"));
                Ok(())
            }
            Err(refused) => {
                let mut stop = certificate(&refused, leaf, self.trial, &contact.server);
                if refused == CertificateRefusal::Authority && contact.by_proxy().is_some() {
                    // Or the proxy looks into TLS, with a certificate of its own.
                    stop.causes.insert(0, proxy::CAUSE);
                    stop.advice.insert(0, proxy::no_proxy_advice(host));
                }
                self.note(stage, Some(false), stop.because.join("; "));
                let words = format!(
                    "{PHASE}{asking}tls: failed to verify certificate: {}",
                    refused.words()
                );
                Err(Box::new(Stop { stage, after_ms, words, ..stop }))
            }
        }
    }

    fn pass(
        &mut self,
        reached: Result<StageResult, Box<Stop>>,
        asking: &str,
        after_ms: u64,
    ) -> StopResult<()> {
        match reached {
            Ok(step) => {
                self.verdict.steps.push(step);
                Ok(())
            }
            Err(stop) => {
                self.note(stop.stage, Some(false), stop.because.join("; "));
                let words = format!("{PHASE}{asking}{}", stop.words);
                Err(Box::new(Stop { after_ms, words, ..*stop }))
            }
        }
    }

    fn note(&mut self, stage: JoinStage, is_passed: Option<bool>, seen: String) {
        self.verdict.steps.push(StageResult { stage, is_passed, seen });
    }
}
