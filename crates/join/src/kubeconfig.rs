//! Kubeconfigs of one cluster: the one inside cluster-info, and the file of `--discovery-file`.

use data_encoding::BASE64;
use pontoon_model::untrusted::Untrusted;
use pontoon_predict::kubeadm::endpoint::{HostPort, parse_host_port};
use pontoon_wire::yaml::{self, YamlNode};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

/// CAs of one cluster: a rotation has two.
const CAS_MAX: usize = 16;

/// A cluster: where it is and whom to trust.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Kubeconfig {
    /// The API server.
    pub server: HostPort,
    /// Its CAs in DER.
    pub cas: Vec<Vec<u8>>,
}

/// A kubeconfig cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum KubeconfigError {
    /// It is no YAML.
    #[error("it is no YAML: {0}")]
    Yaml(#[from] yaml::YamlError),
    /// The current context leads to no cluster (kubernetes/kubernetes,
    /// cmd/kubeadm/app/util/kubeconfig).
    #[error("no matching cluster for the current context: {0}")]
    Cluster(Untrusted),
    /// There is no server.
    #[error("its cluster names no server that is an https address: {0}")]
    Server(Untrusted),
    /// There is no CA.
    #[error("it holds no CA (certificate-authority-data)")]
    Ca,
}

/// Reads a kubeconfig as `GetClusterFromKubeConfig` does: the cluster of the current context, or
/// the only one without a name.
///
/// # Errors
///
/// [`KubeconfigError`].
pub fn parse(text: &str) -> Result<Kubeconfig, KubeconfigError> {
    let root = yaml::read(text)?;
    let context = root.get("current-context").and_then(YamlNode::text).unwrap_or_default();
    let wanted = if context.is_empty() {
        ""
    } else {
        named(&root, "contexts", context)
            .and_then(|entry| entry.get("context")?.get("cluster")?.text())
            .ok_or_else(|| KubeconfigError::Cluster(Untrusted::new(context)))?
    };
    let cluster = named(&root, "clusters", wanted)
        .and_then(|entry| entry.get("cluster"))
        .ok_or_else(|| KubeconfigError::Cluster(Untrusted::new(context)))?;
    let server = cluster.get("server").and_then(YamlNode::text).unwrap_or_default();
    let no_server = || KubeconfigError::Server(Untrusted::new(server));
    let authority = server.strip_prefix("https://").ok_or_else(no_server)?.trim_end_matches('/');
    let mut endpoint = parse_host_port(authority).map_err(|_| no_server())?;
    // A URL without a port is that of https.
    endpoint.port.get_or_insert(443);
    let data =
        cluster.get("certificate-authority-data").and_then(YamlNode::text).unwrap_or_default();
    let pem = BASE64.decode(data.trim().as_bytes()).map_err(|_| KubeconfigError::Ca)?;
    let cas: Vec<Vec<u8>> = CertificateDer::pem_slice_iter(&pem)
        .take(CAS_MAX)
        .filter_map(|ca| Some(ca.ok()?.to_vec()))
        .collect();
    if cas.is_empty() { Err(KubeconfigError::Ca) } else { Ok(Kubeconfig { server: endpoint, cas }) }
}

/// The entry of a list that has that name.
fn named<'a>(root: &'a YamlNode, list: &str, name: &str) -> Option<&'a YamlNode> {
    let entries = root.get(list)?.items();
    entries
        .iter()
        .find(|entry| entry.get("name").and_then(YamlNode::text).unwrap_or_default() == name)
}
