//! Hosts made of namespaces.
