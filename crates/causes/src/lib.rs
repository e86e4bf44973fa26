//! Derives causes from error text: why a cluster does not work. Pure, without input or output.
//!
//! Pure. [`placeholder`] reads typed values from text; [`cause`] is the table of causes, by what
//! they are and not by what their texts say; [`symptom`] reads pasted logs and messages, and says
//! which causes remain.

pub mod placeholder;
pub mod cause;
pub mod symptom;
