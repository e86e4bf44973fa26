//! What is wrong, how sure that is, by which evidence, and what to do: one type for every command
//! that diagnoses (`check`, `mesh`, `join-check`, `cluster check`, `explain`) and for what
//! `settings` refuses to decide.
//!
//! Rules put together data ([`evidence`]); English sentences are made of it in [`sentence`] and
//! nowhere else. Pure: no files, no sockets, no clock.

mod certainty;
mod diagnosis;
mod distinguishing_check;
pub mod evidence;
mod exit;
mod host_sample;
mod remedy;
mod scope;
pub mod sentence;

pub use certainty::{Certainty, Severity};
pub use diagnosis::Diagnosis;
pub use distinguishing_check::{CheckOutcome, CommandPlace, DistinguishingCheck};
pub use evidence::Evidence;
pub use exit::exit_of;
pub use host_sample::HostSample;
pub use remedy::Remedy;
pub use scope::DiagnosisScope;
