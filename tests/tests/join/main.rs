//! Joins rehearsed against an API server that fails in every way that there is.

mod command;
mod outcomes;
mod rows;
mod server;
