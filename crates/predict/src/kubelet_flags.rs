//! Flags of kubelet from the two environment files of its systemd unit.

use pontoon_model::untrusted::Untrusted;

use pontoon_model::node_files::KubeletFlags;

/// The variable in `/var/lib/kubelet/kubeadm-flags.env`.
pub const KUBEADM_ARGS: &str = "KUBELET_KUBEADM_ARGS";
/// The variable in `/etc/default/kubelet` (Debian) and `/etc/sysconfig/kubelet`.
pub const EXTRA_ARGS: &str = "KUBELET_EXTRA_ARGS";

/// Parses the value of a variable into flags, each as `--name=value` or bare.
///
/// `ReadKubeletDynamicEnvFile` (kubernetes/kubernetes, `cmd/kubeadm/app/phases/kubelet/flags.go`):
/// a flag and its value may be separate words. `None`: there is no such variable. The last
/// assignment counts (systemd.exec(5), `EnvironmentFile=`).
#[must_use]
pub fn arguments(text: &str, variable: &str) -> Option<Vec<String>> {
    // From the end, as the last assignment counts.
    let value = text.lines().rev().find_map(|line| {
        let value = line.trim().strip_prefix(variable)?.strip_prefix('=')?.trim();
        let quoted = ['"', '\'']
            .into_iter()
            .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
        Some(quoted.unwrap_or(value))
    })?;
    let mut arguments: Vec<String> = Vec::new();
    for word in value.split_ascii_whitespace() {
        match arguments.last_mut() {
            Some(flag) if !word.starts_with('-') && is_waiting(flag) => {
                flag.push('=');
                flag.push_str(word);
            }
            _ => arguments.push(word.to_owned()),
        }
    }
    Some(arguments)
}

/// Whether a flag has no value, so that the next word may be it.
fn is_waiting(flag: &str) -> bool {
    flag.starts_with('-') && !flag.contains('=')
}

/// The effective flags: `extra` follows `kubeadm` on the command line, so it takes precedence.
#[must_use]
pub fn effective_flags(kubeadm: Option<&str>, extra: Option<&str>) -> KubeletFlags {
    let words = |text: Option<&str>, variable| {
        text.and_then(|text| arguments(text, variable)).unwrap_or_default()
    };
    let mut all = words(kubeadm, KUBEADM_ARGS);
    all.extend(words(extra, EXTRA_ARGS));
    let last = |name: &str| {
        all.iter().rev().find_map(|word| {
            let (flag, value) = word.split_once('=')?;
            (flag.trim_start_matches('-') == name).then(|| Untrusted::new(value))
        })
    };
    KubeletFlags {
        node_ip: last("node-ip"),
        hostname_override: last("hostname-override"),
        cloud_provider: last("cloud-provider"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_the_user_wins_over_kubeadms() {
        let kubeadm = "KUBELET_KUBEADM_ARGS=\"--node-ip=10.0.0.11 --hostname-override pi1\"\n";
        let table = [
            ("", Some("10.0.0.11"), Some("pi1")),
            ("KUBELET_EXTRA_ARGS=\n", Some("10.0.0.11"), Some("pi1")),
            ("KUBELET_EXTRA_ARGS=--node-ip=10.0.0.12\n", Some("10.0.0.12"), Some("pi1")),
            ("#KUBELET_EXTRA_ARGS=--node-ip=10.0.0.12\n", Some("10.0.0.11"), Some("pi1")),
            (
                "KUBELET_EXTRA_ARGS=--node-ip=10.0.0.12\nKUBELET_EXTRA_ARGS='--v 2'\n",
                Some("10.0.0.11"),
                Some("pi1"),
            ),
            ("KUBELET_EXTRA_ARGSX=--node-ip=10.0.0.12\n", Some("10.0.0.11"), Some("pi1")),
        ];
        for (extra, node_ip, name) in table {
            let flags = effective_flags(Some(kubeadm), Some(extra));
            assert_eq!(flags.node_ip.as_ref().map(Untrusted::raw), node_ip, "{extra}");
            assert_eq!(flags.hostname_override.as_ref().map(Untrusted::raw), name, "{extra}");
        }
    }
}
