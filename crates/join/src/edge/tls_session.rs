//! TLS to a server whose certificate is kept and not judged, and one question over it.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;

use nix::poll::PollFlags;
use pontoon_model::untrusted::Untrusted;
use pontoon_predict::kubeadm::endpoint::EndpointHost;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::certificate::ServerCertificate;
use crate::http::{ApiResponseReader, request};
use crate::trial::{QueryOutcome, TlsOutcome};

use super::deadline::Deadline;

/// A server's end of TLS. Nothing was said over it yet, and whether the server may be told anything
/// is for who asks to decide.
pub(super) struct UnverifiedTls {
    stream: TcpStream,
    tls: ClientConnection,
}

impl UnverifiedTls {
    /// Shakes hands; the certificate that was shown is part of the outcome.
    pub(super) fn begin(
        stream: TcpStream,
        host: &EndpointHost,
        deadline: Deadline,
    ) -> Result<(Self, TlsOutcome), TlsOutcome> {
        let broken =
            |error: &dyn std::fmt::Display| TlsOutcome::Broken(Untrusted::new(&error.to_string()));
        let name = match host {
            EndpointHost::Address(address) => ServerName::from(*address),
            EndpointHost::Name(name) => {
                ServerName::try_from(name.clone()).map_err(|error| broken(&error))?
            }
        };
        let tls = ClientConnection::new(config().map_err(|error| broken(&error))?, name);
        let mut session = Self { stream, tls: tls.map_err(|error| broken(&error))? };
        let mut seen = Vec::new();
        while session.tls.is_handshaking() {
            match session.turn(deadline, &mut seen) {
                TlsProgress::Went => {}
                TlsProgress::Late => return Err(TlsOutcome::Silent { ms: deadline.spent_ms() }),
                TlsProgress::Ended if seen.is_empty() => {
                    return Err(broken(&"it closes the connection without a response"));
                }
                TlsProgress::Ended => return Err(broken(&"it breaks off in the middle")),
                TlsProgress::Failed(_) if seen.starts_with(b"HTTP/") => {
                    return Err(TlsOutcome::Http);
                }
                TlsProgress::Failed(why) => return Err(broken(&why)),
            }
        }
        let chain = session.tls.peer_certificates().unwrap_or_default();
        let leaf = chain.first().and_then(|leaf| ServerCertificate::parse(leaf));
        let leaf = leaf.ok_or_else(|| broken(&"its certificate cannot be read"))?;
        let others = chain.iter().skip(1).map(|other| other.to_vec()).collect();
        Ok((session, TlsOutcome::Chain { leaf: Box::new(leaf), others }))
    }

    /// Asks one question.
    pub(super) fn ask(
        mut self,
        authority: &str,
        path: &str,
        bearer: Option<&str>,
        deadline: Deadline,
    ) -> QueryOutcome {
        let bad =
            |error: &dyn std::fmt::Display| QueryOutcome::Bad(Untrusted::new(&error.to_string()));
        let question = request(authority, path, bearer);
        if let Err(error) = self.tls.writer().write_all(question.as_bytes()) {
            return bad(&error);
        }
        let mut reader = ApiResponseReader::default();
        let mut bytes = [0; 16 * 1024];
        loop {
            match self.turn(deadline, &mut Vec::new()) {
                TlsProgress::Went => {}
                TlsProgress::Late => return QueryOutcome::Silent { ms: deadline.spent_ms() },
                TlsProgress::Failed(why) => return bad(&why),
                TlsProgress::Ended => {
                    return reader.end().map_or_else(|error| bad(&error), QueryOutcome::Answer);
                }
            }
            loop {
                let taken = match self.tls.reader().read(&mut bytes) {
                    Ok(0) => reader.end().map(Some),
                    Ok(count) => reader.take(&bytes[..count]),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    // Without the closing word of TLS: Go does not mind where the length is known.
                    Err(_) => reader.end().map(Some),
                };
                match taken {
                    Ok(Some(answer)) => return QueryOutcome::Answer(answer),
                    Ok(None) => {}
                    Err(error) => return bad(&error),
                }
            }
        }
    }

    /// Sends what is to be sent, or waits for bytes and takes them; the first ones are kept.
    fn turn(&mut self, deadline: Deadline, seen: &mut Vec<u8>) -> TlsProgress {
        let failed = |error: &dyn std::fmt::Display| TlsProgress::Failed(error.to_string());
        if self.tls.wants_write() {
            return match self.tls.write_tls(&mut self.stream) {
                Ok(_) => TlsProgress::Went,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    if deadline.wait(&self.stream, PollFlags::POLLOUT) {
                        TlsProgress::Went
                    } else {
                        TlsProgress::Late
                    }
                }
                Err(error) => failed(&error),
            };
        }
        if !deadline.wait(&self.stream, PollFlags::POLLIN) {
            return TlsProgress::Late;
        }
        let mut bytes = [0; 16 * 1024];
        let count = match self.stream.read(&mut bytes) {
            Ok(0) => return TlsProgress::Ended,
            Ok(count) => count,
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) =>
            {
                return TlsProgress::Went;
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return TlsProgress::Ended,
            Err(error) => return failed(&error),
        };
        let mut rest = &bytes[..count];
        if seen.len() < 8 {
            seen.extend_from_slice(&rest[..rest.len().min(8)]);
        }
        while !rest.is_empty() {
            if let Err(error) = self.tls.read_tls(&mut rest) {
                return failed(&error);
            }
            if let Err(error) = self.tls.process_new_packets() {
                return failed(&error);
            }
        }
        TlsProgress::Went
    }
}

enum TlsProgress {
    Went,
    /// The deadline is over.
    Late,
    /// The other end has no more.
    Ended,
    Failed(String),
}

fn config() -> Result<Arc<ClientConfig>, Error> {
    let provider = Arc::new(ring::default_provider());
    let keeper = Arc::new(AnyCertificateVerifier(Arc::clone(&provider)));
    // kube-apiserver speaks 1.2 and 1.3, as Go's client does.
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(keeper)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// Decides nothing about a certificate, and makes sure that the server holds its key: kubeadm's
/// first question is asked so, and what follows is judged by [`ServerCertificate::verify`].
#[derive(Debug)]
struct AnyCertificateVerifier(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificateVerifier {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
