//! Hosts that are copies of one another: an SD card or disk that was written twice.
//!
//! Namespaces and containers of one machine share its files by right. They share its kernel, too,
//! and its boot id tells: what runs on one kernel accuses nobody.

use std::collections::BTreeMap;

use super::row::RuleMatch;
use pontoon_model::finding::Level;
use pontoon_model::host::HostName;
use pontoon_model::snapshot::{MachineIdentity, Snapshot};

use super::rule_context::RuleContext;

/// The test that tells two machines from two namespaces of one.
const DECIDES: &str =
    "cat /proc/sys/kernel/random/boot_id on both: two machines never have the same";

/// One `/etc/machine-id` on two machines.
pub(super) fn duplicate_machine_id(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let twins = twins(case, |host| host.identity.machine_id.iter().map(|id| id.raw().to_owned()));
    let proven = twins.into_iter().map(|twins| {
        let ClonedHosts { a, b, .. } = twins;
        let because = vec![format!("/etc/machine-id of {a} and of {b} are the same"), twins.told()];
        let advice = [
            format!(
                "on {b}: sudo rm -f /etc/machine-id /var/lib/dbus/machine-id && sudo \
                 systemd-machine-id-setup && sudo reboot"
            ),
            format!("if {b} is a node already: kubectl drain {b} first"),
            "before the next card is copied: sudo truncate -s 0 /etc/machine-id on the original"
                .to_owned(),
        ];
        twins.proven(because).advise(advice)
    });
    proven.collect()
}

/// Two machines with the same host name. The kubelet converts the name to lower case.
pub(super) fn duplicate_host_name(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let named = |host: &Snapshot| {
        // What could not be read is called `localhost` in a snapshot.
        let is_known = !host.unread.iter().any(|unread| unread.what == "host name");
        is_known.then(|| host.host_name.as_str().to_ascii_lowercase())
    };
    let proven = twins(case, named).into_iter().map(|twins| {
        let ClonedHosts { a, b, ref common, .. } = twins;
        let because = vec![
            format!("{a} and {b} both call themselves {common}"),
            "kubeadm makes that the name of the Node: the second is refused while the first is \
             ready, and takes its place otherwise"
                .to_owned(),
            twins.told(),
        ];
        let advice = [
            format!(
                "on {b}: sudo hostnamectl set-hostname NAME, and the same name in /etc/hosts \
                 behind 127.0.1.1"
            ),
            format!("or leave the name and join {b} with kubeadm join --node-name NAME"),
        ];
        twins.proven(because).advise(advice)
    });
    proven.collect()
}

/// One UUID in the firmware of two machines.
pub(super) fn duplicate_product_uuid(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let uuid = |host: &Snapshot| {
        let own = host.identity.product_uuid.as_ref().map(|uuid| uuid.raw().to_ascii_lowercase());
        own.filter(|uuid| !MachineIdentity::is_placeholder(uuid))
    };
    let proven = twins(case, uuid).into_iter().map(|twins| {
        let ClonedHosts { a, b, .. } = twins;
        let because = vec![
            format!("/sys/class/dmi/id/product_uuid of {a} and of {b} are the same"),
            "kubeadm asks for another on every node".to_owned(),
            twins.told(),
        ];
        let advice = [
            format!(
                "virtual machines: give {b} another UUID (VirtualBox: VBoxManage modifyvm NAME \
                 --hardware-uuid; libvirt: virsh edit, <uuid>), or clone with new identities"
            ),
            "boards: the maker's firmware tool sets it; kubelet itself works without".to_owned(),
        ];
        twins.proven(because).advise(advice)
    });
    proven.collect()
}

/// One SSH host key on two machines.
pub(super) fn duplicate_ssh_host_key(case: &RuleContext<'_>) -> Vec<RuleMatch> {
    let keys = |host: &Snapshot| {
        let keys = host.identity.ssh_host_keys.iter();
        keys.map(|key| key.raw().to_owned()).collect::<Vec<_>>()
    };
    let mut pairs: BTreeMap<_, (ClonedHosts<'_>, usize)> = BTreeMap::new();
    for twins in twins(case, keys) {
        // A card carries several keys; the first stands for all.
        pairs.entry((twins.a, twins.b)).or_insert((twins, 0)).1 += 1;
    }
    let proven = pairs.into_values().map(|(twins, count)| {
        let ClonedHosts { a, b, ref common, .. } = twins;
        let more = if count > 1 { format!(" and {} more", count - 1) } else { String::new() };
        let because = vec![
            format!("{a} and {b} have the same SSH host key ({}{more})", shown(common)),
            "whoever has one of the two can pass for the other".to_owned(),
            twins.told(),
        ];
        let advice = [
            format!(
                "on {b}: sudo rm /etc/ssh/ssh_host_*_key* && sudo ssh-keygen -A && sudo \
                 systemctl restart ssh"
            ),
            format!("where {b} is known already: ssh-keygen -R {b}"),
        ];
        twins.proven(because).advise(advice)
    });
    proven.collect()
}

/// A fingerprint of another host, safe to print.
fn shown(text: &str) -> pontoon_model::untrusted::Untrusted {
    pontoon_model::untrusted::Untrusted::new(text)
}

/// Two hosts that share an identifier and are not known to run on one kernel.
struct ClonedHosts<'a> {
    a: &'a HostName,
    b: &'a HostName,
    common: String,
    /// Whether the boot ids show that these are two machines.
    are_two: bool,
}

impl ClonedHosts<'_> {
    fn told(&self) -> String {
        if self.are_two {
            "their boot ids differ: these are two machines, not two namespaces of one".to_owned()
        } else {
            "their boot ids are not both known: they may be two namespaces of one machine"
                .to_owned()
        }
    }

    fn proven(&self, because: Vec<String>) -> RuleMatch {
        let scope = super::duplicate::symmetric_scope(self.a, self.b);
        let level = if self.are_two { Level::Confirmed } else { Level::Possible };
        RuleMatch::new(scope, level, because).or_decide(DECIDES)
    }
}

/// All pairs of hosts that have one of these in common.
fn twins<'a, I: IntoIterator<Item = String>>(
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
