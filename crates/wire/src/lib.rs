//! Texts of strangers as plain values, within limits.

pub mod http;
pub mod yaml;
pub mod http_date;
