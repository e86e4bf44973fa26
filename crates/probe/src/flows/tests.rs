//! The driver on loopback, without privilege.
