//! `pontoon kubeadm`: settings for kubeadm, made of what was seen.

mod installed_version;
mod join_line;

use std::process::ExitCode;

use pontoon_diagnosis::evidence::SettingsEvidence;
use pontoon_diagnosis::{CommandPlace, DistinguishingCheck, Remedy};
use pontoon_model::code;
use pontoon_model::finding::Finding;
use pontoon_model::host::HostName;
use pontoon_model::record::Record;
use pontoon_predict::kubeadm as rule;
use pontoon_predict::kubeadm::endpoint::HostPort;
use pontoon_predict::kubeadm::version::{ConfigApi, KubernetesVersion};
use pontoon_rules::report::pairs::PairRow;
use pontoon_settings::manifests::{kubeadm_init, kubeadm_join, kubeadm_repair, kubeadm_reset};
use pontoon_settings::node_settings::{
    NodeSettings, SettingsInputs, SettingsOverrides, decide_settings, reaches,
};
use pontoon_settings::refusal::SettingsRefusal;

use crate::arguments::kubeadm::{
    InitArguments, JoinArguments, KubeadmCommand, RepairArguments, ResetArguments,
    SettingsArguments,
};
use crate::command::{facts_source, survey_report};
use crate::failure::{ClusterFailure, CommandFailure};
use crate::output;

/// Writes what was asked for.
pub(crate) fn run(command: &KubeadmCommand) -> Result<ExitCode, CommandFailure> {
    match command {
        KubeadmCommand::Init(arguments) => init(arguments),
        KubeadmCommand::Join(arguments) => join(arguments),
        KubeadmCommand::ResetAdvice(arguments) => reset(arguments),
        KubeadmCommand::RepairAdvice(arguments) => repair(arguments),
    }
}

/// Facts, and what follows from them.
struct DiagnosedRecord {
    record: Record,
    pairs: Vec<PairRow>,
    findings: Vec<Finding>,
}

impl DiagnosedRecord {
    fn of(record: Record) -> Self {
        let report = survey_report::report(&record);
        Self { record, pairs: report.pairs, findings: report.findings }
    }

    fn known(&self) -> SettingsInputs<'_> {
        SettingsInputs { record: &self.record, pairs: &self.pairs, findings: &self.findings }
    }

    fn settle(&self, arguments: &SettingsArguments) -> Result<NodeSettings, CommandFailure> {
        let host = host(&self.record, arguments.host.as_ref())?;
        let wishes = SettingsOverrides {
            address: arguments.address,
            link: arguments.link.clone(),
            pods: arguments.pod_cidr,
            services: arguments.service_cidr,
            endpoint: arguments.endpoint.clone(),
            names: arguments.names.clone(),
        };
        let settings = decide_settings(self.known(), host, &wishes)
            .map_err(|source| ClusterFailure::Settings { source })?;
        for warning in &settings.warnings {
            output::note(&format!("WARNING: {warning}"));
        }
        Ok(settings)
    }
}

/// The settings of the host that is meant. Where nobody could be asked the number to end with
/// comes back.
pub(crate) fn settings_for_host(
    arguments: &SettingsArguments,
) -> Result<Result<NodeSettings, ExitCode>, CommandFailure> {
    match facts_source::collect_facts(&arguments.source)? {
        Ok(record) => DiagnosedRecord::of(record).settle(arguments).map(Ok),
        Err(code) => Ok(Err(code)),
    }
}

/// The host that is meant: the only one, where none is named.
fn host<'a>(
    record: &'a Record,
    named: Option<&'a HostName>,
) -> Result<&'a HostName, CommandFailure> {
    let mut hosts = record.facts.hosts.keys();
    match (named, hosts.next(), hosts.next()) {
        (Some(named), ..) => Ok(named),
        (None, Some(only), None) => Ok(only),
        (None, ..) => {
            let hosts = record.facts.hosts.keys().cloned().collect();
            let known = SettingsEvidence::KnownHosts { hosts };
            let refusal = SettingsRefusal::new(
                code::SETTINGS_HOST_UNNAMED,
                "it is not said which host the settings are for",
                [known],
            );
            Err(refused(refusal.remedy(Remedy::action("say --for HOST"))))
        }
    }
}

fn init(arguments: &InitArguments) -> Result<ExitCode, CommandFailure> {
    let settings = match settings_for_host(&arguments.settings)? {
        Ok(settings) => settings,
        Err(code) => return Ok(code),
    };
    let told = arguments.kubeadm_version.as_ref();
    let text = if arguments.flags {
        kubeadm_init::command(&settings, told)
    } else {
        let (version, api) = version(&settings, &arguments.settings, told)?;
        kubeadm_init::configuration(&settings, api, &version)
    };
    output::data(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn join(arguments: &JoinArguments) -> Result<ExitCode, CommandFailure> {
    // What was pasted is read first: it may be wrong, and hosts are asked for seconds.
    let told = arguments.line.as_deref().map(join_line::read_join_line).transpose()?;
    let record = match facts_source::collect_facts(&arguments.settings.source)? {
        Ok(record) => record,
        Err(code) => return Ok(code),
    };
    let gathered = DiagnosedRecord::of(record);
    let settings = gathered.settle(&arguments.settings)?;
    let text = match told {
        None => kubeadm_join::preparation(&settings),
        Some(line) => {
            let endpoint = line.discovery.endpoint();
            let reaches = |address| reaches(gathered.known(), &settings.host, address);
            if endpoint.host.address().and_then(reaches) == Some(false) {
                return Err(refused(unreached(&settings, endpoint)));
            }
            let told = arguments.kubeadm_version.as_ref();
            let (_, api) = version(&settings, &arguments.settings, told)?;
            join_line::configuration(&settings, api, &line)
        }
    };
    output::data(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// A refusal as the failure of the command.
fn refused(source: SettingsRefusal) -> CommandFailure {
    ClusterFailure::Settings { source }.into()
}

/// The line leads to an address that the host does not reach.
fn unreached(settings: &NodeSettings, endpoint: &HostPort) -> SettingsRefusal {
    let host = &settings.host;
    let server = HostName::lossy(&endpoint.host.to_string());
    let move_it = format!("pontoon kubeadm repair-advice --from {server}");
    let summary = format!("{host} cannot join {}", endpoint.authority());
    let evidence = SettingsEvidence::ServerUnreached { host: host.clone(), server };
    SettingsRefusal::new(code::JOIN_SERVER_UNREACHED, summary, [evidence]).of_host(host).remedy(
        Remedy::command(move_it)
            .at(CommandPlace::ControlPlane)
            .to("move the cluster to an address that all hosts reach"),
    )
}

fn reset(arguments: &ResetArguments) -> Result<ExitCode, CommandFailure> {
    let record = match facts_source::collect_facts(&arguments.source)? {
        Ok(record) => record,
        Err(code) => return Ok(code),
    };
    let name = host(&record, arguments.host.as_ref())?;
    let Some(facts) = record.facts.hosts.get(name) else {
        return Err(ClusterFailure::NoFacts { name: name.clone() }.into());
    };
    output::data(&kubeadm_reset::advice(name.as_str(), &facts.snapshot))?;
    Ok(ExitCode::SUCCESS)
}

fn repair(arguments: &RepairArguments) -> Result<ExitCode, CommandFailure> {
    let record = match facts_source::collect_facts(&arguments.settings.source)? {
        Ok(record) => record,
        Err(code) => return Ok(code),
    };
    let gathered = DiagnosedRecord::of(record);
    let settings = gathered.settle(&arguments.settings)?;
    let node = gathered.record.facts.hosts.get(&settings.host);
    let foretold = || {
        let choice = rule::advertise_address(&node?.snapshot, None);
        choice.pick().and_then(|pick| pick.addresses.first().copied())
    };
    let Some(from) = arguments.from.or_else(foretold) else {
        return Err(refused(
            SettingsRefusal::new(
                code::INIT_ADDRESS_UNKNOWN,
                "the address that kubeadm init took is not known",
                [SettingsEvidence::NoDefaultRoute],
            )
            .of_host(&settings.host)
            .decided_by(DistinguishingCheck::by_command(
                CommandPlace::ControlPlane,
                "grep server: /etc/kubernetes/admin.conf",
            ))
            .remedy(Remedy::action("say --from")),
        ));
    };
    let text = match arguments.to {
        Some(to) => kubeadm_repair::worker(&settings, from, to),
        None if from == settings.address.value => {
            let right = SettingsEvidence::AddressAlreadyRight { address: from };
            let summary = format!("{} needs no repair", settings.host);
            return Err(refused(
                SettingsRefusal::new(code::REPAIR_NOT_NEEDED, summary, [right])
                    .of_host(&settings.host)
                    .remedy(Remedy::action("say --from, if init took another")),
            ));
        }
        None => {
            let told = arguments.kubeadm_version.as_ref();
            let (_, api) = version(&settings, &arguments.settings, told)?;
            kubeadm_repair::control_plane(&settings, from, api)
        }
    };
    output::data(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// The kubeadm of the host, and the form of configuration that it reads.
fn version(
    settings: &NodeSettings,
    arguments: &SettingsArguments,
    told: Option<&KubernetesVersion>,
) -> Result<(KubernetesVersion, ConfigApi), CommandFailure> {
    let is_here = arguments.source.hosts.is_empty() && arguments.source.facts.is_empty();
    let found = told.cloned().or_else(|| is_here.then(installed_version::version).flatten());
    let host = &settings.host;
    let refuse = |code, why| {
        let check = DistinguishingCheck::by_command(
            CommandPlace::Host(host.clone()),
            "kubeadm version -o short",
        );
        refused(
            SettingsRefusal::new(code, "the form of the configuration is not decided", [why])
                .of_host(host)
                .decided_by(check)
                .remedy(Remedy::action("say --kubeadm-version")),
        )
    };
    let version = found.ok_or_else(|| {
        let unknown = SettingsEvidence::KubeadmVersionUnknown { host: host.clone() };
        refuse(code::KUBEADM_VERSION_UNKNOWN, unknown)
    })?;
    let api = version.config_api().ok_or_else(|| {
        let unsupported =
            SettingsEvidence::KubeadmVersionUnsupported { version: version.to_string() };
        refuse(code::KUBEADM_VERSION_UNSUPPORTED, unsupported)
    })?;
    Ok((version, api))
}
