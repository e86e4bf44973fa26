//! Programs on other hosts: how to start them and exchange messages with them.
//!
//! There are three layers, each usable without the next. A [`carrier`] starts a program on a host:
//! by the user's ssh, as a copy for one run, as a child of this process, or by a command of the
//! user. A session exchanges messages with a pontoon that was started in this way: [`framing`],
//! [`preamble`] and [`message`] define the bytes, [`near_end`] and [`far_end`] are its two state
//! machines without sockets and clocks, [`session`] drives them. Services (the survey of `probe`,
//! the join of `join`, the node of `cluster`) send messages over a session; each knows only its own
//! bodies. Features that need no pontoon on the other host use a carrier alone: [`host_command`]
//! (`pontoon exec`) and [`line_session`] (`pontoon clock`).

pub mod limits;
pub mod framing;
pub mod preamble;
pub mod protocol_error;
pub mod message;
pub mod near_end;
pub mod far_end;
pub mod twin;
pub mod edge;
pub mod carrier;
pub mod reach_failure;
pub mod session;
pub mod line_session;
pub mod host_command;
