//! The line that `kubeadm init` printed, as a configuration.

use std::path::Path;

use pontoon_join::line::{self, TEXT_BYTES_MAX};
use pontoon_join::request::{Discovery, Request};
use pontoon_join::secret::Secret;
use pontoon_predict::kubeadm::version::ConfigApi;
use pontoon_settings::emitted::kubeadm_join;
use pontoon_settings::settings::Settings;

use crate::command::text;
use crate::failure::{ClusterFailure, Failure};

/// Reads it; `-` is standard input.
pub(super) fn line(path: &Path) -> Result<Request, Failure> {
    let text = text::read(path, TEXT_BYTES_MAX)?;
    let told = line::parse(&text).map_err(|source| ClusterFailure::Line { source })?;
    Ok(told.complete(None).map_err(|source| ClusterFailure::Incomplete { source })?)
}

/// The configuration, with the token in it.
pub(super) fn configuration(settings: &Settings, api: ConfigApi, line: &Request) -> String {
    let Discovery::Token { endpoint, token, pins } = &line.discovery else { return String::new() };
    let token = token.whole();
    let pins: Vec<String> = pins.iter().map(ToString::to_string).collect();
    let discovery = kubeadm_join::Discovery {
        endpoint,
        token: token.expose(),
        pins: &pins,
        certificate_key: line.certificate_key.as_ref().map(Secret::expose),
        is_control_plane: line.is_control_plane,
    };
    kubeadm_join::configuration(settings, api, &discovery)
}
