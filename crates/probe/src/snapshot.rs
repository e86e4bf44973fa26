//! A snapshot of this host: read once, from netlink and files, without sending anything.
//!
//! Nothing here fails as a whole. What could not be read is named in [`Snapshot::unread`].

pub(crate) mod files;
pub(crate) mod links;
mod radio;
mod routes;
mod netfilter;
mod identity;
mod resolver_files;
mod kubernetes_files;
mod process;
mod clock;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use pontoon_model::host::HostName;
use pontoon_model::snapshot::{
    ClockState, CollectionGap, IpForwarding, LinkSysctls, NetfilterSnapshot, Snapshot,
    WifiAssociation,
};
use pontoon_model::untrusted::Untrusted;
use pontoon_netlink::route::link_names;
use pontoon_netlink::{KernelSocket, NetlinkKernel};

pub use files::FileError;

/// `/proc/net/wireless`, `/etc/hostname`, the lists of table names: a few lines each.
const SMALL_FILE_BYTES: u64 = 16 * 1024;

/// The table of own addresses, `RT_TABLE_LOCAL` (`linux/rtnetlink.h`).
const LOCAL_TABLE: u32 = 255;
/// Routes that the kernel made itself, `RTPROT_KERNEL` (`linux/rtnetlink.h`).
const BY_KERNEL: u8 = 2;
/// `IFA_F_OPTIMISTIC`, `IFA_F_DEPRECATED`, `IFA_F_TENTATIVE` (`linux/if_addr.h`).
const PASSING_FLAGS: u32 = 0x04 | 0x20 | 0x40;

/// Where a snapshot comes from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SnapshotSources {
    /// Where the files are. At `/` the running kernel is asked as well; below another root there
    /// are files only, and links, routes and rules are reported as not read.
    pub root: PathBuf,
    /// The time, in seconds since 1970.
    pub now_unix_s: i64,
    /// The environment, of which the proxy variables are used.
    pub environment: BTreeMap<String, String>,
}

impl SnapshotSources {
    /// This host, with the environment as `std::env::vars_os` gives it.
    #[must_use]
    pub fn live(
        now_unix_s: i64,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Self {
        let text = |word: OsString| word.to_string_lossy().into_owned();
        let environment = environment.into_iter().map(|(n, v)| (text(n), text(v))).collect();
        Self { root: PathBuf::from("/"), now_unix_s, environment }
    }

    fn asks_kernel(&self) -> bool {
        self.root == Path::new("/")
    }
}

/// Takes a snapshot. Reads only; as an unprivileged user without the packet filter rules.
///
/// Netlink answers for the network namespace of the calling thread, `/proc/net` for that of the
/// process's first thread: call it where the two are the same.
#[must_use]
pub fn take(sources: &SnapshotSources) -> Snapshot {
    let root = sources.root.as_path();
    let mut unread = Vec::new();
    let host_name = host_name(sources, &mut unread);
    let mut snapshot = Snapshot {
        identity: identity::read(root),
        links: Vec::new(),
        routes: Vec::new(),
        rules: Vec::new(),
        neighbours: Vec::new(),
        forwarding: IpForwarding {
            ipv4: switch(root, "proc/sys/net/ipv4/ip_forward"),
            ipv6: switch(root, "proc/sys/net/ipv6/conf/all/forwarding"),
        },
        all_links: all_links(root),
        resolver: resolver_files::read_resolver(root, &mut unread),
        hosts_file: resolver_files::read_hosts(root, &host_name, &mut unread),
        node: kubernetes_files::read(root, &mut unread),
        clock: ClockState { unix_s: sources.now_unix_s, ..ClockState::default() },
        netfilter: NetfilterSnapshot {
            legacy_tables: legacy_tables(root, &mut unread),
            ..NetfilterSnapshot::default()
        },
        proxies: proxies(sources),
        privileges: process::read_privileges(root, &mut unread),
        unread,
        host_name,
    };
    if sources.asks_kernel() {
        ask_kernel(&KernelSocket, root, &mut snapshot);
    } else {
        snapshot.unread.push(CollectionGap {
            what: "links, addresses, routes, rules, neighbours, packet filter, clock".to_owned(),
            why: "only a file tree was read, not a running kernel".to_owned(),
        });
    }
    snapshot
}

/// The proxies that the environment names, without passwords: [`Snapshot::proxies`] alone.
#[must_use]
pub fn proxies(sources: &SnapshotSources) -> BTreeMap<String, Untrusted> {
    process::proxies(&sources.environment)
}

fn ask_kernel(kernel: &dyn NetlinkKernel, root: &Path, snapshot: &mut Snapshot) {
    let unread = &mut snapshot.unread;
    snapshot.links = links::read(kernel, &wireless(root), unread);
    radio::read(kernel, &mut snapshot.links, unread);
    let names = link_names(&snapshot.links);
    snapshot.routes = routes::read_routes(kernel, &names, unread);
    snapshot.rules = routes::read_rules(kernel, unread);
    snapshot.neighbours = routes::read_neighbours(kernel, &names, unread);
    let legacy = std::mem::take(&mut snapshot.netfilter.legacy_tables);
    snapshot.netfilter = netfilter::read(kernel, legacy, unread);
    // In a user namespace capabilities may not hold in this network namespace: only a try shows.
    let privileges = &mut snapshot.privileges;
    privileges.net_admin &= snapshot.netfilter.is_readable;
    privileges.net_raw = privileges.net_raw && process::may_open_packet_socket();
    match clock::is_synchronised() {
        Ok(is_synchronised) => snapshot.clock.is_synchronised = Some(is_synchronised),
        Err(error) => unread.push(self::unread("clock state", &error)),
    }
}

/// The part of a snapshot that only an administrator, or a DHCP client, changes: without what
/// the kernel does by itself as time goes by.
///
/// Two snapshots around a run must agree in it. Neighbour caches, the time and what could not be
/// read are left out; so are, of radios, all but power save, for a station roams; and of addresses,
/// how much of their life is left and how far duplicate address detection (RFC 4862) has come,
/// with the routes that the kernel adds when it is done.
#[must_use]
pub fn configuration(snapshot: &Snapshot) -> Snapshot {
    let mut fixed = snapshot.clone();
    fixed.neighbours.clear();
    fixed.unread.clear();
    fixed.clock = ClockState::default();
    fixed.routes.retain(|route| route.table != LOCAL_TABLE || route.protocol != BY_KERNEL);
    for radio in fixed.links.iter_mut().filter_map(|link| link.radio.as_mut()) {
        *radio = WifiAssociation { power_save: radio.power_save, ..WifiAssociation::default() };
    }
    for address in fixed.links.iter_mut().flat_map(|link| &mut link.addresses) {
        // Limited or not is configuration; how much is left is not.
        address.valid_s = address.valid_s.map(|_| 0);
        address.flags &= !PASSING_FLAGS;
    }
    fixed
}

fn host_name(sources: &SnapshotSources, unread: &mut Vec<CollectionGap>) -> HostName {
    if sources.asks_kernel() {
        return match nix::unistd::gethostname() {
            Ok(name) => HostName::lossy(&name.to_string_lossy()),
            Err(error) => {
                unread.push(self::unread("host name", &error));
                HostName::lossy("localhost")
            }
        };
    }
    match files::read(&sources.root, "etc/hostname", SMALL_FILE_BYTES) {
        Ok(name) => HostName::lossy(name.text.trim()),
        Err(error) => {
            unread.push(self::unread("host name", &error));
            HostName::lossy("localhost")
        }
    }
}

fn switch(root: &Path, path: &str) -> Option<bool> {
    files::number(root, path).map(|value| value != 0)
}

fn all_links(root: &Path) -> LinkSysctls {
    let read = |name: &str| files::number(root, &format!("proc/sys/net/ipv4/conf/all/{name}"));
    LinkSysctls {
        forwarding: read("forwarding"),
        rp_filter: read("rp_filter"),
        arp_ignore: read("arp_ignore"),
        arp_announce: read("arp_announce"),
        arp_filter: read("arp_filter"),
        accept_redirects: read("accept_redirects"),
        send_redirects: read("send_redirects"),
        proxy_arp: read("proxy_arp"),
    }
}

fn wireless(root: &Path) -> BTreeSet<String> {
    // Absent where the kernel has no wireless extensions, which is no failure: nl80211 names the
    // radios, too.
    files::read(root, "proc/net/wireless", SMALL_FILE_BYTES)
        .map(|found| links::parse_wireless(&found.text))
        .unwrap_or_default()
}

fn legacy_tables(root: &Path, unread: &mut Vec<CollectionGap>) -> Vec<Untrusted> {
    let (mut tables, mut refused) = (Vec::new(), None);
    for path in ["proc/net/ip_tables_names", "proc/net/ip6_tables_names"] {
        match files::read(root, path, SMALL_FILE_BYTES) {
            Ok(found) => tables.extend(netfilter::parse_legacy(&found.text)),
            // The module is not loaded: there are no such tables.
            Err(FileError::Missing(_)) => {}
            Err(error) => refused = Some(error),
        }
    }
    // Only root may read either file; one gap stands for both.
    unread.extend(refused.map(|error| self::unread("tables of the older iptables", &error)));
    tables.sort();
    tables.dedup();
    tables
}

/// Says why something was not read, with all causes.
fn unread(what: &str, error: &dyn Error) -> CollectionGap {
    let mut why = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !why.ends_with(&text) {
            // Writing to a String cannot fail.
            let _ = write!(why, ": {text}");
        }
        cause = error.source();
    }
    CollectionGap { what: what.to_owned(), why }
}

fn note_flaw(what: &str, flaw: Option<&'static str>, unread: &mut Vec<CollectionGap>) {
    unread.extend(flaw.map(|why| CollectionGap { what: what.to_owned(), why: why.to_owned() }));
}

#[cfg(test)]
mod tests;
