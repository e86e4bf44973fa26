//! A `JoinConfiguration` in a file, as `kubeadm join --config` takes it.

use pontoon_model::untrusted::Untrusted;
use pontoon_wire::yaml::{self, YamlNode, YamlValue};

use crate::bootstrap_token::BootstrapToken;
use crate::join_line::{JoinLineError, server};
use crate::request::JoinFlags;
use crate::secret::SecretText;

/// A file is no `JoinConfiguration`.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ConfigurationError {
    /// No document of it is YAML.
    #[error("it is no YAML: {0}")]
    Yaml(#[from] yaml::YamlError),
    /// None of its documents is one.
    #[error("there is no JoinConfiguration in it")]
    None,
    /// Its form is not known.
    #[error("its apiVersion `{0}` is none of kubeadm.k8s.io/v1beta3 and v1beta4")]
    Version(Untrusted),
    /// A value makes no sense.
    #[error(transparent)]
    Value(#[from] JoinLineError),
    /// A time makes no sense.
    #[error("`{0}` is no time such as 5m0s")]
    Time(Untrusted),
}

/// Documents of one file.
const DOCUMENTS_MAX: usize = 16;

/// Reads the file's join.
///
/// # Errors
///
/// [`ConfigurationError`].
pub fn parse(text: &str) -> Result<JoinFlags, ConfigurationError> {
    for document in documents(text).into_iter().take(DOCUMENTS_MAX) {
        if document.trim().is_empty() {
            continue;
        }
        let root = yaml::read(&document)?;
        if root.get("kind").and_then(YamlNode::text) == Some("JoinConfiguration") {
            return join(&root);
        }
    }
    Err(ConfigurationError::None)
}

/// The documents of a file: `---` stands alone on a line.
fn documents(text: &str) -> Vec<String> {
    let mut documents = vec![String::new()];
    for line in text.lines() {
        if line.trim_end() == "---" {
            documents.push(String::new());
        } else if let Some(last) = documents.last_mut() {
            last.push_str(line);
            last.push('\n');
        }
    }
    documents
}

fn join(root: &YamlNode) -> Result<JoinFlags, ConfigurationError> {
    let version = text(root.get("apiVersion"));
    if !matches!(version, "kubeadm.k8s.io/v1beta3" | "kubeadm.k8s.io/v1beta4") {
        return Err(ConfigurationError::Version(Untrusted::new(version)));
    }
    let mut told = JoinFlags::default();
    let discovery = root.get("discovery");
    let get = |node: Option<&'_ YamlNode>, key: &str| node.and_then(|node| node.get(key)).cloned();
    if let Some(by_token) = get(discovery, "bootstrapToken") {
        let endpoint = text(by_token.get("apiServerEndpoint"));
        if !endpoint.is_empty() {
            told.endpoint = Some(server(endpoint)?);
        }
        let token = text(by_token.get("token"));
        if !token.is_empty() {
            told.token = Some(BootstrapToken::parse(token).map_err(JoinLineError::Token)?);
        }
        for pin in by_token.get("caCertHashes").map(YamlNode::items).unwrap_or_default() {
            told.pins.push(text(Some(pin)).parse().map_err(JoinLineError::Pin)?);
        }
        told.is_unpinned = text(by_token.get("unsafeSkipCAVerification")) == "true";
    }
    if let Some(file) = get(discovery, "file") {
        let path = text(file.get("kubeConfigPath"));
        told.discovery_file = (!path.is_empty()).then(|| path.into());
    }
    let token = text(discovery.and_then(|discovery| discovery.get("tlsBootstrapToken")));
    if !token.is_empty() {
        told.tls_bootstrap_token =
            Some(BootstrapToken::parse(token).map_err(JoinLineError::Token)?);
    }
    let timeout = text(discovery.and_then(|discovery| discovery.get("timeout")));
    let timeout = match text(root.get("timeouts").and_then(|all| all.get("discovery"))) {
        "" => timeout,
        newer => newer,
    };
    if !timeout.is_empty() {
        let seconds = duration_s(timeout);
        let wrong = || ConfigurationError::Time(Untrusted::new(timeout));
        told.discovery_s = Some(seconds.ok_or_else(wrong)?);
    }
    let name = text(root.get("nodeRegistration").and_then(|node| node.get("name")));
    told.node_name = (!name.is_empty()).then(|| name.to_owned());
    if let Some(control_plane) =
        root.get("controlPlane").filter(|node| node.value != YamlValue::Null)
    {
        told.is_control_plane = true;
        let key = text(control_plane.get("certificateKey"));
        told.certificate_key = (!key.is_empty()).then(|| SecretText::new(key));
    }
    Ok(told)
}

fn text(node: Option<&YamlNode>) -> &str {
    node.and_then(YamlNode::text).unwrap_or_default()
}

/// A duration as Go writes it, in whole seconds: `5m0s`, `90s`, `1h`.
fn duration_s(text: &str) -> Option<u64> {
    let (mut sum, mut number) = (0_u64, String::new());
    for letter in text.chars() {
        if letter.is_ascii_digit() {
            number.push(letter);
            continue;
        }
        let unit = match letter {
            'h' => 3600,
            'm' => 60,
            's' => 1,
            _ => return None,
        };
        sum = sum.checked_add(number.parse::<u64>().ok()?.checked_mul(unit)?)?;
        number.clear();
    }
    (number.is_empty() && !text.is_empty()).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "sha256:7173b809ca12ec5dee4506cd86be934c4596dd234ee82c0662eac04a8c2c71dc";

    #[test]
    fn both_forms_are_read() {
        let text = format!(
            "apiVersion: kubeadm.k8s.io/v1beta4\nkind: JoinConfiguration\ndiscovery:\n  \
             bootstrapToken:\n    apiServerEndpoint: 10.0.0.1:6443\n    \
             token: abcdef.0123456789abcdef\n    caCertHashes: [\"{HASH}\"]\n\
             timeouts: {{discovery: 1m30s}}\nnodeRegistration: {{name: pi7}}\ncontrolPlane: {{}}\n"
        );
        let told = parse(&format!("kind: ClusterConfiguration\n---\n{text}")).unwrap();
        assert_eq!(told.discovery_s, Some(90));
        assert_eq!(told.node_name.as_deref(), Some("pi7"));
        assert!(told.is_control_plane && told.pins.len() == 1 && told.token.is_some());
        let older =
            text.replace("v1beta4", "v1beta3").replace("timeouts: {discovery: 1m30s}\n", "");
        assert_eq!(parse(&older).unwrap().discovery_s, None);
    }

    #[test]
    fn what_is_none_is_said_without_the_token() {
        let table = [
            ("", "there is no JoinConfiguration"),
            ("kind: InitConfiguration\n", "there is no JoinConfiguration"),
            ("a: [", "no YAML"),
            ("kind: JoinConfiguration\napiVersion: kubeadm.k8s.io/v1beta2\n", "apiVersion"),
            (
                "kind: JoinConfiguration\napiVersion: kubeadm.k8s.io/v1beta4\n\
                 timeouts: {discovery: soon}\n",
                "no time",
            ),
            (
                "kind: JoinConfiguration\napiVersion: kubeadm.k8s.io/v1beta4\n\
                 discovery: {bootstrapToken: {token: abcdef.0123456789abcdeX}}\n",
                "the token is not",
            ),
        ];
        for (text, expected) in table {
            let error = parse(text).expect_err(text).to_string();
            assert!(error.contains(expected) && !error.contains("0123456789"), "{text}: {error}");
        }
    }
}
