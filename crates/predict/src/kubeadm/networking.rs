//! Pod and Service CIDRs: what kubeadm accepts, and the addresses it derives from them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use pontoon_model::net::{IpFamily, Prefix};
use pontoon_model::untrusted::Untrusted;

/// Source of the rules.
pub const SOURCE: &str = "kubernetes/kubernetes v1.36.2, \
                          cmd/kubeadm/app/apis/kubeadm/validation/validation.go and \
                          constants/constants.go";

/// Smallest number of addresses in a Service CIDR (`MinimumAddressesInServiceSubnet`).
pub const SERVICE_ADDRESSES_MIN: u64 = 10;
/// Largest number of host bits in a Service CIDR (`MaximumBitsForServiceSubnet`).
const SERVICE_BITS_MAX: u8 = 20;
/// Largest difference between the node mask and the pod CIDR's length: 2 to its power is the number
/// of nodes (`PodSubnetNodeMaskMaxDiff`).
const NODE_BITS_MAX: u8 = 16;

/// Parses a comma-separated list of CIDRs and clears their host bits.
///
/// # Errors
///
/// The first part that is not a CIDR.
pub fn parse_subnets(text: &str) -> Result<Vec<Prefix>, String> {
    text.split(',')
        .map(|part| {
            let parsed = part.parse::<Prefix>().map(Prefix::network);
            parsed.map_err(|_| format!("invalid CIDR address: {}", Untrusted::new(part)))
        })
        .collect()
}

/// `ValidateIPNetFromString`: each CIDR has at least `addresses_min` addresses, and two CIDRs are
/// of different families.
///
/// # Errors
///
/// The message of kubeadm.
pub fn validate_subnets(text: &str, addresses_min: u64) -> Result<Vec<Prefix>, String> {
    let subnets = parse_subnets(text)
        .map_err(|why| format!("couldn't parse subnet, or subnet is not in CIDR format: {why}"))?;
    match subnets[..] {
        [_] => {}
        [first, second] if first.family() != second.family() => {}
        [_, _] => {
            return Err("expected one (IPv4 or IPv6) CIDR or two CIDRs from each family for \
                              dual-stack networking"
                .to_owned());
        }
        _ => {
            return Err("expected one (IPv4 or IPv6) CIDR or two CIDRs from each family for \
                         dual-stack networking: more than two"
                .to_owned());
        }
    }
    for subnet in &subnets {
        // A shift by 64 or more overflows: such a network is large enough.
        let count = 1_u64.checked_shl(u32::from(host_bits(*subnet))).unwrap_or(u64::MAX);
        if count < addresses_min {
            return Err(format!(
                "subnet {subnet} with {count} address(es) is too small, the minimum is \
                 {addresses_min}"
            ));
        }
    }
    Ok(subnets)
}

/// `ValidateServiceSubnetSize`: no Service CIDR is too large.
///
/// # Errors
///
/// The message of kubeadm.
pub fn validate_service_subnets(text: &str) -> Result<Vec<Prefix>, String> {
    let subnets = parse_subnets(text)?;
    for subnet in &subnets {
        if host_bits(*subnet) > SERVICE_BITS_MAX {
            let bits = address_bits(subnet.family());
            return Err(format!(
                "specified service subnet is too large; for {bits}-bit addresses, the mask must be \
                 >= {}",
                bits - SERVICE_BITS_MAX
            ));
        }
    }
    Ok(subnets)
}

/// `ValidatePodSubnetNodeMask`: each pod CIDR is larger than the share of a node, by at most 16
/// bits. `mask` returns the prefix length of that share ([`node_mask`]).
///
/// # Errors
///
/// The message of kubeadm.
pub fn validate_pod_subnets(
    text: &str,
    mask: impl Fn(IpFamily) -> Result<u8, String>,
) -> Result<Vec<Prefix>, String> {
    let subnets = parse_subnets(text)?;
    for subnet in &subnets {
        let share = mask(subnet.family())?;
        if subnet.length > share {
            return Err(format!(
                "pod subnet size ({}) must be smaller than the node subnet size ({share})",
                subnet.length
            ));
        }
        // kube-controller-manager tracks node networks in a bitmap of that size.
        if share - subnet.length > NODE_BITS_MAX {
            return Err(format!(
                "pod subnet mask ({}) and node-mask ({share}) difference is greater than \
                 {NODE_BITS_MAX}",
                subnet.length
            ));
        }
    }
    Ok(subnets)
}

/// `getClusterNodeMask`: prefix length of a node's share of the pod CIDR. `argument` looks up extra
/// arguments of kube-controller-manager.
///
/// # Errors
///
/// If the argument is not a number.
pub fn node_mask<'a>(
    argument: impl Fn(&str) -> Option<&'a str>,
    family: IpFamily,
) -> Result<u8, String> {
    let (of_family, usual) = match family {
        IpFamily::V4 => ("node-cidr-mask-size-ipv4", 24),
        IpFamily::V6 => ("node-cidr-mask-size-ipv6", 64),
    };
    argument(of_family).map_or(Ok(usual), |text| {
        text.parse().map_err(|_| format!("could not parse the value \"{}\"", Untrusted::new(text)))
    })
}

/// The first Service CIDR of a list, if the whole list is valid (`GetKubernetesServiceCIDR`).
#[must_use]
pub fn first_subnet(text: &str) -> Option<Prefix> {
    parse_subnets(text).ok()?.first().copied()
}

/// The cluster IP of the API server: the first address of the Service CIDR
/// (`GetAPIServerVirtualIP`).
#[must_use]
pub fn api_server_address(services: Prefix) -> IpAddr {
    nth(services, 1)
}

/// The cluster IP of DNS: the tenth address of the Service CIDR (`GetDNSIP`).
#[must_use]
pub fn dns_address(services: Prefix) -> IpAddr {
    nth(services, 10)
}

/// The address with this index in a network (`GetIndexedIP` of k8s.io/utils/net).
fn nth(subnet: Prefix, index: u8) -> IpAddr {
    match subnet.network().address {
        IpAddr::V4(v4) => Ipv4Addr::from_bits(v4.to_bits().wrapping_add(index.into())).into(),
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits().wrapping_add(index.into())).into(),
    }
}

const fn address_bits(family: IpFamily) -> u8 {
    match family {
        IpFamily::V4 => 32,
        IpFamily::V6 => 128,
    }
}

const fn host_bits(subnet: Prefix) -> u8 {
    address_bits(subnet.family()).saturating_sub(subnet.length)
}
