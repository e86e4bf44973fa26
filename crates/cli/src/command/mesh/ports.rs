//! The lists that `--ports` names, and whose ports they mean.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use pontoon_model::host::HostName;
use pontoon_model::port::{
    CONTROL_PLANE_PORTS, PORTS_MAX, PortListError, PortPlan, PortRequirement, WORKER_PORTS, parse,
};

use crate::failure::CommandFailure;

/// A few lines of a few words.
const LIST_BYTES_MAX: u64 = 64 * 1024;

/// What all lists together ask for.
pub(super) fn plan(
    lists: &[PathBuf],
    servers: &BTreeSet<HostName>,
) -> Result<PortPlan, CommandFailure> {
    let mut needs = BTreeSet::new();
    for list in lists {
        needs.extend(read(list)?);
    }
    let plan = PortPlan { needs, servers: servers.clone() };
    if plan.wants_servers() && plan.servers.is_empty() {
        return Err(CommandFailure::NoServer);
    }
    if plan.needs.len() > PORTS_MAX {
        return Err(CommandFailure::ManyPorts { ports: plan.needs.len() });
    }
    Ok(plan)
}

fn read(list: &Path) -> Result<Vec<PortRequirement>, CommandFailure> {
    match list.to_str() {
        Some("control-plane") => return Ok(CONTROL_PLANE_PORTS.to_vec()),
        Some("worker") => return Ok(WORKER_PORTS.to_vec()),
        _ => {}
    }
    let failed = |source| CommandFailure::Read { path: list.to_owned(), source };
    let mut text = String::new();
    let file = File::open(list).map_err(failed)?;
    file.take(LIST_BYTES_MAX + 1).read_to_string(&mut text).map_err(failed)?;
    let is_whole = u64::try_from(text.len()).is_ok_and(|length| length <= LIST_BYTES_MAX);
    let needs = if is_whole { parse(&text) } else { Err(PortListError::TooMany) };
    needs.map_err(|source| CommandFailure::Ports { path: list.to_owned(), source })
}
