//! Ethernet frames: making our probes, reading whatever comes.

pub mod write;
pub mod read;

#[cfg(test)]
mod tests;
