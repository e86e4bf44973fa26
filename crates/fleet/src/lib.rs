//! Many hosts at once: how they are named in one word.
//!
//! [`hostlist`] reads `pi[1-5]` and writes it.

pub mod hostlist;
