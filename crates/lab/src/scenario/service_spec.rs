//! Services that machines of a lab offer: honest ones and liars.

use std::collections::BTreeMap;
use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something a machine serves.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", tag = "kind")]
pub enum ServiceSpec {
    /// Names, over UDP and TCP.
    Dns {
        /// Of the machine's addresses, those it serves on. The default: all.
        #[serde(default)]
        at: Vec<IpAddr>,
        /// The port. The default: 53.
        #[serde(default)]
        port: Option<u16>,
        /// How it answers.
        #[serde(default)]
        manner: DnsManner,
        /// Names it knows beside those that `internet` gives it.
        #[serde(default)]
        zone: BTreeMap<String, IpAddr>,
        /// What `rewrite` and `everything` answer with.
        #[serde(default)]
        address: Option<IpAddr>,
        /// How long it waits before each answer, in milliseconds.
        #[serde(default, rename = "delay-ms")]
        delay_ms: u32,
    },
    /// Web pages: connectivity checks, or a portal.
    Http {
        /// Of the machine's addresses, those it serves on. The default: all.
        #[serde(default)]
        at: Vec<IpAddr>,
        /// The port. The default: 80.
        #[serde(default)]
        port: Option<u16>,
        /// How it answers.
        #[serde(default)]
        manner: HttpManner,
        /// Where a portal sends the browser.
        #[serde(default)]
        location: Option<String>,
        /// Added to the time in the `Date` header, in seconds.
        #[serde(default, rename = "date-offset-s")]
        date_offset_s: i64,
    },
    /// The time (SNTP).
    Ntp {
        /// Of the machine's addresses, those it serves on. The default: all.
        #[serde(default)]
        at: Vec<IpAddr>,
        /// The port. The default: 123.
        #[serde(default)]
        port: Option<u16>,
        /// How it answers.
        #[serde(default)]
        manner: NtpManner,
        /// Added to the time, in seconds.
        #[serde(default, rename = "offset-s")]
        offset_s: i64,
    },
    /// Sends back what comes: never more than came, never to the port of another server.
    Echo {
        /// Of the machine's addresses, those it serves on. The default: all.
        #[serde(default)]
        at: Vec<IpAddr>,
        /// UDP ports. The default: 123, 443, 3478, 4500, 51820 and 7007 (not 53: an address that
        /// answers no DNS shows interception).
        #[serde(default)]
        udp: Option<Vec<u16>>,
        /// TCP ports. The default: 22, 443 and 6443.
        #[serde(default)]
        tcp: Option<Vec<u16>>,
    },
}

/// How a DNS server answers.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DnsManner {
    /// What it knows, and NXDOMAIN for the rest.
    #[default]
    Honest,
    /// What it knows, and `address` for the rest.
    Rewrite,
    /// `address` for everything.
    Everything,
    /// No answer at all.
    Silent,
    /// Bytes that are no DNS message, with the query's id in front.
    Garbage,
}

/// How a web server answers.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HttpManner {
    /// The usual connectivity-check pages as their providers serve them.
    #[default]
    Honest,
    /// 302 to `location`, for every request.
    Portal,
    /// 511 (RFC 6585, section 6), for every request.
    NetworkAuthentication,
    /// 200 and a body that never ends.
    Endless,
    /// Bytes that are no HTTP.
    Garbage,
    /// Takes the connection and says nothing.
    Silent,
}

/// How a time server answers.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NtpManner {
    /// With the time (and the offset).
    #[default]
    Honest,
    /// No answer at all.
    Silent,
    /// Random bytes for an answer.
    Garbage,
}
