//! Looks at a cluster after the join: what it says of itself, what its nodes and pods reach of
//! each other, and which causes follow.
//!
//! What the API server says is [`objects`], what a node says of itself is [`node_state`], what was
//! tried from a node or a pod is [`connectivity_test`]; together they are [`cluster_facts`].
//! [`diagnosis_rules`] is a pure function of these. [`test_matrix`] says what is tried and
//! [`cluster_check_flow`] when; [`edge`] tries it.

pub mod timestamp;
pub mod objects;
pub mod startup;
pub mod node_state;
pub mod forward_chain;
pub mod connectivity_test;
pub mod test_matrix;
pub mod probe_authorization;
pub mod cluster_facts;
pub mod node_protocol;
pub mod cluster_progress;
pub mod cluster_check_flow;
pub mod diagnosis_rules;
pub mod cluster_report;
pub mod edge;
#[cfg(test)]
mod tests;
