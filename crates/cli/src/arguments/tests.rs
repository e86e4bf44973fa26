//! The command line as a whole: its help, the options that commands share, and which go together.

use std::collections::{BTreeMap, BTreeSet};

use clap::error::ErrorKind;
use clap::{Arg, Command, CommandFactory as _, Parser as _};

use super::help_page::{HEADINGS, WIDTH};
use super::settings::{KubeadmCommand, SettingsCommand};
use super::{CommandLine, DiagnoseGroup, PontoonCommand, SettingsGroup};

/// More than this is not read.
const VISIBLE_COMMANDS_MAX: usize = 20;

/// Options whose help differs between commands because they do something else there, and the
/// command that differs from the others.
const DIFFERENT: [(&str, &str); 9] = [
    // One for each --peer, beside an ssh that may not lead there.
    ("via", "pontoon check"),
    // One link that must be private, not a choice among many.
    ("interface", "pontoon discover"),
    // A file that kubeadm reads, and the form of what is written for it.
    ("config", "pontoon join-check"),
    ("config", "pontoon kubeadm join"),
    ("flags", "pontoon kubeadm join"),
    ("config", "pontoon settings kubeadm join"),
    ("flags", "pontoon settings kubeadm join"),
    // Of the inventory's entry, where others choose among the addresses that a host has.
    ("address", "pontoon hosts add"),
    // Which server of another host of the lab, not which program.
    ("ssh", "pontoon lab via"),
];

fn built() -> Command {
    let mut root = CommandLine::command();
    root.build();
    root
}

/// Calls `visit` with every command below one, and the words that lead there; `help` is clap's.
fn each_command(command: &Command, path: &str, visit: &mut impl FnMut(&str, &Command)) {
    visit(path, command);
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        each_command(sub, &format!("{path} {}", sub.get_name()), visit);
    }
}

fn parse(line: &str) -> Result<PontoonCommand, ErrorKind> {
    let words = std::iter::once("pontoon").chain(line.split_whitespace());
    CommandLine::try_parse_from(words).map(|line| line.command).map_err(|error| error.kind())
}

#[test]
fn the_command_line_is_consistent() {
    CommandLine::command().debug_assert();
}

#[test]
fn every_visible_command_stands_under_one_heading() {
    let help = CommandLine::command().render_long_help().to_string();
    let commands = CommandLine::command();
    let visible = commands.get_subcommands().filter(|command| !command.is_hide_set());
    let visible: BTreeSet<&str> = visible.map(Command::get_name).collect();
    let (mut listed, mut heading) = (BTreeMap::new(), None);
    for line in help.lines() {
        match line.strip_prefix("  ") {
            None => heading = HEADINGS.iter().find(|(title, _)| line == format!("{title}:")),
            Some(rest) if heading.is_some() && !rest.starts_with(' ') => {
                let name = rest.split(' ').next().unwrap_or_default();
                let before = listed.insert(name.to_owned(), heading);
                assert!(before.is_none(), "{name} stands under two headings:\n{help}");
            }
            Some(_) => {}
        }
    }
    let listed: BTreeSet<&str> = listed.keys().map(String::as_str).collect();
    assert_eq!(listed, visible, "{help}");
    assert!(visible.len() <= VISIBLE_COMMANDS_MAX, "{} commands", visible.len());
}

#[test]
fn help_fits_a_terminal_of_eighty_columns() {
    let mut wide = Vec::new();
    each_command(&built(), "pontoon", &mut |path, command| {
        let help = command.clone().term_width(WIDTH).render_long_help().to_string();
        let long = help.lines().filter(|line| line.chars().count() > WIDTH);
        wide.extend(long.map(|line| format!("{path}: {line}")));
    });
    assert!(wide.is_empty(), "\n{}", wide.join("\n"));
}

/// What a user learns of an option, but for the schema of its JSON.
fn described(option: &Arg) -> String {
    let help = option.get_help().map(ToString::to_string).unwrap_or_default();
    let help = help.split(" (docs/schema/").next().unwrap_or_default();
    format!("{help} {:?} {:?}", option.get_short(), option.get_value_names())
}

#[test]
fn options_of_one_name_are_described_alike() {
    let mut seen: BTreeMap<String, BTreeMap<String, Vec<String>>> = BTreeMap::new();
    each_command(&built(), "pontoon", &mut |path, command| {
        for option in command.get_arguments() {
            let Some(name) = option.get_long().filter(|name| *name != "help") else { continue };
            if !DIFFERENT.contains(&(name, path)) {
                let by_text = seen.entry(name.to_owned()).or_default();
                by_text.entry(described(option)).or_default().push(path.to_owned());
            }
        }
    });
    seen.retain(|_, texts| texts.len() > 1);
    assert!(seen.is_empty(), "{seen:#?}");
}

#[test]
fn every_option_and_command_has_help() {
    let mut silent = Vec::new();
    each_command(&built(), "pontoon", &mut |path, command| {
        if command.get_about().is_none() {
            silent.push(path.to_owned());
        }
        let without = command.get_arguments().filter(|option| option.get_help().is_none());
        silent.extend(without.map(|option| format!("{path}: {}", option.get_id())));
    });
    assert_eq!(silent, Vec::<String>::new());
}

#[test]
fn options_that_contradict_each_other_are_refused() {
    for line in [
        "check --passive --server 192.0.2.1",
        "check --passive --peer pi2 --via true",
        "check --passive --peer pi2 --bounce",
        "check --json --request",
        "check --peer pi2 --pair new --record r --via true",
        "mesh pi[1-2] --via true --sudo",
        "mesh pi[1-2] --via true --push",
        "mesh pi[1-2] --via true --ssh ssh",
        "predict pi1 --facts r.jsonl",
        "predict --facts r.jsonl --record s.jsonl",
        "join-check - -- kubeadm join",
        "join-check - --on pi2 --node-name pi2",
        "kubeadm init --config --flags",
        "kubeadm join --line - --flags",
        "settings kubeadm join --line - --flags",
        "exec pi1 --raw --json -- uptime",
        "clock pi1 --sync --json",
        "explain client-isolation --list",
        "man check --dir .",
    ] {
        assert_eq!(parse(line).unwrap_err(), ErrorKind::ArgumentConflict, "{line}");
    }
}

#[test]
fn options_that_need_others_are_refused_alone() {
    for line in [
        "mesh",
        "check --via true",
        "check --bounce",
        "check --pair new --peer pi2",
        "check --redact",
        "predict --redact",
        "demo --redact",
        "mesh pi1 --binaries .",
        "cluster check --binaries .",
        "join-check - --sudo",
        "join-check - --inventory hosts.toml",
        "clock pi1 --yes",
        "clock pi1 --sudo",
        "kubeadm join --config",
        "agent",
        "explain",
        "hosts remove",
        "hosts expand",
    ] {
        assert_eq!(parse(line).unwrap_err(), ErrorKind::MissingRequiredArgument, "{line}");
    }
}

#[test]
fn what_is_no_value_of_an_option_is_refused() {
    for line in [
        "check --timeout soon",
        "mesh pi1 --timeout 0",
        "check --peer -",
        "check --pod-cidr 10.244.0.0",
        "predict --component docker",
        "lab run all --jobs 0",
        "lab run all --jobs 65",
        "lab run all --over telnet",
        "settings flannel --address pi1",
        "completions powershell",
    ] {
        let kind = parse(line).unwrap_err();
        let is_refused = matches!(kind, ErrorKind::ValueValidation | ErrorKind::InvalidValue);
        assert!(is_refused, "{line}: {kind:?}");
    }
    // The commands that `pontoon settings` replaced.
    for name in ["flannel", "calico", "cilium", "k3s", "rke2", "k0s", "talos"] {
        assert_eq!(parse(name).unwrap_err(), ErrorKind::InvalidSubcommand, "{name}");
        assert!(parse(&format!("settings {name}")).is_ok(), "{name}");
    }
}

#[test]
fn without_options_little_is_asked_of_others() {
    let Ok(PontoonCommand::Diagnose(DiagnoseGroup::Check(check))) = parse("check") else {
        panic!("check takes no arguments")
    };
    assert!(!check.passive && !check.bounce && !check.scope.offline);
    assert!(check.scope.timeout.is_none() && check.scope.interfaces.is_empty());
    assert!(check.recording.record.is_none() && !check.output.format.json);
    let Ok(PontoonCommand::Diagnose(DiagnoseGroup::Mesh(mesh))) = parse("mesh pi1 -vv") else {
        panic!("mesh takes hosts")
    };
    assert_eq!(mesh.targets.hosts, ["pi1"]);
    assert_eq!(mesh.output.detail.verbose, 2);
    let by_ssh = mesh.agent.by_ssh;
    assert!(!by_ssh.push && !by_ssh.privilege.sudo && by_ssh.binaries.is_none());
}

#[test]
fn the_short_form_for_kubeadm_is_the_long_one() {
    let line = "kubeadm init --for pi1 --link eth0 --pod-cidr 10.244.0.0/16 pi1";
    let Ok(PontoonCommand::Settings(SettingsGroup::Kubeadm(short))) = parse(line) else {
        panic!("the short form is not understood")
    };
    let long = parse(&format!("settings {line}"));
    let Ok(PontoonCommand::Settings(SettingsGroup::Settings(long))) = long else {
        panic!("the long form is not understood")
    };
    let SettingsCommand::Kubeadm(long) = long.component else { panic!("another component") };
    assert_eq!(format!("{:?}", short.command), format!("{:?}", long.command));
    assert!(matches!(short.command, KubeadmCommand::Init(_)));
}

#[test]
fn the_inventory_is_named_before_or_after_what_is_done_with_it() {
    for line in ["hosts --inventory my.toml list", "hosts list --inventory my.toml"] {
        let Ok(PontoonCommand::Hosts(super::HostsGroup::Hosts(hosts))) = parse(line) else {
            panic!("{line}")
        };
        assert_eq!(hosts.inventory.path.as_deref(), Some("my.toml".as_ref()), "{line}");
    }
}
