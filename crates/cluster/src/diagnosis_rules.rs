//! Which causes follow from what was seen.
//!
//! The rules go from the ground up: API server, nodes, packet sizes, network plug-in, forwarding,
//! Services, DNS. Each takes the failed tries that its cause explains, so that what is left for a
//! later rule, or for nobody, is what was not explained yet.

mod api_server;
mod cluster_dns;
mod forwarding;
mod network_plugin;
mod node_address;
mod cidr_overlap;
mod packet_size;
mod readiness;
mod unexplained;
mod kube_proxy;

use std::collections::BTreeSet;
use std::fmt;

use pontoon_causes::cause::{Cause, cause};
use pontoon_causes::symptom::explain;
use pontoon_causes::symptom::placeholder::{PlaceholderKind, PlaceholderValues};
use pontoon_model::code::DiagnosisCode;
use schemars::JsonSchema;
use serde::Serialize;

use crate::cluster_facts::ClusterFacts;
use crate::connectivity_test::{ConnectivityTarget, ConnectivityTest};
use crate::objects::{ClusterNode, ClusterObjects};

/// How sure a cause is.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    /// What was seen is the cause itself.
    Certain,
    /// Nothing else that is known fits what was seen.
    Likely,
    /// One of several.
    Undecided,
    /// It does no harm to the cluster itself, or not yet.
    Warning,
}

/// Something that is wrong.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Accusation {
    /// Its cause; several where it is undecided, none where nothing that is known explains it.
    pub causes: Vec<DiagnosisCode>,
    /// How sure that is.
    pub certainty: Certainty,
    /// The nodes it is about.
    pub nodes: BTreeSet<String>,
    /// What was seen.
    pub seen: Vec<String>,
    /// What to do here; empty: the cause's own advice says it.
    pub advice: Vec<String>,
    /// What fills the holes of the causes' words.
    #[serde(skip)]
    #[schemars(skip)]
    pub held: PlaceholderValues,
}

impl Accusation {
    /// A cause at some nodes.
    fn new<'a>(
        code: DiagnosisCode,
        certainty: Certainty,
        nodes: impl IntoIterator<Item = &'a ClusterNode>,
    ) -> Self {
        Self { causes: vec![code], certainty, ..Self::unexplained(nodes) }
    }

    /// Something that no known cause explains, at some nodes.
    fn unexplained<'a>(nodes: impl IntoIterator<Item = &'a ClusterNode>) -> Self {
        Self {
            causes: Vec::new(),
            certainty: Certainty::Undecided,
            nodes: nodes.into_iter().map(|node| node.name.clone()).collect(),
            seen: Vec::new(),
            advice: Vec::new(),
            held: PlaceholderValues::default(),
        }
    }

    fn about(mut self, hole: PlaceholderKind, value: &dyn fmt::Display) -> Self {
        self.held = self.held.with(hole, value);
        self
    }

    fn seen(mut self, what: impl Into<String>) -> Self {
        self.seen.push(what.into());
        self
    }

    fn advise(mut self, what: impl Into<String>) -> Self {
        self.advice.push(what.into());
        self
    }

    /// Its causes in the table.
    pub fn rows(&self) -> impl Iterator<Item = &'static Cause> {
        self.causes.iter().filter_map(|code| cause(*code))
    }
}

/// Judges a cluster: what is wrong, the ground first.
#[must_use]
pub fn diagnose_cluster(facts: &ClusterFacts) -> Vec<Accusation> {
    let mut case = ClusterRuleContext::of(facts);
    let rules: [fn(&mut ClusterRuleContext<'_>); 12] = [
        api_server::server,
        node_address::addresses,
        cidr_overlap::networks,
        api_server::endpoint,
        packet_size::between_nodes,
        readiness::runtimes,
        readiness::nodes,
        node_address::kubelet_port,
        network_plugin::flannel,
        forwarding::of_nodes,
        cluster_dns::servers,
        kube_proxy::proxies,
    ];
    for rule in rules {
        rule(&mut case);
    }
    unexplained::unexplained(&mut case);
    case.accusations
}

/// A judgement in the making.
struct ClusterRuleContext<'a> {
    facts: &'a ClusterFacts,
    objects: &'a ClusterObjects,
    /// Failed tries that nothing explains yet.
    unexplained_tests: Vec<&'a ConnectivityTest>,
    accusations: Vec<Accusation>,
}

impl<'a> ClusterRuleContext<'a> {
    fn of(facts: &'a ClusterFacts) -> Self {
        static NONE: ClusterObjects = ClusterObjects::NONE;
        Self {
            facts,
            objects: facts.objects().unwrap_or(&NONE),
            unexplained_tests: facts
                .connectivity_tests
                .iter()
                .filter(|tried| tried.outcome.fails())
                .collect(),
            accusations: Vec::new(),
        }
    }

    /// Accuses, and takes the tries that this explains; the first of each kind are its evidence.
    fn report_problem(
        &mut self,
        mut accusation: Accusation,
        explains: impl Fn(&ConnectivityTest) -> bool,
    ) {
        /// More examples prove no more.
        const EXAMPLES: usize = 3;
        let (explained, open): (Vec<_>, Vec<_>) =
            self.unexplained_tests.iter().copied().partition(|tried| explains(tried));
        self.unexplained_tests = open;
        let examples = explained.iter().take(EXAMPLES).map(|tried| shown(tried));
        accusation.seen.extend(examples);
        if explained.len() > EXAMPLES {
            let more = explained.len() - EXAMPLES;
            accusation.seen.push(format!("and {more} more tries that failed because of it"));
        }
        self.accusations.push(accusation);
    }

    /// Whether a cause was found at a node.
    fn has_cause(&self, code: DiagnosisCode, node: &str) -> bool {
        self.accusations
            .iter()
            .any(|accusation| accusation.nodes.contains(node) && accusation.causes.contains(&code))
    }

    /// The open tries from a node or its pod.
    fn unexplained_tests_from<'b>(
        &'b self,
        node: &'b str,
        is_pod: bool,
    ) -> impl Iterator<Item = &'a ConnectivityTest> + 'b {
        let is_its = move |tried: &&&ConnectivityTest| {
            tried.from.node == node && tried.from.is_pod == is_pod
        };
        self.unexplained_tests.iter().filter(is_its).copied()
    }

    /// Whether a try was made and works.
    fn works(
        &self,
        node: &str,
        is_pod: bool,
        is_meant: impl Fn(&ConnectivityTarget) -> bool,
    ) -> bool {
        self.facts.tests_from(node, is_pod, is_meant).any(|tried| tried.outcome.works())
    }

    /// Whether a try was made and fails.
    fn fails(
        &self,
        node: &str,
        is_pod: bool,
        is_meant: impl Fn(&ConnectivityTarget) -> bool,
    ) -> bool {
        self.facts.tests_from(node, is_pod, is_meant).any(|tried| tried.outcome.fails())
    }

    /// What the texts about a node prove, as causes; the proof that leaves the fewest.
    fn causes_from_texts(
        &self,
        node: &str,
        about: impl Fn(&str) -> bool,
    ) -> Option<(Vec<DiagnosisCode>, String)> {
        let texts = self.facts.texts.iter().filter(|text| text.node == node && about(&text.source));
        let told = texts.filter_map(|text| {
            let explanation = explain(text.text.as_bytes());
            let proven = explanation.proven.first()?;
            let causes: Vec<DiagnosisCode> =
                proven.possible_causes().map(|cause| cause.code).collect();
            let what = format!("{}: {}", text.source, proven.what);
            (!causes.is_empty()).then_some((causes, what))
        });
        told.min_by_key(|(causes, _)| causes.len())
    }
}

/// A try in a line.
fn shown(tried: &ConnectivityTest) -> String {
    format!("{} to {}: {}", tried.from, tried.to, tried.outcome)
}

/// Whether a try needs pods of other nodes: it goes to one, or to a Service before several.
fn crosses_nodes(tried: &ConnectivityTest) -> bool {
    match &tried.to {
        ConnectivityTarget::Service { .. } | ConnectivityTarget::Dns { pod_on: None, .. } => true,
        ConnectivityTarget::Pod { node, .. }
        | ConnectivityTarget::Dns { pod_on: Some(node), .. } => *node != tried.from.node,
        _ => false,
    }
}

/// Whether a try begins or ends at one of these nodes.
fn touches(tried: &ConnectivityTest, nodes: &BTreeSet<String>) -> bool {
    let to = match &tried.to {
        ConnectivityTarget::Kubelet { node, .. }
        | ConnectivityTarget::KubeletByApi { node }
        | ConnectivityTarget::Sizes { node, .. }
        | ConnectivityTarget::Pod { node, .. }
        | ConnectivityTarget::Dns { pod_on: Some(node), .. } => Some(node),
        ConnectivityTarget::Api { .. }
        | ConnectivityTarget::Service { .. }
        | ConnectivityTarget::Dns { pod_on: None, .. } => None,
    };
    nodes.contains(&tried.from.node) || to.is_some_and(|node| nodes.contains(node))
}

#[cfg(test)]
mod tests;
