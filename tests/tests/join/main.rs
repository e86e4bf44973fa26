//! Joins rehearsed against an API server that fails in every way that there is.

mod command;
mod elsewhere;
mod outcomes;
mod proxied;
mod rows;
mod server;
