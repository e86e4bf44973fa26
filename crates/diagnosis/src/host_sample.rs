//! A few host names for many.

use std::fmt;

use pontoon_model::host::HostName;
use schemars::JsonSchema;
use serde::Serialize;

/// The first names of a list of hosts, and how many were left out: in a large network each of many
/// diagnoses would name all hosts otherwise.
#[derive(Clone, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
pub struct HostSample {
    /// The hosts that are named.
    pub names: Vec<HostName>,
    /// The number of hosts that are not.
    pub more: usize,
}

impl HostSample {
    /// All of these hosts where there are at most `max`, otherwise the first `few` of them.
    #[must_use]
    pub fn of(hosts: impl ExactSizeIterator<Item = HostName>, max: usize, few: usize) -> Self {
        let all = hosts.len();
        let named = if all > max { few } else { all };
        Self { names: hosts.take(named).collect(), more: all - named }
    }
}

/// "pi1, pi2 and 7 more".
impl fmt::Display for HostSample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.names.iter().map(HostName::as_str).collect();
        f.write_str(&names.join(", "))?;
        match self.more {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_hosts_are_counted() {
        let hosts = |count: usize| (1..=count).map(|n| HostName::lossy(&format!("pi{n}")));
        for (count, shown) in [
            (1, "pi1"),
            (3, "pi1, pi2, pi3"),
            (4, "pi1, pi2 and 2 more"),
            (9, "pi1, pi2 and 7 more"),
        ] {
            let all: Vec<_> = hosts(count).collect();
            assert_eq!(HostSample::of(all.into_iter(), 3, 2).to_string(), shown);
        }
    }
}
