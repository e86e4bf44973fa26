//! Words and causes that several stages share.

use pontoon_model::kubernetes::kubeadm::endpoint::HostPort;
use pontoon_model::untrusted::Untrusted;

use crate::certificate::Refused;

/// What it means that cluster-info was not given.
pub(super) const fn refused(status: u16, is_by_api_server: bool) -> &'static [&'static str] {
    match status {
        401 if is_by_api_server => &["credentials-not-accepted"],
        403 if is_by_api_server => &["rights-missing"],
        404 if is_by_api_server => &["bootstrap-signer-not-running", "another-server-answers"],
        429 | 500..=599 => &["server-overloaded", "still-starting"],
        _ => &["another-server-answers"],
    }
}

/// What to do where an answer did not come in time.
pub(super) const PATIENT: &str =
    "--patient waits as long as kubeadm; a Pi that is starting needs minutes";

/// What to do where the address that init took is out of reach from here, and another answers.
pub(super) fn moved(answers: &HostPort) -> String {
    format!(
        "on the control plane: pontoon kubeadm repair-advice moves the cluster to {}, which this \
         host reaches",
        answers.host
    )
}

/// The public halves of tokens, or that there are none.
pub(super) fn said(ids: &[&str]) -> String {
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
        format!("{:.1} s", Millis(ms))
    }
}

/// Seconds with a fraction, made of whole milliseconds.
struct Millis(u64);

impl std::fmt::Display for Millis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.0 / 1000, self.0 % 1000 / 100)
    }
}

impl Refused {
    /// The cause, by what else is known.
    pub(super) fn causes(&self, server_ahead_s: Option<i64>) -> Vec<&'static str> {
        const DAY_S: i64 = 86_400;
        match self {
            Self::Name { .. } => vec!["api-certificate-lacks-name"],
            Self::Authority => vec!["kubeconfig-of-another-ca", "another-server-answers"],
            Self::Time { is_early: true, .. } => match server_ahead_s {
                // The server's own clock is where the certificate's is: ours is behind.
                Some(ahead) if ahead > 60 => vec!["clock-before-certificate"],
                Some(_) => vec!["certificate-from-the-future"],
                None => vec!["clock-before-certificate", "certificate-from-the-future"],
            },
            Self::Time { .. } => match server_ahead_s {
                Some(ahead) if ahead < -DAY_S => vec!["clock-ahead"],
                Some(_) => vec!["certificate-expired"],
                None => vec!["certificate-expired", "clock-ahead"],
            },
        }
    }
}
