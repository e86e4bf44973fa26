//! Versions of Kubernetes, and the configuration API of each kubeadm.

use std::fmt;
use std::str::FromStr;

use pontoon_model::net::TextParseError;

/// Source of the rules.
pub const SOURCE: &str = "kubernetes/kubernetes v1.36.2, cmd/kubeadm/app/util/version.go";

/// An explicit version such as `v1.36.2`. kubeadm looks up others (`stable-1`) on the internet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KubernetesVersion {
    /// The version as kubeadm writes it, with `v`.
    text: String,
    major: u32,
    minor: u32,
}

impl KubernetesVersion {
    /// The configuration API to write for this kubeadm; `None` for versions that are not supported.
    #[must_use]
    pub const fn config_api(&self) -> Option<ConfigApi> {
        match (self.major, self.minor) {
            (1, 22..=30) => Some(ConfigApi::V1Beta3),
            (1, 31..) => Some(ConfigApi::V1Beta4),
            _ => None,
        }
    }
}

impl fmt::Display for KubernetesVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl FromStr for KubernetesVersion {
    type Err = TextParseError;

    /// `kubeReleaseRegex`: three numbers, with or without `v`, and an optional suffix.
    fn from_str(text: &str) -> Result<Self, TextParseError> {
        let wrong = || TextParseError::new(text, "a version of Kubernetes such as v1.36.2");
        let bare = text.strip_prefix('v').unwrap_or(text);
        let mut parts = bare.splitn(3, '.');
        let mut number = || {
            let part = parts.next()?;
            // Versions have no leading zeros (semver.org, section 2).
            let is_plain = part == "0" || !part.starts_with('0');
            (is_plain && part.bytes().all(|byte| byte.is_ascii_digit()))
                .then(|| part.parse().ok())?
        };
        let (major, minor) = (number().ok_or_else(wrong)?, number().ok_or_else(wrong)?);
        let rest = parts.next().ok_or_else(wrong)?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.+".contains(&byte);
        if digits == 0 || !rest.bytes().all(is_word) || bare.len() > 127 {
            return Err(wrong());
        }
        Ok(Self { text: format!("v{bare}"), major, minor })
    }
}

/// A version of kubeadm's configuration API (`kubeadm.k8s.io/…`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ConfigApi {
    /// The API of 1.22 to 1.30; later versions read it with a warning.
    V1Beta3,
    /// The API of 1.31 and later.
    V1Beta4,
}

impl fmt::Display for ConfigApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1Beta3 => "kubeadm.k8s.io/v1beta3",
            Self::V1Beta4 => "kubeadm.k8s.io/v1beta4",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_as_it_is_written() {
        let long = |letters: usize| format!("1.36.2{}", "x".repeat(letters));
        for text in ["v1.36.2", "1.36.2", "1.36.2-rc.1+k3s1", &long(121)] {
            let version: KubernetesVersion = text.parse().unwrap();
            assert_eq!(version.to_string().parse(), Ok(version), "{text}");
        }
        for wrong in ["1.36", "v01.36.2", "1.+36.2", "1.36.x", "1.36.2 ", &long(122)] {
            assert!(wrong.parse::<KubernetesVersion>().is_err(), "{wrong}");
        }
    }
}
