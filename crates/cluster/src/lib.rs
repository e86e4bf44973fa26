//! Looks at a cluster after the join: what it says of itself, what its nodes and pods reach of
//! each other, and which causes follow.
//!
//! What the API server says is [`objects`], what a node says of itself is [`look`], what was tried
//! from a node or a pod is [`trial`]; together they are [`facts`]. [`verdict`] is a pure function
//! of these. [`course`] says what is tried, [`edge`] tries it.

pub mod moment;
pub mod objects;
pub mod settling;
pub mod look;
pub mod joiner;
pub mod forward_chain;
pub mod trial;
pub mod course;
pub mod facts;
pub mod question;
pub mod verdict;
pub mod report;
pub mod edge;
