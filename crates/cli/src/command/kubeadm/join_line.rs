//! The line that `kubeadm init` printed, as a configuration.

use std::path::Path;

use pontoon_join::join_line::{self, TEXT_BYTES_MAX};
use pontoon_join::request::{DiscoveryMethod, JoinRequest};
use pontoon_join::secret::SecretText;
use pontoon_predict::kubeadm::version::ConfigApi;
use pontoon_settings::manifests::kubeadm_join;
use pontoon_settings::node_settings::NodeSettings;

use crate::command::text_input;
use crate::failure::{ClusterFailure, CommandFailure};

/// Reads it; `-` is standard input.
pub(super) fn read_join_line(path: &Path) -> Result<JoinRequest, CommandFailure> {
    let text = text_input::read(path, TEXT_BYTES_MAX)?;
    let told = join_line::parse(&text).map_err(|source| ClusterFailure::Line { source })?;
    Ok(told.complete(None).map_err(|source| ClusterFailure::Incomplete { source })?)
}

/// The configuration, with the token in it.
pub(super) fn configuration(settings: &NodeSettings, api: ConfigApi, line: &JoinRequest) -> String {
    let DiscoveryMethod::Token { endpoint, token, pins } = &line.discovery else {
        return String::new();
    };
    let token = token.whole();
    let pins: Vec<String> = pins.iter().map(ToString::to_string).collect();
    let discovery = kubeadm_join::JoinDiscovery {
        endpoint,
        token: token.expose(),
        pins: &pins,
        certificate_key: line.certificate_key.as_ref().map(SecretText::expose),
        is_control_plane: line.is_control_plane,
    };
    kubeadm_join::configuration(settings, api, &discovery)
}
