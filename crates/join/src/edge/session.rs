//! TLS to a server whose certificate is kept and not judged, and one question over it.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;

use nix::poll::PollFlags;
use pontoon_model::untrusted::Untrusted;
use pontoon_predict::kubeadm::endpoint::Host;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::certificate::Certificate;
use crate::http::{Reader, request};
use crate::trial::{Page, Tls};

use super::wait::Deadline;

/// A server's end of TLS. Nothing was said over it yet, and whether the server may be told anything
/// is for who asks to decide.
pub(super) struct Session {
    stream: TcpStream,
    tls: ClientConnection,
}

impl Session {
    /// Shakes hands.
    pub(super) fn begin(
        stream: TcpStream,
        host: &Host,
        deadline: Deadline,
    ) -> Result<(Self, Tls), Tls> {
        let broken =
            |error: &dyn std::fmt::Display| Tls::Broken(Untrusted::new(&error.to_string()));
        let name = match host {
            Host::Address(address) => ServerName::from(*address),
            Host::Name(name) => {
                ServerName::try_from(name.clone()).map_err(|error| broken(&error))?
            }
        };
        let tls = ClientConnection::new(config().map_err(|error| broken(&error))?, name);
        let mut session = Self { stream, tls: tls.map_err(|error| broken(&error))? };
        let mut seen = Vec::new();
        while session.tls.is_handshaking() {
            match session.turn(deadline, &mut seen) {
                Turn::Went => {}
                Turn::Late => return Err(Tls::Silent { ms: deadline.spent_ms() }),
                Turn::Ended if seen.is_empty() => {
                    return Err(broken(&"it closes the connection without a word"));
                }
                Turn::Ended => return Err(broken(&"it breaks off in the middle")),
                Turn::Failed(_) if seen.starts_with(b"HTTP/") => return Err(Tls::Http),
                Turn::Failed(why) => return Err(broken(&why)),
            }
        }
        let chain = session.tls.peer_certificates().unwrap_or_default();
        let leaf = chain.first().and_then(|leaf| Certificate::parse(leaf));
        let leaf = leaf.ok_or_else(|| broken(&"its certificate cannot be read"))?;
        let others = chain.iter().skip(1).map(|other| other.to_vec()).collect();
        Ok((session, Tls::Chain { leaf: Box::new(leaf), others }))
    }

    /// Asks one question.
    pub(super) fn ask(
        mut self,
        authority: &str,
        path: &str,
        bearer: Option<&str>,
        deadline: Deadline,
    ) -> Page {
        let bad = |error: &dyn std::fmt::Display| Page::Bad(Untrusted::new(&error.to_string()));
        let question = request(authority, path, bearer);
        if let Err(error) = self.tls.writer().write_all(question.as_bytes()) {
            return bad(&error);
        }
        let mut reader = Reader::default();
        let mut bytes = [0; 16 * 1024];
        loop {
            match self.turn(deadline, &mut Vec::new()) {
                Turn::Went => {}
                Turn::Late => return Page::Silent { ms: deadline.spent_ms() },
                Turn::Failed(why) => return bad(&why),
                Turn::Ended => {
                    return reader.end().map_or_else(|error| bad(&error), Page::Answer);
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
                    Ok(Some(answer)) => return Page::Answer(answer),
                    Ok(None) => {}
                    Err(error) => return bad(&error),
                }
            }
        }
    }

    /// Sends what is to be sent, or waits for bytes and takes them; the first ones are kept.
    fn turn(&mut self, deadline: Deadline, seen: &mut Vec<u8>) -> Turn {
        let failed = |error: &dyn std::fmt::Display| Turn::Failed(error.to_string());
        if self.tls.wants_write() {
            return match self.tls.write_tls(&mut self.stream) {
                Ok(_) => Turn::Went,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    if deadline.wait(&self.stream, PollFlags::POLLOUT) {
                        Turn::Went
                    } else {
                        Turn::Late
                    }
                }
                Err(error) => failed(&error),
            };
        }
        if !deadline.wait(&self.stream, PollFlags::POLLIN) {
            return Turn::Late;
        }
        let mut bytes = [0; 16 * 1024];
        let count = match self.stream.read(&mut bytes) {
            Ok(0) => return Turn::Ended,
            Ok(count) => count,
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) =>
            {
                return Turn::Went;
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return Turn::Ended,
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
        Turn::Went
    }
}

enum Turn {
    Went,
    /// The deadline is over.
    Late,
    /// The other end has no more.
    Ended,
    Failed(String),
}

fn config() -> Result<Arc<ClientConfig>, Error> {
    let provider = Arc::new(ring::default_provider());
    let keeper = Arc::new(Keeper(Arc::clone(&provider)));
    // kube-apiserver speaks 1.2 and 1.3, as Go's client does.
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(keeper)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// Decides nothing about a certificate, and makes sure that the server holds its key: kubeadm's
/// first question is asked so, and what follows is judged by [`Certificate::verify`].
#[derive(Debug)]
struct Keeper(Arc<CryptoProvider>);

impl ServerCertVerifier for Keeper {
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
