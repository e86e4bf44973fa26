//! Questions that the kernel sends for the agent: what their machines are given.

use pontoon_model::net::IfName;
use pontoon_model::observation::ProbeKind;
use pontoon_model::snapshot::CollectionGap;

use super::frame_builder::{SenderContext, sent_observation};
use crate::edge::clock::unix_s;
use crate::machine::{ProbeMachine, RunInstant};
use crate::probe_token::payload;
use crate::probes::{self, MachineInputs};
use crate::round_schedule::ProbeTask;

/// Makes the machine that puts a question; `None` when a frame does it better.
pub(super) fn machine(
    task: &ProbeTask,
    sender: &SenderContext<'_>,
    link: Option<&(IfName, u8)>,
    sees_frames: bool,
    now: RunInstant,
) -> Option<Box<dyn ProbeMachine>> {
    // Link 255: by no link in particular.
    let number = link.map_or(u8::MAX, |(_, number)| *number);
    let token = |kind: &ProbeKind, round| sender.token(kind, number, round);
    let name = task.link.as_ref();
    let template = sent_observation(sender, task, name, ProbeKind::RoutedUdp, None, now);
    let random = u64::from_be_bytes(token(&ProbeKind::Size { bytes: 0 }, 0).proof)
        ^ now.0.rotate_left(32)
        ^ u64::from(task.round) << 16
        ^ u64::from(task.at_ms);
    let carried = |kind: &ProbeKind| payload(&token(kind, task.round)).to_vec();
    let inputs = MachineInputs { template, unix_s: unix_s(), random, payload: &carried };
    probes::machine(&task.question, sees_frames, inputs)
}

/// What is said of a question that cannot be put without a packet socket.
pub(super) fn untested(task: &ProbeTask) -> CollectionGap {
    let on = task.link.as_ref().map_or_else(String::new, |link| format!(" on {link}"));
    let what = format!("{}{on}", task.question.untested());
    CollectionGap { what, why: "it takes CAP_NET_RAW".to_owned() }
}
