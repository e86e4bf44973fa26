//! The hosts that a command names, and how each is reached.

use std::collections::BTreeSet;
use std::path::Path;

use pontoon_fleet::inventory::{HostRole, Inventory, InventoryHost, load_from};
use pontoon_model::host::HostName;
use pontoon_remote::carrier::ssh::{SshLogin, SshProgram};

use crate::arguments::host_connection::ConnectionArguments;
use crate::command::hosts::inventory_file::inventory_location;
use crate::command::hosts::parse_host_lists;
use crate::failure::{CommandFailure, HostsFailure};
use crate::shell_split::split;

/// Hosts, and how to log in on each.
pub(crate) struct Fleet {
    pub(crate) ssh: SshProgram,
    pub(crate) logins: Vec<SshLogin>,
    /// The hosts that the inventory has as control planes.
    pub(crate) control_planes: BTreeSet<HostName>,
}

impl Fleet {
    /// The hosts of a command line.
    pub(crate) fn of(
        words: &[String],
        reaching: &ConnectionArguments,
    ) -> Result<Self, CommandFailure> {
        let ssh = match &reaching.ssh {
            None => SshProgram::default(),
            Some(text) => {
                let words = split(text)
                    .map_err(|source| CommandFailure::Words { text: text.clone(), source })?;
                SshProgram { words: words.into_iter().map(Into::into).collect() }
            }
        };
        let inventory = inventory(reaching.inventory.path.as_deref())?;
        let known: Vec<InventoryHost> =
            parse_host_lists(words)?.into_iter().map(|name| inventory.host(&name)).collect();
        let is_server = |host: &&InventoryHost| host.entry.role == Some(HostRole::ControlPlane);
        let servers = known.iter().filter(is_server).map(|host| host.name.clone()).collect();
        let logins = known.iter().map(|host| login(host, reaching.user.as_deref())).collect();
        Ok(Self { ssh, logins, control_planes: servers })
    }
}

fn login(host: &InventoryHost, user: Option<&str>) -> SshLogin {
    let entry = &host.entry;
    let user = user.map(ToOwned::to_owned);
    SshLogin {
        host: host.name.clone(),
        address: entry.address.as_ref().and_then(|address| address.as_str().parse().ok()),
        user: user.or_else(|| entry.user.as_ref().map(|user| user.as_str().to_owned())),
        port: entry.port.map(Into::into),
        key: entry.key.as_ref().map(|key| key.as_str().into()),
    }
}

/// The inventory; the default one is empty if its file does not exist.
fn inventory(asked: Option<&Path>) -> Result<Inventory, CommandFailure> {
    match inventory_location(asked) {
        Ok(place) => Ok(load_from(&place).map_err(|source| HostsFailure::Load { source })?),
        // Where there is no home, names alone must do.
        Err(_) => Ok(Inventory::default()),
    }
}
