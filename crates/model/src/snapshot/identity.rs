//! What distinguishes one machine from another.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::untrusted::Untrusted;

/// Identifiers of a machine. Two machines share none of them unless one is a copy of the other.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct MachineIdentity {
    /// A keyed hash of `/etc/machine-id`: machine-id(5) says that the id itself must not leave the
    /// machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine_id: Option<Untrusted>,
    /// The firmware's UUID (`/sys/class/dmi/id/product_uuid`), in lower case. Only root can read
    /// it; a Raspberry Pi has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_uuid: Option<Untrusted>,
    /// Fingerprints of the SSH server's public keys, as `ssh-keygen -lf` prints them: `SHA256:…`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ssh_host_keys: Vec<Untrusted>,
    /// `/proc/sys/kernel/random/boot_id`, a new random UUID at each boot
    /// (Documentation/admin-guide/sysctl/kernel.rst).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot_id: Option<Untrusted>,
}

/// UUIDs that are the same on many machines: sample values of AMI's firmware, and defaults of tools
/// that never set it.
const PLACEHOLDERS: &[&str] = &[
    "03000200-0400-0500-0006-000700080009",
    "03020100-0504-0706-0809-0a0b0c0d0e0f",
    "00010203-0405-0607-0809-0a0b0c0d0e0f",
    "00020003-0004-0005-0006-000700080009",
    "12345678-1234-5678-90ab-cddeefaabbcc",
    "deadbeef-dead-beef-dead-beefdeadbeef",
];

impl MachineIdentity {
    /// Whether none of the identifiers could be read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether two hosts run on one kernel, as containers and network namespaces of one machine do.
    /// Such hosts share identifiers legitimately. `None`: not known.
    #[must_use]
    pub fn is_same_kernel(&self, other: &Self) -> Option<bool> {
        Some(self.boot_id.as_ref()? == other.boot_id.as_ref()?)
    }

    /// Whether a product UUID identifies no machine: all digits are equal (SMBIOS, 7.2.1: all 0
    /// means not present, all F not set), or it is a vendor's sample value.
    #[must_use]
    pub fn is_placeholder(uuid: &str) -> bool {
        let mut digits = uuid.chars().filter(|letter| *letter != '-');
        let first = digits.next();
        // An empty text has no digit that differs, and identifies nothing either.
        digits.all(|digit| Some(digit) == first)
            || PLACEHOLDERS.iter().any(|known| uuid.eq_ignore_ascii_case(known))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_and_their_lookalikes() {
        for (uuid, is_placeholder) in [
            ("00000000-0000-0000-0000-000000000000", true),
            ("ffffffff-ffff-ffff-ffff-ffffffffffff", true),
            ("03000200-0400-0500-0006-000700080009", true),
            ("03020100-0504-0706-0809-0A0B0C0D0E0F", true),
            ("", true),
            ("03000200-0400-0500-0006-000700080008", false),
            ("4c4c4544-0042-3510-8052-b3c04f4b4e32", false),
        ] {
            assert_eq!(MachineIdentity::is_placeholder(uuid), is_placeholder, "{uuid}");
        }
    }
}
