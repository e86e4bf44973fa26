//! The one place where evidence becomes English: one line each, without a full stop, as a network
//! engineer would write it. How lines are laid out on a terminal is the command line's affair.

mod frames;
mod links;
mod routing;
mod packet_filter;
mod services;
mod identity;
mod join;
mod join_answer;
mod joining_host;
mod words;
mod settings;
mod cluster;
mod log_text;

use std::fmt;

use crate::evidence::Evidence;

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Frames(fact) => fact.fmt(f),
            Self::Links(fact) => fact.fmt(f),
            Self::Routing(fact) => fact.fmt(f),
            Self::Filter(fact) => fact.fmt(f),
            Self::Services(fact) => fact.fmt(f),
            Self::Identity(fact) => fact.fmt(f),
            Self::Join(fact) => fact.fmt(f),
            Self::JoinAnswer(fact) => fact.fmt(f),
            Self::JoiningHost(fact) => fact.fmt(f),
            Self::Settings(fact) => fact.fmt(f),
            Self::Cluster(fact) => fact.fmt(f),
            Self::Log(fact) => fact.fmt(f),
        }
    }
}
