//! Shared code of the tests of the whole program.

pub mod checkout;
pub mod generated;
pub mod program;
pub mod ssh_lab;
