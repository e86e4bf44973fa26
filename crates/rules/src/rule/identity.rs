//! Hosts that are copies of one another: an SD card or disk that was written twice.
//!
//! Namespaces and containers of one machine share its files on purpose. They share its kernel, too,
//! and so its boot id: what runs on one kernel is no copy.

use std::collections::BTreeMap;

use super::row::RuleMatch;
use pontoon_diagnosis::evidence::IdentityEvidence;
use pontoon_diagnosis::{Certainty, DistinguishingCheck, Remedy};
use pontoon_model::host::HostName;
use pontoon_model::shell_command;
use pontoon_model::snapshot::{MachineIdentity, Snapshot};
use pontoon_model::untrusted::Untrusted;

use super::rule_context::RuleContext;

/// What tells two machines from two namespaces of one.
const BOOT_IDS: &str =
    "cat /proc/sys/kernel/random/boot_id on both: two machines never have the same";

/// One `/etc/machine-id` on two machines.
pub(super) fn duplicate_machine_id(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let clones = clones(case, |host| host.identity.machine_id.iter().map(|id| id.raw().to_owned()));
    let found = clones.into_iter().map(|clones| {
        let (a, b) = (clones.a.clone(), clones.b.clone());
        let new_id = "sudo rm -f /etc/machine-id /var/lib/dbus/machine-id && sudo \
                      systemd-machine-id-setup && sudo reboot";
        let remedies = [
            Remedy::on(&b, new_id),
            Remedy::command(shell_command!("kubectl drain {}", b))
                .to("do this first if it is a node already"),
            Remedy::command("sudo truncate -s 0 /etc/machine-id")
                .to("on the original, before the next card is copied"),
        ];
        clones.matched(IdentityEvidence::SameMachineId { a, b }).with_remedies(remedies)
    });
    found.collect()
}

/// Two machines with one host name. The kubelet takes it in lower case.
pub(super) fn duplicate_host_name(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let named = |host: &Snapshot| {
        // What could not be read is called `localhost` in a snapshot.
        let is_known = !host.unread.iter().any(|unread| unread.what == "host name");
        is_known.then(|| host.host_name.as_str().to_ascii_lowercase())
    };
    let found = clones(case, named).into_iter().map(|clones| {
        let (a, b) = (clones.a.clone(), clones.b.clone());
        let host_name = HostName::lossy(&clones.common);
        let remedies = [
            Remedy::on(&b, "sudo hostnamectl set-hostname NAME")
                .to("rename it, also behind 127.0.1.1 in /etc/hosts"),
            Remedy::on(&b, "kubeadm join --node-name NAME")
                .to("keep the name, but give the Node object another"),
        ];
        clones.matched(IdentityEvidence::SameHostName { a, b, host_name }).with_remedies(remedies)
    });
    found.collect()
}

/// One UUID in the firmware of two machines.
pub(super) fn duplicate_product_uuid(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let uuid = |host: &Snapshot| {
        let own = host.identity.product_uuid.as_ref().map(|uuid| uuid.raw().to_ascii_lowercase());
        own.filter(|uuid| !MachineIdentity::is_placeholder(uuid))
    };
    let found = clones(case, uuid).into_iter().map(|clones| {
        let (a, b) = (clones.a.clone(), clones.b.clone());
        let remedies = [
            Remedy::action(format!(
                "virtual machines: give {b} another UUID (VirtualBox: VBoxManage modifyvm NAME \
                 --hardware-uuid; libvirt: virsh edit, <uuid>), or clone with new identities"
            )),
            Remedy::action(
                "boards: set it with the maker's firmware tool; kubelet itself works without",
            ),
        ];
        clones.matched(IdentityEvidence::SameProductUuid { a, b }).with_remedies(remedies)
    });
    found.collect()
}

/// One SSH host key on two machines.
pub(super) fn duplicate_ssh_host_key(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let keys = |host: &Snapshot| {
        let keys = host.identity.ssh_host_keys.iter();
        keys.map(|key| key.raw().to_owned()).collect::<Vec<_>>()
    };
    let mut pairs: BTreeMap<_, (ClonedHosts<'_>, usize)> = BTreeMap::new();
    for clones in clones(case, keys) {
        // A card carries several keys; the first stands for all.
        pairs.entry((clones.a, clones.b)).or_insert((clones, 0)).1 += 1;
    }
    let found = pairs.into_values().map(|(clones, count)| {
        let (a, b) = (clones.a.clone(), clones.b.clone());
        let remedies = [
            Remedy::on(
                &b,
                "sudo rm /etc/ssh/ssh_host_*_key* && sudo ssh-keygen -A && sudo systemctl restart \
                 ssh",
            ),
            Remedy::command(shell_command!("ssh-keygen -R {}", b))
                .to("on hosts that have its old key"),
        ];
        let evidence = IdentityEvidence::SameSshHostKey {
            a,
            b,
            fingerprint: Untrusted::new(&clones.common),
            more: count.saturating_sub(1),
        };
        clones.matched(evidence).with_remedies(remedies)
    });
    found.collect()
}

/// Two hosts that share an identifier and are not known to run on one kernel.
struct ClonedHosts<'a> {
    a: &'a HostName,
    b: &'a HostName,
    common: String,
    /// Whether the boot ids differ, so that these are two machines.
    are_two: bool,
}

impl ClonedHosts<'_> {
    fn matched(&self, same: IdentityEvidence) -> RuleMatch {
        let scope = super::duplicate::symmetric_scope(self.a, self.b);
        let (certainty, boot_ids) = if self.are_two {
            (Certainty::Confirmed, IdentityEvidence::BootIdsDiffer)
        } else {
            (Certainty::Possible, IdentityEvidence::BootIdsUnknown)
        };
        RuleMatch::new(scope, certainty, [same, boot_ids])
            .distinguished_by(DistinguishingCheck::by_fact(BOOT_IDS))
    }
}

/// All pairs of hosts that have one of these in common.
fn clones<'a, I: IntoIterator<Item = String>>(
    case: &'a RuleContext<'_>,
    marks: impl Fn(&'a Snapshot) -> I,
) -> Vec<ClonedHosts<'a>> {
    let mut holders: BTreeMap<String, Vec<(&HostName, &MachineIdentity)>> = BTreeMap::new();
    for (name, host) in &case.facts.hosts {
        for mark in marks(&host.snapshot) {
            holders.entry(mark).or_default().push((name, &host.snapshot.identity));
        }
    }
    let mut found = Vec::new();
    for (common, holders) in holders {
        for (at, (a, of_a)) in holders.iter().enumerate() {
            for (b, of_b) in &holders[at + 1..] {
                let is_one_kernel = of_a.is_same_kernel(of_b);
                if a != b && is_one_kernel != Some(true) {
                    let are_two = is_one_kernel == Some(false);
                    found.push(ClonedHosts { a, b, common: common.clone(), are_two });
                }
            }
        }
    }
    found
}
