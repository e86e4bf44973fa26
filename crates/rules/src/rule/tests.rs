//! Rules against made-up facts: where each holds, and what looks like it and is not.

mod addressing;
pub(crate) mod fixture;
mod duplicate;
mod evidence;
mod forwarding;
mod identity;
mod host_links;
mod lying_agents;
mod masks;
mod merged_records;
mod pairs;
mod ports;
mod properties;
mod selection;
mod services;
mod table;
mod uniformity;
