//! What to write into the configuration of each component, with the evidence for every value.
//!
//! Pure. [`prediction`] compares what each component would take by itself with who reaches it,
//! [`settings`] decides the values, or says what would decide them, and [`emitted`] writes the
//! files and command lines.

pub mod prediction;
pub mod settings;
pub mod emitted;
