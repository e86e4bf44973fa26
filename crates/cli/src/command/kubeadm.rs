//! `pontoon kubeadm`: settings for kubeadm, made of what was seen.

mod installed_version;
mod join_line;

use std::process::ExitCode;

use pontoon_diagnosis::evidence::SettingsEvidence;
use pontoon_diagnosis::{CommandPlace, Diagnosis, DistinguishingCheck, Remedy};
use pontoon_model::code;
use pontoon_model::host::HostName;
use pontoon_model::record::Record;
use pontoon_model::shell_command;
use pontoon_predict::kubeadm::endpoint::HostPort;
use pontoon_predict::kubeadm::version::{ConfigApi, KubernetesVersion};
use pontoon_rules::report::pairs::PairRow;
use pontoon_settings::manifests::{kubeadm_init, kubeadm_join, kubeadm_repair, kubeadm_reset};
use pontoon_settings::node_settings::{
    NodeSettings, SettingsInputs, SettingsOverrides, decide_settings, reaches,
};
use pontoon_settings::refusal::SettingsRefusal;

use crate::arguments::settings::{
    InitArguments, JoinArguments, KubeadmCommand, RepairArguments, ResetArguments,
    SettingsArguments,
};
use crate::command::{facts_source, survey_report};
use crate::failure::{ClusterFailure, CommandFailure};
use crate::output;

/// Runs a command below `pontoon kubeadm`.
pub(crate) fn run(command: &KubeadmCommand) -> Result<ExitCode, CommandFailure> {
    match command {
        KubeadmCommand::Init(arguments) => init(arguments),
        KubeadmCommand::Join(arguments) => join(arguments),
        KubeadmCommand::ResetAdvice(arguments) => reset(arguments),
        KubeadmCommand::RepairAdvice(arguments) => repair(arguments),
    }
}

/// Facts, and the diagnosis of them.
struct DiagnosedRecord {
    record: Record,
    pairs: Vec<PairRow>,
    diagnoses: Vec<Diagnosis>,
}

impl DiagnosedRecord {
    fn of(record: Record) -> Self {
        let report = survey_report::report(&record);
        Self { record, pairs: report.pairs, diagnoses: report.diagnoses }
    }

    fn known(&self) -> SettingsInputs<'_> {
        SettingsInputs { record: &self.record, pairs: &self.pairs, diagnoses: &self.diagnoses }
    }

    fn settle(&self, arguments: &SettingsArguments) -> Result<NodeSettings, CommandFailure> {
        let host = host(&self.record, arguments.target.host.as_ref())?;
        let overrides = SettingsOverrides {
            address: arguments.address,
            link: arguments.link.clone(),
            pods: arguments.planned.pod_cidr,
            services: arguments.planned.service_cidr,
            endpoint: arguments.endpoint.clone(),
            names: arguments.names.clone(),
        };
        let settings = decide_settings(self.known(), host, &overrides)
            .map_err(|source| ClusterFailure::Settings { source })?;
        for warning in &settings.warnings {
            output::note(&format!("WARNING: {warning}"));
        }
        Ok(settings)
    }
}

/// The settings for the target host. If no host can be reached, returns the exit code.
pub(crate) fn settings_for_host(
    arguments: &SettingsArguments,
) -> Result<Result<NodeSettings, ExitCode>, CommandFailure> {
    match facts_source::collect_facts(&arguments.target.source)? {
        Ok(record) => DiagnosedRecord::of(record).settle(arguments).map(Ok),
        Err(code) => Ok(Err(code)),
    }
}

/// The host of `--for`; without it the only one that the facts cover.
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
                "the host that the settings are for is not named",
                [known],
            );
            Err(refused(refusal.remedy(Remedy::action("use --for HOST"))))
        }
    }
}

fn init(arguments: &InitArguments) -> Result<ExitCode, CommandFailure> {
    let settings = match settings_for_host(&arguments.settings)? {
        Ok(settings) => settings,
        Err(code) => return Ok(code),
    };
    let named_version = arguments.kubeadm.kubeadm_version.as_ref();
    let text = if arguments.flags {
        kubeadm_init::command(&settings, named_version)
    } else {
        let (version, api) = version(&settings, &arguments.settings, named_version)?;
        kubeadm_init::configuration(&settings, api, &version)
    };
    output::data(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn join(arguments: &JoinArguments) -> Result<ExitCode, CommandFailure> {
    // The line is read first: it may be invalid, and asking hosts takes seconds.
    let line = arguments.line.as_deref().map(join_line::read_join_line).transpose()?;
    let record = match facts_source::collect_facts(&arguments.settings.target.source)? {
        Ok(record) => record,
        Err(code) => return Ok(code),
    };
    let diagnosed = DiagnosedRecord::of(record);
    let settings = diagnosed.settle(&arguments.settings)?;
    let text = match line {
        None => kubeadm_join::preparation(&settings),
        Some(line) => {
            let endpoint = line.discovery.endpoint();
            let reaches = |address| reaches(diagnosed.known(), &settings.host, address);
            if endpoint.host.address().and_then(reaches) == Some(false) {
                return Err(refused(unreached(&settings, endpoint)));
            }
            let named_version = arguments.kubeadm.kubeadm_version.as_ref();
            let (_, api) = version(&settings, &arguments.settings, named_version)?;
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
    let move_it = shell_command!("pontoon kubeadm repair-advice --from {}", server);
    let summary = format!("{host} cannot join {}", endpoint.authority());
    let evidence = SettingsEvidence::ServerUnreached { host: host.clone(), server };
    SettingsRefusal::new(code::JOIN_SERVER_UNREACHED, summary, [evidence]).of_host(host).remedy(
        Remedy::command(move_it)
            .at(CommandPlace::ControlPlane)
            .to("move the cluster to an address that all hosts reach"),
    )
}

fn reset(arguments: &ResetArguments) -> Result<ExitCode, CommandFailure> {
    let record = match facts_source::collect_facts(&arguments.target.source)? {
        Ok(record) => record,
        Err(code) => return Ok(code),
    };
    let name = host(&record, arguments.target.host.as_ref())?;
    let Some(facts) = record.facts.hosts.get(name) else {
        return Err(ClusterFailure::NoFacts { name: name.clone() }.into());
    };
    output::data(&kubeadm_reset::advice(name.as_str(), &facts.snapshot))?;
    Ok(ExitCode::SUCCESS)
}

fn repair(arguments: &RepairArguments) -> Result<ExitCode, CommandFailure> {
    let record = match facts_source::collect_facts(&arguments.settings.target.source)? {
        Ok(record) => record,
        Err(code) => return Ok(code),
    };
    let diagnosed = DiagnosedRecord::of(record);
    let settings = diagnosed.settle(&arguments.settings)?;
    let node = diagnosed.record.facts.hosts.get(&settings.host);
    let in_files = || {
        let files = &node?.snapshot.node;
        let node_ip = || files.kubelet.node_ip.as_ref()?.raw().parse().ok();
        match arguments.to {
            // A worker is led to the API server; its own addresses do not matter.
            Some(_) => files.kubeadm.api_server,
            None => files.kubeadm.advertise_address.or(files.kubeadm.api_server).or_else(node_ip),
        }
    };
    let Some(from) = arguments.from.or_else(in_files) else {
        return Err(refused(
            SettingsRefusal::new(
                code::INIT_ADDRESS_UNKNOWN,
                "the address that the API server has now is not known",
                [SettingsEvidence::NotInNodeFiles],
            )
            .of_host(&settings.host)
            .decided_by(DistinguishingCheck::by_command(
                CommandPlace::ControlPlane,
                "grep server: /etc/kubernetes/kubelet.conf",
            ))
            .remedy(Remedy::action("use --from")),
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
                    .remedy(Remedy::action("use --from, if init took another")),
            ));
        }
        None => {
            let named_version = arguments.kubeadm.kubeadm_version.as_ref();
            let (_, api) = version(&settings, &arguments.settings, named_version)?;
            kubeadm_repair::control_plane(&settings, from, api)
        }
    };
    output::data(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// The version of the host's kubeadm, and the API version of the configuration it reads.
fn version(
    settings: &NodeSettings,
    arguments: &SettingsArguments,
    named_version: Option<&KubernetesVersion>,
) -> Result<(KubernetesVersion, ConfigApi), CommandFailure> {
    let is_here =
        arguments.target.source.hosts.is_empty() && arguments.target.source.facts.is_empty();
    let found =
        named_version.cloned().or_else(|| is_here.then(installed_version::version).flatten());
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
                .remedy(Remedy::action("use --kubeadm-version")),
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
