//! What distinguishes this machine from others: machine-id(5), the firmware, sshd(8), the kernel.

use std::path::Path;

use data_encoding::BASE64_NOPAD;
use pontoon_model::snapshot::MachineIdentity;
use pontoon_model::untrusted::Untrusted;
use ring::digest::{SHA256, digest};
use ring::hmac;

use super::files;
use crate::run_key::to_hex;

/// 32 digits or a UUID, and a line end.
const ID_BYTES: u64 = 64;
/// An RSA key of 16 384 bits takes 2 800 letters.
const KEY_BYTES: u64 = 8 * 1024;
/// The kinds of keys that sshd(8) makes by itself, and the one it made once.
const KEY_KINDS: [&str; 4] = ["dsa", "ecdsa", "ed25519", "rsa"];
/// Under which machine ids are hashed. Never to change: records are compared across versions.
const APPLICATION: &[u8] = b"pontoon machine id";

/// Reads what may be read; what may not, or is not there, is left out: a Raspberry Pi has no
/// firmware UUID, and elsewhere only root may read it.
pub(super) fn read(root: &Path) -> MachineIdentity {
    let read = |path: &str, limit| files::read(root, path, limit).ok().filter(|text| !text.is_cut);
    let id = |path: &str| read(path, ID_BYTES).map(|text| text.text.trim().to_ascii_lowercase());
    let uuid = |path: &str| id(path).filter(|id| is_uuid(id)).map(|id| Untrusted::new(&id));
    let keys = KEY_KINDS.iter().filter_map(|kind| {
        let text = read(&format!("etc/ssh/ssh_host_{kind}_key.pub"), KEY_BYTES)?;
        fingerprint(&text.text).map(|print| Untrusted::new(&print))
    });
    MachineIdentity {
        machine_id: id("etc/machine-id").and_then(|id| hashed(&id)),
        product_uuid: uuid("sys/class/dmi/id/product_uuid"),
        ssh_host_keys: keys.collect(),
        boot_id: uuid("proc/sys/kernel/random/boot_id"),
    }
}

/// machine-id(5): "hashed with a cryptographic, keyed hash function, using a fixed,
/// application-specific key". As `sd_id128_get_machine_app_specific(3)`, the id is the key.
fn hashed(id: &str) -> Option<Untrusted> {
    let is_id = id.len() == 32 && id.bytes().all(|digit| digit.is_ascii_hexdigit());
    // All zeros, like `uninitialized`, is no id yet.
    if !is_id || id.bytes().all(|digit| digit == b'0') {
        return None;
    }
    let key = hmac::Key::new(hmac::HMAC_SHA256, id.as_bytes());
    let tag = hmac::sign(&key, APPLICATION);
    Some(Untrusted::new(&to_hex(&tag.as_ref()[..16])))
}

fn is_uuid(id: &str) -> bool {
    id.len() == 36
        && id.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// `SHA256:` and the hash of the key as `ssh-keygen -l` prints it: base64 (RFC 4648) without `=`.
/// The second word of the line is the key (sshd(8), `AUTHORIZED_KEYS` FILE FORMAT).
fn fingerprint(line: &str) -> Option<String> {
    let encoded = line.split_ascii_whitespace().nth(1)?.trim_end_matches('=');
    let key = BASE64_NOPAD.decode(encoded.as_bytes()).ok().filter(|key| !key.is_empty())?;
    Some(format!("SHA256:{}", BASE64_NOPAD.encode(digest(&SHA256, &key).as_ref())))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A key of `ssh-keygen -t ed25519`, and what `ssh-keygen -lf` says of it.
    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIniatb3oDzb3dUwK7Btt0zrCDr+UwnQoZ2t3iIny+4y root@pi1";
    const PRINT: &str = "SHA256:juWYZr1e6gbd31RzAoIrkFJSeQR5Ey9tCOCNX7DTc3o";

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        root
    }

    #[test]
    fn fingerprints_are_those_of_ssh_keygen() {
        assert_eq!(fingerprint(KEY).as_deref(), Some(PRINT));
        for line in ["", "ssh-ed25519", "ssh-ed25519 ====", "ssh-ed25519 A*B root@pi1"] {
            assert_eq!(fingerprint(line), None, "{line:?}");
        }
    }

    #[test]
    fn a_machine_id_is_told_as_a_hash_that_two_copies_share() {
        let id = "0123456789abcdef0123456789abcdef";
        let hash = |text: &str| read(tree(&[("etc/machine-id", text)]).path()).machine_id;
        let own = hash(&format!("{id}\n")).unwrap();
        assert!(!own.raw().contains(&id[..8]), "{own}");
        assert_eq!(hash(&id.to_ascii_uppercase()).as_ref(), Some(&own));
        assert_ne!(hash("1123456789abcdef0123456789abcdef"), Some(own));
        let zeros = "0".repeat(32);
        for none in ["", "uninitialized\n", "0123", zeros.as_str()] {
            assert_eq!(hash(none), None, "{none:?}");
        }
    }

    #[test]
    fn what_is_no_uuid_is_not_taken_for_one() {
        let uuid = |text: &str| {
            let root = tree(&[("sys/class/dmi/id/product_uuid", text)]);
            read(root.path()).product_uuid.map(|uuid| uuid.raw().to_owned())
        };
        let good = "4c4c4544-0042-3510-8052-b3c04f4b4e32";
        assert_eq!(uuid("4C4C4544-0042-3510-8052-B3C04F4B4E32\n").as_deref(), Some(good));
        for none in ["", "Not Settable", "4c4c4544\u{1b}0042", &good.repeat(100)] {
            assert_eq!(uuid(none), None, "{none:?}");
        }
        assert!(read(tree(&[]).path()).is_empty());
    }

    proptest! {
        #[test]
        fn every_key_has_a_fingerprint(bytes in prop::collection::vec(any::<u8>(), 1..80)) {
            let print = fingerprint(&format!("ssh-rsa {}", data_encoding::BASE64.encode(&bytes)));
            // 32 bytes are 43 letters of base64.
            prop_assert_eq!(print.map(|print| print.len()), Some("SHA256:".len() + 43));
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in ".{0,80}") {
            let _ = fingerprint(&text);
        }
    }
}
