//! Ansible's inventories in both formats ("How to build your inventory", docs.ansible.com).

mod group;
mod ini;
mod yaml;

pub(super) use ini::read as ini;
pub(super) use yaml::read as yaml;
