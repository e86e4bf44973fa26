//! Texts of strangers as plain values, within limits.

pub mod yaml;
pub mod http_date;
