//! Which causes an answer of the server leaves.

use pontoon_model::code::{self, DiagnosisCode};

use crate::certificate::CertificateRefusal;

/// Why cluster-info was not given, by the status of the answer.
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

/// Why a certificate is refused, by how far the server's clock is ahead of this host's.
pub(super) const fn of_certificate(
    refusal: &CertificateRefusal,
    server_ahead_s: Option<i64>,
) -> &'static [DiagnosisCode] {
    const DAY_S: i64 = 86_400;
    match refusal {
        CertificateRefusal::Name { .. } => &[code::API_CERTIFICATE_LACKS_NAME],
        CertificateRefusal::Authority => {
            &[code::KUBECONFIG_OF_ANOTHER_CA, code::ANOTHER_SERVER_ANSWERS]
        }
        CertificateRefusal::Time { is_early: true, .. } => match server_ahead_s {
            // The server's own clock is where the certificate's is: ours is behind.
            Some(ahead) if ahead > 60 => &[code::CLOCK_BEFORE_CERTIFICATE],
            Some(_) => &[code::CERTIFICATE_FROM_THE_FUTURE],
            None => &[code::CLOCK_BEFORE_CERTIFICATE, code::CERTIFICATE_FROM_THE_FUTURE],
        },
        CertificateRefusal::Time { .. } => match server_ahead_s {
            Some(ahead) if ahead < -DAY_S => &[code::CLOCK_AHEAD],
            Some(_) => &[code::CERTIFICATE_EXPIRED],
            None => &[code::CERTIFICATE_EXPIRED, code::CLOCK_AHEAD],
        },
    }
}
