//! The one place where evidence becomes English: one line each, without a full stop, as a network
//! engineer would write it. How lines are laid out on a terminal is the command line's affair.

mod frames;
mod links;
mod routing;
mod node_address;
mod packet_filter;
mod services;
mod identity;
mod join;
mod join_answer;
mod joining_host;
mod words;
mod settings;
mod connectivity;
mod cluster;
mod pod_network;
mod log_text;

use std::fmt;

use crate::evidence::Evidence;

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Frames(fact) => fact.fmt(f),
            Self::Links(fact) => fact.fmt(f),
            Self::Routing(fact) => fact.fmt(f),
            Self::NodeAddress(fact) => fact.fmt(f),
            Self::Filter(fact) => fact.fmt(f),
            Self::Services(fact) => fact.fmt(f),
            Self::Identity(fact) => fact.fmt(f),
            Self::Join(fact) => fact.fmt(f),
            Self::JoinAnswer(fact) => fact.fmt(f),
            Self::JoiningHost(fact) => fact.fmt(f),
            Self::Settings(fact) => fact.fmt(f),
            Self::Cluster(fact) => fact.fmt(f),
            Self::PodNetwork(fact) => fact.fmt(f),
            Self::Log(fact) => fact.fmt(f),
        }
    }
}

/// Several things in one sentence: "eth0, wlan0".
fn listed<T: fmt::Display>(all: impl IntoIterator<Item = T>) -> String {
    all.into_iter().map(|one| one.to_string()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::fmt;

    /// Compares each observation's sentence.
    pub(super) fn assert_sentences<T: fmt::Display>(
        table: impl IntoIterator<Item = (T, &'static str)>,
    ) {
        for (evidence, sentence) in table {
            assert_eq!(evidence.to_string(), sentence);
            assert!(!sentence.ends_with('.'), "{sentence}");
        }
    }
}
