//! Joins rehearsed against an API server that fails in every known way.

mod command;
mod elsewhere;
mod outcomes;
mod proxied;
mod rows;
mod server;
