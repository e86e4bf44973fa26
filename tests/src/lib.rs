//! What the tests of the whole program share.

pub mod checkout;
pub mod generated;
pub mod program;
pub mod ssh_lab;
