//! A server's certificate, judged as Go's `crypto/x509` does: time, then name, then issuer.

use std::net::IpAddr;

use pontoon_model::untrusted::Untrusted;
use pontoon_predict::kubeadm::endpoint::EndpointHost;
use rustls_pki_types::{CertificateDer, UnixTime};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer as _;
use x509_parser::time::ASN1Time;

use crate::base64_serde;

/// What matters of a certificate. Between programs it is its DER alone, and is read anew.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServerCertificate {
    /// DER.
    pub der: Vec<u8>,
    /// The names it is for, in its own order.
    pub names: Vec<Untrusted>,
    /// The addresses it is for, in its own order.
    pub addresses: Vec<IpAddr>,
    /// Not valid before, in seconds since 1970.
    pub not_before_s: i64,
    /// Not valid after, in seconds since 1970.
    pub not_after_s: i64,
    /// Who issued it.
    pub issuer: Untrusted,
}

/// Why a certificate is refused, in Go's words after `tls: failed to verify certificate: `.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CertificateRefusal {
    /// The clock is outside its time.
    Time {
        /// This host's time.
        now_s: i64,
        /// Whether it is too early, rather than too late.
        is_early: bool,
        /// The limit that is missed.
        limit_s: i64,
    },
    /// It is for others.
    Name {
        /// Whom it is asked for.
        host: EndpointHost,
        /// What it is for: addresses for an address, names for a name.
        valid_for: Vec<String>,
    },
    /// No CA that is trusted has issued it.
    Authority,
}

impl CertificateRefusal {
    /// In Go's words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Time { now_s, is_early, limit_s } => format!(
                "x509: certificate has expired or is not yet valid: current time {} is {} {}",
                rfc3339(*now_s),
                if *is_early { "before" } else { "after" },
                rfc3339(*limit_s)
            ),
            Self::Name { host: EndpointHost::Address(address), valid_for }
                if valid_for.is_empty() =>
            {
                format!(
                    "x509: cannot validate certificate for {address} because it doesn't contain \
                     any IP SANs"
                )
            }
            Self::Name { host, valid_for } if valid_for.is_empty() => {
                format!("x509: certificate is not valid for any names, but wanted to match {host}")
            }
            Self::Name { host, valid_for } => {
                format!("x509: certificate is valid for {}, not {host}", valid_for.join(", "))
            }
            Self::Authority => "x509: certificate signed by unknown authority".to_owned(),
        }
    }
}

impl ServerCertificate {
    /// Reads a certificate; `None`: it is none.
    #[must_use]
    pub fn parse(der: &[u8]) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let (mut names, mut addresses) = (Vec::new(), Vec::new());
        let alternatives = certificate.subject_alternative_name().ok().flatten();
        for name in alternatives.iter().flat_map(|extension| &extension.value.general_names) {
            match name {
                GeneralName::DNSName(name) => names.push(Untrusted::new(name)),
                GeneralName::IPAddress(octets) => addresses.extend(address(octets)),
                _ => {}
            }
        }
        Some(Self {
            der: der.to_vec(),
            names,
            addresses,
            not_before_s: certificate.validity().not_before.timestamp(),
            not_after_s: certificate.validity().not_after.timestamp(),
            issuer: Untrusted::new(&certificate.issuer().to_string()),
        })
    }

    /// Whether this host would take it for `host`, with `others` of the chain and `cas` to trust.
    ///
    /// # Errors
    ///
    /// The first thing that Go would find: `Certificate.Verify` looks at the time of the leaf, then
    /// at the name, then for a chain (go1.26 crypto/x509/verify.go).
    pub fn verify(
        &self,
        host: &EndpointHost,
        others: &[Vec<u8>],
        cas: &[Vec<u8>],
        now_s: i64,
    ) -> Result<(), CertificateRefusal> {
        self.verify_time(now_s)?;
        self.verify_name(host)?;
        self.verify_chain(others, cas, now_s)
    }

    /// Whether the clock is within its time.
    ///
    /// # Errors
    ///
    /// Which end of it is missed.
    pub fn verify_time(&self, now_s: i64) -> Result<(), CertificateRefusal> {
        let refused =
            |is_early, limit_s| Err(CertificateRefusal::Time { now_s, is_early, limit_s });
        if now_s < self.not_before_s {
            refused(true, self.not_before_s)
        } else if now_s > self.not_after_s {
            refused(false, self.not_after_s)
        } else {
            Ok(())
        }
    }

    /// Whether it is for this host.
    ///
    /// # Errors
    ///
    /// For whom it is.
    pub fn verify_name(&self, host: &EndpointHost) -> Result<(), CertificateRefusal> {
        let valid_for: Vec<String> = match host {
            EndpointHost::Address(address) if self.addresses.contains(address) => return Ok(()),
            EndpointHost::Name(name) if self.names.iter().any(|own| matches(own.raw(), name)) => {
                return Ok(());
            }
            EndpointHost::Address(_) => self.addresses.iter().map(ToString::to_string).collect(),
            EndpointHost::Name(_) => self.names.iter().map(ToString::to_string).collect(),
        };
        Err(CertificateRefusal::Name { host: host.clone(), valid_for })
    }

    fn verify_chain(
        &self,
        others: &[Vec<u8>],
        cas: &[Vec<u8>],
        now_s: i64,
    ) -> Result<(), CertificateRefusal> {
        let leaf = CertificateDer::from(self.der.as_slice());
        let cas: Vec<CertificateDer<'_>> =
            cas.iter().map(|ca| CertificateDer::from(ca.as_slice())).collect();
        let anchors: Vec<_> =
            cas.iter().filter_map(|ca| webpki::anchor_from_trusted_cert(ca).ok()).collect();
        let others: Vec<_> =
            others.iter().map(|other| CertificateDer::from(other.as_slice())).collect();
        let now = u64::try_from(now_s).unwrap_or_default();
        let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(now));
        // A CA whose own time has not come is refused by its time, as Go does.
        for ca in cas.iter().filter_map(|ca| Self::parse(ca)) {
            ca.verify_time(now_s)?;
        }
        let verified = webpki::EndEntityCert::try_from(&leaf).and_then(|leaf| {
            let usage = webpki::KeyUsage::server_auth();
            let all = webpki::ALL_VERIFICATION_ALGS;
            leaf.verify_for_usage(all, &anchors, &others, now, usage, None, None).map(|_| ())
        });
        verified.map_err(|_| CertificateRefusal::Authority)
    }
}

impl Serialize for ServerCertificate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        base64_serde::serialize(&self.der, serializer)
    }
}

impl<'de> Deserialize<'de> for ServerCertificate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let der = base64_serde::deserialize(deserializer)?;
        Self::parse(&der).ok_or_else(|| de::Error::custom("these bytes are no certificate"))
    }
}

/// The DER of a certificate's public key.
#[must_use]
pub fn public_key_info(der: &[u8]) -> Option<&[u8]> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    Some(certificate.tbs_certificate.subject_pki.raw)
}

fn address(octets: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(octets).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from)).ok()
}

/// `matchHostnames`: without regard to case; `*` stands for one whole first label.
fn matches(pattern: &str, host: &str) -> bool {
    let trimmed = |text: &str| text.trim_end_matches('.').to_ascii_lowercase();
    let (pattern, host) = (trimmed(pattern), trimmed(host));
    match pattern.strip_prefix("*.") {
        Some(rest) => {
            host.split_once('.').is_some_and(|(first, tail)| !first.is_empty() && tail == rest)
        }
        None => !pattern.is_empty() && pattern == host,
    }
}

/// `2026-11-25T10:00:00Z`.
#[must_use]
pub fn rfc3339(unix_s: i64) -> String {
    let Some(time) = ASN1Time::from_timestamp(unix_s).ok() else { return unix_s.to_string() };
    let time = time.to_datetime();
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        time.year(),
        u8::from(time.month()),
        time.day(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

#[cfg(test)]
mod tests;
