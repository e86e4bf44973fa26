//! Rules against made-up facts: where each holds, and what looks like it and is not.

mod addressing;
pub(crate) mod bench;
mod doubled;
mod forwarding;
mod identity;
mod legs;
mod masks;
mod merged_records;
mod pairs;
mod ports;
mod properties;
mod selection;
mod services;
mod table;
mod uniformity;
mod words;
