//! The line that `kubeadm init` prints, as people paste it.
//!
//! Around it may stand the rest of what was printed, a prompt, `sudo`; the text may have lost its
//! line ends or got typographic dashes and quotes on its way through a chat. What stays unclear is
//! refused, not guessed.

mod command_split;

use pontoon_diagnosis::evidence::JoiningHostEvidence;
use pontoon_model::untrusted::Untrusted;
use pontoon_predict::kubeadm::endpoint::{HostPort, parse_join_endpoint};

use crate::bootstrap_token::{BootstrapToken, BootstrapTokenError};
use crate::public_key_pin::PublicKeyPinError;
use crate::request::JoinFlags;
use crate::secret::SecretText;

/// More is no line, whatever was pasted around it.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;
/// Pins of one join.
const PINS_MAX: usize = 32;

/// A text holds no join that can be rehearsed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum JoinLineError {
    /// It is too long.
    #[error("the text is longer than {TEXT_BYTES_MAX} bytes")]
    TooLong,
    /// `kubeadm join` does not stand in it.
    #[error("there is no `kubeadm join` in this text")]
    None,
    /// It is another program's.
    #[error("this is {0}'s way to join, which is not rehearsed: kubeadm's is")]
    Other(&'static str),
    /// Several joins, which lead to different clusters.
    #[error("there are several joins in this text, and they differ: leave one")]
    Several,
    /// A quote is not closed.
    #[error("a quote is not closed: the line was cut off")]
    Quote,
    /// The server makes no sense, in kubeadm's words.
    #[error("{0}")]
    Endpoint(String),
    /// What stands in its place is longer than one can be.
    #[error("no server has a name as long as what stands in its place")]
    LongEndpoint,
    /// Two servers are named.
    #[error("a second argument stands after the server: `{0}`")]
    Argument(Untrusted),
    /// The token makes no sense.
    #[error(transparent)]
    Token(#[from] BootstrapTokenError),
    /// A pin makes no sense.
    #[error(transparent)]
    Pin(#[from] PublicKeyPinError),
    /// There are too many pins.
    #[error("there are more than {PINS_MAX} pins")]
    Pins,
    /// The key of the certificates makes no sense.
    #[error("--certificate-key is not 64 hexadecimal digits")]
    CertificateKey,
    /// A flag has no value: the line was cut off.
    #[error("--{0} has no value: the line was cut off")]
    Value(&'static str),
    /// kubeadm has no such flag.
    #[error("kubeadm join knows no flag `{0}`")]
    Flag(Untrusted),
}

/// Flags of `kubeadm join` (k/k cmd/kubeadm/app/cmd/join.go) that take a value and do not bear on
/// the network.
const OTHER_VALUES: [&str; 7] = [
    "cri-socket",
    "ignore-preflight-errors",
    "patches",
    "skip-phases",
    "apiserver-advertise-address",
    "apiserver-bind-port",
    "rootfs",
];

/// Reads what was pasted.
///
/// # Errors
///
/// [`JoinLineError`]. No secret stands in it.
pub fn parse(text: &str) -> Result<JoinFlags, JoinLineError> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(JoinLineError::TooLong);
    }
    let mut joins: Vec<JoinFlags> = Vec::new();
    for command in command_split::commands(text)? {
        let told = arguments(&command)?;
        if !joins.contains(&told) {
            joins.push(told);
        }
    }
    match joins.len() {
        0 => {
            Err(command_split::other_program(text)
                .map_or(JoinLineError::None, JoinLineError::Other))
        }
        1 => joins.pop().ok_or(JoinLineError::None),
        _ => one_of(joins),
    }
}

/// `kubeadm init` prints one for control planes and one for workers: the latter is meant.
fn one_of(joins: Vec<JoinFlags>) -> Result<JoinFlags, JoinLineError> {
    let same = |one: &JoinFlags, two: &JoinFlags| {
        one.endpoint == two.endpoint && one.token == two.token && one.pins == two.pins
    };
    let is_one_cluster = joins.windows(2).all(|two| same(&two[0], &two[1]));
    let mut workers = joins.into_iter().filter(|told| !told.is_control_plane);
    match (is_one_cluster, workers.next(), workers.next()) {
        (true, Some(mut worker), None) => {
            worker.notes.push(JoiningHostEvidence::WorkerLineTaken.into());
            Ok(worker)
        }
        _ => Err(JoinLineError::Several),
    }
}

/// Reads the words after `kubeadm join`.
///
/// # Errors
///
/// [`JoinLineError`].
pub fn arguments(words: &[String]) -> Result<JoinFlags, JoinLineError> {
    let mut told = JoinFlags::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let Some(flag) = flag(word) else {
            if told.endpoint.is_some() {
                return Err(JoinLineError::Argument(Untrusted::new(word)));
            }
            told.endpoint = Some(server(word)?);
            continue;
        };
        let (name, own) = match flag.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (flag, None),
        };
        let mut value = |name: &'static str| {
            let next = || words.next().filter(|next| self::flag(next).is_none()).cloned();
            own.clone()
                .or_else(next)
                .filter(|value| !value.is_empty())
                .ok_or(JoinLineError::Value(name))
        };
        match name {
            "token" | "discovery-token" => {
                told.token = Some(BootstrapToken::parse(&value("token")?)?);
            }
            "tls-bootstrap-token" => {
                told.tls_bootstrap_token =
                    Some(BootstrapToken::parse(&value("tls-bootstrap-token")?)?);
            }
            "discovery-token-ca-cert-hash" => {
                for pin in value("discovery-token-ca-cert-hash")?.split(',') {
                    told.pins.push(pin.trim().parse()?);
                }
                if told.pins.len() > PINS_MAX {
                    return Err(JoinLineError::Pins);
                }
            }
            "discovery-token-unsafe-skip-ca-verification" => told.is_unpinned = is_true(own),
            "discovery-file" => told.discovery_file = Some(value("discovery-file")?.into()),
            "config" => told.config = Some(value("config")?.into()),
            "control-plane" | "experimental-control-plane" => told.is_control_plane = is_true(own),
            "certificate-key" => {
                let key = value("certificate-key")?;
                let is_key = key.len() == 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit());
                told.certificate_key = Some(
                    is_key.then(|| SecretText::new(&key)).ok_or(JoinLineError::CertificateKey)?,
                );
            }
            "node-name" => told.node_name = Some(value("node-name")?),
            "v" => drop(value("v")?),
            "dry-run" | "help" => {}
            other => match OTHER_VALUES.iter().find(|known| **known == other) {
                Some(known) => drop(value(known)?),
                None => return Err(JoinLineError::Flag(Untrusted::new(name))),
            },
        }
    }
    Ok(told)
}

/// The name of a flag, with its value if that stands in one word with it; `None` for other words.
fn flag(word: &str) -> Option<&str> {
    word.strip_prefix("--").or_else(|| word.strip_prefix('-')).filter(|name| !name.is_empty())
}

/// `--flag`, `--flag=true`, `--flag=1`.
fn is_true(own: Option<String>) -> bool {
    own.is_none_or(|value| matches!(value.as_str(), "true" | "1" | "t" | "T" | "TRUE" | "True"))
}

/// A name of 253 bytes (RFC 1035, section 3.1, as text), and a port.
const SERVER_BYTES_MAX: usize = 253 + ":65535".len();

/// The server of a join.
pub(crate) fn server(text: &str) -> Result<HostPort, JoinLineError> {
    if text.len() > SERVER_BYTES_MAX {
        return Err(JoinLineError::LongEndpoint);
    }
    parse_join_endpoint(text).map_err(JoinLineError::Endpoint)
}

#[cfg(test)]
mod tests;
