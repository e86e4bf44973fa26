//! Redacts the node files: masks link names and IPv6 addresses that are derived from MAC addresses.

use std::net::{IpAddr, Ipv6Addr};

use super::{REDACTED, RecordRedactor};
use crate::node_files::{FlannelFlags, KubeadmFiles, KubeletFlags, NodeFiles};
use crate::untrusted::Untrusted;

impl RecordRedactor<'_> {
    pub(super) fn node_files(&self, files: &NodeFiles) -> NodeFiles {
        let text = |text: &Option<String>, line: &dyn Fn(&str) -> String| {
            text.as_ref().map(|text| text.lines().map(|own| line(own) + "\n").collect::<String>())
        };
        let KubeletFlags { node_ip, hostname_override, cloud_provider } = &files.kubelet;
        // `--node-ip` is a list of addresses, of which IPv6 ones may contain a MAC address.
        let node_ip = node_ip.as_ref().map(|list| {
            let words: Vec<_> = list.raw().split(',').map(|word| self.name(word.trim())).collect();
            Untrusted::new(&words.join(","))
        });
        NodeFiles {
            proc_net_route: text(&files.proc_net_route, &|line| self.v4_route(line)),
            proc_net_ipv6_route: text(&files.proc_net_ipv6_route, &|line| self.v6_route(line)),
            name_services: files.name_services.clone(),
            looked_up: files
                .looked_up
                .as_ref()
                .map(|found| found.iter().map(|address| self.ip(*address)).collect()),
            kubelet: KubeletFlags {
                node_ip,
                hostname_override: hostname_override.as_ref().map(|name| self.untrusted_name(name)),
                cloud_provider: cloud_provider.clone(),
            },
            kubeadm: KubeadmFiles {
                is_node: files.kubeadm.is_node,
                api_server: files.kubeadm.api_server.map(|address| self.ip(address)),
                advertise_address: files.kubeadm.advertise_address.map(|address| self.ip(address)),
            },
            flannel: self.flannel(&files.flannel),
        }
    }

    fn flannel(&self, flags: &FlannelFlags) -> FlannelFlags {
        let FlannelFlags { iface, iface_regex, iface_can_reach, public_ip, public_ipv6 } = flags;
        let place = |text: &Untrusted| match text.raw().parse() {
            // `--iface` accepts link names and addresses.
            Ok(link) => Untrusted::new(self.link(&link).as_str()),
            Err(_) => self.untrusted_name(text),
        };
        let pattern = |text: &Untrusted| {
            if may_hold_a_mac(text.raw()) { Untrusted::new(REDACTED) } else { text.clone() }
        };
        FlannelFlags {
            iface: iface.iter().map(place).collect(),
            iface_regex: iface_regex.iter().map(pattern).collect(),
            iface_can_reach: iface_can_reach.as_ref().map(|target| self.untrusted_name(target)),
            public_ip: public_ip.as_ref().map(|address| self.untrusted_name(address)),
            public_ipv6: public_ipv6.as_ref().map(|address| self.untrusted_name(address)),
        }
    }

    fn v4_route(&self, line: &str) -> String {
        let mut fields: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        match fields.first().and_then(|link| self.masked_link(link)) {
            Some(link) => {
                fields[0] = link;
                fields.join("\t")
            }
            None => REDACTED.to_owned(),
        }
    }

    fn v6_route(&self, line: &str) -> String {
        let mut fields: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        // Fields 0, 2 and 4 are destination, source and next hop; field 9 is the link
        // (net/ipv6/route.c).
        for at in [0, 2, 4] {
            let masked = fields.get(at).and_then(|hex| v6_address(hex)).map(|address| {
                let IpAddr::V6(masked) = self.ip(IpAddr::V6(address)) else { return address };
                masked
            });
            let Some(masked) = masked else { return REDACTED.to_owned() };
            fields[at] = hex(masked);
        }
        match fields.get(9).and_then(|link| self.masked_link(link)) {
            Some(link) => {
                fields[9] = link;
                fields.join(" ")
            }
            None => REDACTED.to_owned(),
        }
    }

    /// Masks a link name; `*`, which is no link, stays.
    fn masked_link(&self, link: &str) -> Option<String> {
        link.parse().ok().map(|name| self.link(&name).to_string())
    }
}

/// Whether a pattern could match a link name or an IPv6 address that contains a MAC address: six
/// hexadecimal digits in a row, any such digit behind the x of `enx` and `wlx`, or `ff:fe` (RFC
/// 4291, appendix A).
fn may_hold_a_mac(pattern: &str) -> bool {
    let pattern = pattern.to_ascii_lowercase();
    let mut runs = pattern.split(|letter: char| !letter.is_ascii_hexdigit());
    let mut after_x = pattern.split('x').skip(1);
    runs.any(|run| run.len() >= 6)
        || after_x.any(|rest| rest.starts_with(|letter: char| letter.is_ascii_hexdigit()))
        || pattern.contains("ff:fe")
}

fn hex(address: Ipv6Addr) -> String {
    address.octets().iter().fold(String::new(), |text, octet| format!("{text}{octet:02x}"))
}

/// Parses an address in the form of `/proc/net/ipv6_route`: 32 hexadecimal digits.
fn v6_address(hex: &str) -> Option<Ipv6Addr> {
    let is_whole = hex.len() == 32 && hex.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_whole.then(|| u128::from_str_radix(hex, 16).ok()).flatten().map(Ipv6Addr::from)
}
