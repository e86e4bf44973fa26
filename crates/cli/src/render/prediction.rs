//! What each component will take, host by host.

use pontoon_model::host::HostName;
use pontoon_model::kubernetes::prediction::{
    Better, ComponentChoice, HostPrediction, Prediction, Reach,
};
use pontoon_model::kubernetes::{Choice, Pick};

use super::style::Style;
use super::wrap::{padded, wrapped};

/// Where the reasons begin: the longest name of a component, and two blanks.
const NAME_WIDTH: usize = "kube-proxy".len() + 2;

/// Writes the verdict of each host, then who takes what and why.
pub(crate) fn page(prediction: &Prediction, style: Style) -> String {
    let mut page = String::new();
    for host in &prediction.hosts {
        if !page.is_empty() {
            page.push('\n');
        }
        let text = style.shown(&verdict(host));
        wrapped(&mut page, style.width, &format!("{}: ", host.host), "  ", &text);
        if let Some(better) = &host.better {
            advice(&mut page, better, style);
        }
        for group in groups(host) {
            write_group(&mut page, host, &group, style);
        }
    }
    if prediction.hosts.iter().any(|host| host.reach.values().any(Reach::is_unasked)) {
        let text = "Which other hosts reach these addresses was not asked: pontoon predict HOSTS \
                    asks them.";
        page.push('\n');
        wrapped(&mut page, style.width, "", "", text);
    }
    for (host, why) in &prediction.unreached {
        let text = format!("could not be asked: {}", style.shown(&why.to_string()));
        wrapped(&mut page, style.width, &format!("{host}  "), "  ", &text);
    }
    page
}

/// All of it in a sentence or two.
fn verdict(host: &HostPrediction) -> String {
    let Some(ComponentChoice { component, choice, .. }) = host.choices.first() else {
        return String::new();
    };
    let mut text = match choice {
        Choice::Pick(pick) => {
            let reach = pick.addresses.first().and_then(|address| host.reach.get(address));
            let reach = reach.and_then(reached).map(|reach| format!(", and {reach}"));
            format!("{component} will take {}{}.", taken(pick), reach.unwrap_or_default())
        }
        Choice::Refusal { .. } => format!("{component} will find no address."),
        Choice::Unknown { missing } => {
            format!("what {component} will take depends on {missing}.")
        }
    };
    if host.is_at_odds() {
        text.push_str(" The components of one cluster do not agree.");
    }
    text
}

fn taken(pick: &Pick) -> String {
    let addresses: Vec<_> = pick.addresses.iter().map(ToString::to_string).collect();
    let mut text = addresses.join(" and ");
    if !pick.links.is_empty() {
        text.push_str(" on ");
        text.push_str(&pick.links.join(" and "));
    }
    text
}

fn names(hosts: &[HostName]) -> String {
    match hosts {
        [one] => one.to_string(),
        [one, other] => format!("{one} and {other}"),
        many => pontoon_fleet::hostlist::compress(many),
    }
}

/// Who reaches it, if anybody was asked: those that do not go first.
fn reached(reach: &Reach) -> Option<String> {
    let part = |hosts: &[HostName], one: &str, many: &str| {
        let verb = if hosts.len() == 1 { one } else { many };
        (!hosts.is_empty()).then(|| format!("{} {verb} it", names(hosts)))
    };
    let undecided = &reach.undecided;
    let is_undecided = !reach.is_unasked() && !undecided.is_empty();
    let parts: Vec<String> = [
        part(&reach.unreached_by, "does not reach", "do not reach"),
        part(&reach.reached_by, "reaches", "reach"),
        is_undecided.then(|| format!("of {} it was not seen", names(undecided))),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn advice(page: &mut String, better: &Better, style: Style) {
    let Better { link, address } = better;
    let text = format!("Use {address} on {link} instead, which all of them reach:");
    wrapped(page, style.width, "  ", "  ", &text);
    for line in [
        format!("kubeadm init --apiserver-advertise-address={address}"),
        format!("KUBELET_EXTRA_ARGS=--node-ip={address}   in /etc/default/kubelet"),
        format!("--iface={link}   in flannel's arguments"),
    ] {
        page.push_str(&format!("    {line}\n"));
    }
}

/// Components that take the same.
struct Group<'a> {
    title: String,
    choices: Vec<&'a ComponentChoice>,
}

fn groups(host: &HostPrediction) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for choice in &host.choices {
        let title = match &choice.choice {
            Choice::Pick(pick) => taken(pick),
            Choice::Refusal { .. } => "no address".to_owned(),
            Choice::Unknown { .. } => "unknown".to_owned(),
        };
        match groups.iter_mut().find(|group| group.title == title) {
            Some(group) => group.choices.push(choice),
            None => groups.push(Group { title, choices: vec![choice] }),
        }
    }
    groups
}

fn write_group(page: &mut String, host: &HostPrediction, group: &Group<'_>, style: Style) {
    let pick = group.choices.iter().find_map(|choice| choice.choice.pick());
    let reach = pick.and_then(|pick| pick.addresses.first());
    let reach = reach.and_then(|address| reached(host.reach.get(address)?));
    let reach = reach.map(|reach| format!(": {reach}")).unwrap_or_default();
    wrapped(page, style.width, "  ", "    ", &format!("{}{reach}", group.title));
    // Those with one reason share a line.
    let mut lines: Vec<(Vec<&str>, String)> = Vec::new();
    for choice in &group.choices {
        let why = why(choice, style);
        match lines.iter_mut().find(|(_, other)| *other == why) {
            Some((names, _)) => names.push(choice.component.as_str()),
            None => lines.push((vec![choice.component.as_str()], why)),
        }
    }
    for (names, why) in lines {
        let names = names.join(", ");
        let indent = " ".repeat(4 + NAME_WIDTH);
        let first = format!("    {}", padded(&names, NAME_WIDTH));
        if names.len() < NAME_WIDTH {
            wrapped(page, style.width, &first, &indent, &style.shown(&why));
        } else {
            page.push_str(&format!("    {names}\n"));
            wrapped(page, style.width, &indent, &indent, &style.shown(&why));
        }
    }
}

fn why(choice: &ComponentChoice, style: Style) -> String {
    let mut parts: Vec<String> = match &choice.choice {
        Choice::Pick(pick) => {
            let mtu = pick.mtu.map(|mtu| format!("MTU {mtu} in its tunnel"));
            [pick.rule.clone()].into_iter().chain(mtu).chain(pick.notes.clone()).collect()
        }
        Choice::Refusal { words, rule } => vec![rule.clone(), format!("it will say: {words}")],
        Choice::Unknown { missing } => vec![format!("it depends on {missing}")],
    };
    if style.verbosity > 0 {
        let how = if choice.is_proven { "run beside" } else { "read in" };
        parts.push(format!("{how} {}", choice.source));
    }
    parts.join("; ")
}
