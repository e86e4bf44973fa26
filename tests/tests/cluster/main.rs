//! Real clusters in the lab: `./check --kubernetes` builds what they need and runs them.

mod checked;
mod faults;
mod cluster;
mod good_logs;
mod killed;
mod session;
mod settings;
mod shapes;
mod story;
mod valid;
mod words;
