//! Derives causes from error text: why a cluster does not work. Pure, without input or output.
//!
//! [`cause`] is the table of causes, described by facts; [`symptom`] reads pasted logs and messages
//! and determines which causes remain possible.

pub mod cause;
pub mod symptom;
