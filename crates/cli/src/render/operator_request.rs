//! A text to send to the people who run the network.

use std::collections::BTreeSet;

use pontoon_diagnosis::Diagnosis;
use pontoon_model::net::IfName;
use pontoon_rules::report::SurveyReport;

use super::report_text::is_for_operator;
use super::style::TerminalStyle;
use super::wrap::wrapped;

/// Mails are read at this width.
const WIDTH: usize = 72;

const NOTHING_TO_ASK: &str = "Nothing was found that only the people who run the network could \
    change, so there is nothing to ask them for. Without --request the report says what can be \
    done on the hosts themselves.";

const QUESTION: &str = "Could you tell us whether this is intended? If it is, we would be glad of \
    any of these, whichever fits your rules best:";

const WISHES: [&str; 4] = [
    "let these devices (by their MAC addresses above) exchange frames with each other;",
    "give them a network of their own (SSID, VLAN or wired ports) in which they may;",
    "let packets between their addresses pass at the router;",
    "or tell us that it stays so: then we connect them by a switch of our own that touches your \
     network at one device only, if you allow that.",
];

/// Writes the request. It asks and offers; it never tells how to get around a rule.
pub(crate) fn request(report: &SurveyReport) -> String {
    let mut page = String::new();
    let style = TerminalStyle { width: WIDTH, ..TerminalStyle::PLAIN };
    let asked: Vec<_> = report.diagnoses.iter().filter(|f| is_for_operator(f)).collect();
    if asked.is_empty() {
        wrapped(&mut page, WIDTH, "", "", NOTHING_TO_ASK);
        return page;
    }
    page.push_str("Subject: Devices of ours cannot reach each other on your network\n\n");
    say(&mut page, style, "Hello,");
    let devices_count = report.hosts.len().max(2);
    say(
        &mut page,
        style,
        &format!(
            "we run {devices_count} small computers (a Kubernetes cluster for teaching and tests) \
             on your network. They have to exchange packets with each other. We measured what \
             keeps them from it:"
        ),
    );
    measured(&mut page, &asked, style);
    page.push_str("\nThe devices:\n\n");
    devices(&mut page, report, &asked, style);
    page.push('\n');
    say(&mut page, style, QUESTION);
    for wish in WISHES {
        wrapped(&mut page, WIDTH, "* ", "  ", wish);
    }
    page.push('\n');
    let frames: u64 =
        report.frames_sent.values().flat_map(|kinds| kinds.values()).copied().map(u64::from).sum();
    say(
        &mut page,
        style,
        &format!(
            "The measurement sent {frames} packets in all: to our own devices and the gateway, and \
             at most to the servers of names, of one check page and of time. No more than two a \
             second went to everybody on the link. No way around your filters was tried. Run {}; a record can be \
             sent.",
            report.run
        ),
    );
    page.push_str("Thank you\n");
    page
}

fn say(page: &mut String, style: TerminalStyle, text: &str) {
    wrapped(page, WIDTH, "", "", &style.printable(text));
    page.push('\n');
}

fn measured(page: &mut String, asked: &[&Diagnosis], style: TerminalStyle) {
    let mut told = BTreeSet::new();
    for finding in asked {
        if !told.insert((finding.code.as_str(), &finding.scope.link)) {
            continue;
        }
        let link = finding.scope.link.as_ref().map(|link| format!(" (on {link})"));
        let text = format!("{}{}", finding.summary, link.unwrap_or_default());
        wrapped(page, WIDTH, "* ", "  ", &style.printable(&text));
        for evidence in finding.evidence.iter().take(3) {
            let line = style.printable(&evidence.to_string());
            wrapped(page, WIDTH, "  - ", "    ", &line);
        }
    }
}

/// The links that the findings are about: a switch of our own is nobody else's business.
fn devices(page: &mut String, report: &SurveyReport, asked: &[&Diagnosis], style: TerminalStyle) {
    let is_meant = |name: &IfName| {
        asked.iter().any(|finding| finding.scope.link.as_ref().is_none_or(|link| link == name))
    };
    for host in &report.hosts {
        let links = host.links.iter().filter(|link| is_meant(&link.name));
        for link in links.filter(|link| !link.addresses.is_empty()) {
            let addresses: Vec<_> = link.addresses.iter().map(ToString::to_string).collect();
            let mac = link.mac.map(|mac| format!(", MAC {mac}")).unwrap_or_default();
            let ssid = link.ssid.as_ref().map(|ssid| format!(", SSID {ssid}")).unwrap_or_default();
            let at = link.bssid.map(|mac| format!(" at access point {mac}")).unwrap_or_default();
            let channel = link.frequency_mhz.map(|mhz| format!(", {mhz} MHz")).unwrap_or_default();
            let addresses = addresses.join(", ");
            let text = format!("{} {}: {addresses}{mac}{ssid}{at}{channel}", host.name, link.name);
            wrapped(page, WIDTH, "* ", "  ", &style.printable(&text));
        }
    }
}
