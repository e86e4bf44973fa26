//! Codecs for untrusted text: plain values, within limits of size and depth.

pub mod http;
pub mod yaml;
pub mod http_date;
