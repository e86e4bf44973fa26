//! Words and causes that several stages share.

use pontoon_model::code::{self, DiagnosisCode};
use pontoon_model::untrusted::Untrusted;
use pontoon_predict::kubeadm::endpoint::HostPort;

use crate::certificate::CertificateRefusal;

/// What it means that cluster-info was not given.
pub(super) const fn refused(status: u16, is_by_api_server: bool) -> &'static [DiagnosisCode] {
    match status {
        401 if is_by_api_server => &[code::CREDENTIALS_NOT_ACCEPTED],
        403 if is_by_api_server => &[code::RIGHTS_MISSING],
        404 if is_by_api_server => {
            &[code::BOOTSTRAP_SIGNER_NOT_RUNNING, code::ANOTHER_SERVER_ANSWERS]
        }
        429 | 500..=599 => &[code::SERVER_OVERLOADED, code::STILL_STARTING],
        _ => &[code::ANOTHER_SERVER_ANSWERS],
    }
}

/// What to do where an answer did not come in time.
pub(super) const PATIENT: &str =
    "--patient waits as long as kubeadm; a Pi that is starting needs minutes";

/// What to do where the address that init took is out of reach from here, and another answers.
pub(super) fn repair_advice(answers: &HostPort) -> String {
    format!(
        "on the control plane: pontoon kubeadm repair-advice moves the cluster to {}, which this \
         host reaches",
        answers.host
    )
}

/// The public halves of tokens, or that there are none.
pub(super) fn token_list(ids: &[&str]) -> String {
    /// A cluster has a few.
    const SHOWN_MAX: usize = 8;
    let shown: Vec<_> =
        ids.iter().take(SHOWN_MAX).map(|id| Untrusted::new(id).to_string()).collect();
    match ids.len() {
        0 => "no token at all".to_owned(),
        count if count > SHOWN_MAX => format!("token {} and others", shown.join(", ")),
        _ => format!("token {}", shown.join(", ")),
    }
}

pub(super) fn seconds(ms: u64) -> String {
    if ms.is_multiple_of(1000) {
        format!("{} s", ms / 1000)
    } else {
        format!("{:.1} s", FractionalSeconds(ms))
    }
}

/// Seconds with a fraction, made of whole milliseconds.
struct FractionalSeconds(u64);

impl std::fmt::Display for FractionalSeconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.0 / 1000, self.0 % 1000 / 100)
    }
}

impl CertificateRefusal {
    /// The cause, by what else is known.
    pub(super) fn causes(&self, server_ahead_s: Option<i64>) -> Vec<DiagnosisCode> {
        const DAY_S: i64 = 86_400;
        match self {
            Self::Name { .. } => vec![code::API_CERTIFICATE_LACKS_NAME],
            Self::Authority => vec![code::KUBECONFIG_OF_ANOTHER_CA, code::ANOTHER_SERVER_ANSWERS],
            Self::Time { is_early: true, .. } => match server_ahead_s {
                // The server's own clock is where the certificate's is: ours is behind.
                Some(ahead) if ahead > 60 => vec![code::CLOCK_BEFORE_CERTIFICATE],
                Some(_) => vec![code::CERTIFICATE_FROM_THE_FUTURE],
                None => vec![code::CLOCK_BEFORE_CERTIFICATE, code::CERTIFICATE_FROM_THE_FUTURE],
            },
            Self::Time { .. } => match server_ahead_s {
                Some(ahead) if ahead < -DAY_S => vec![code::CLOCK_AHEAD],
                Some(_) => vec![code::CERTIFICATE_EXPIRED],
                None => vec![code::CERTIFICATE_EXPIRED, code::CLOCK_AHEAD],
            },
        }
    }
}
