//! `pontoon kubeadm`: settings for kubeadm, made of what was seen.

mod installed_version;
mod join_line;

use std::process::ExitCode;

use pontoon_diagnosis::Diagnosis;
use pontoon_model::host::HostName;
use pontoon_model::record::Record;
use pontoon_predict::kubeadm as rule;
use pontoon_predict::kubeadm::endpoint::HostPort;
use pontoon_predict::kubeadm::version::{ConfigApi, KubernetesVersion};
use pontoon_rules::report::pairs::PairRow;
use pontoon_settings::manifests::{kubeadm_init, kubeadm_join, kubeadm_repair, kubeadm_reset};
use pontoon_settings::node_settings::{
    NodeSettings, RefusalKind, SettingsInputs, SettingsOverrides, SettingsRefusal, decide_settings,
    reaches,
};

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
    findings: Vec<Diagnosis>,
}

impl DiagnosedRecord {
    fn of(record: Record) -> Self {
        let report = survey_report::report(&record);
        Self { record, pairs: report.pairs, findings: report.diagnoses }
    }

    fn known(&self) -> SettingsInputs<'_> {
        SettingsInputs { record: &self.record, pairs: &self.pairs, findings: &self.findings }
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
            let names: Vec<_> = record.facts.hosts.keys().map(HostName::as_str).collect();
            Err(ClusterFailure::Settings {
                source: SettingsRefusal {
                    kind: RefusalKind::Wish,
                    what: "settings".to_owned(),
                    why: format!("the facts are of several hosts: {}", names.join(", ")),
                    ask: "use --for HOST".to_owned(),
                },
            }
            .into())
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
                return Err(
                    ClusterFailure::Settings { source: unreached(&settings, endpoint) }.into()
                );
            }
            let named_version = arguments.kubeadm.kubeadm_version.as_ref();
            let (_, api) = version(&settings, &arguments.settings, named_version)?;
            join_line::configuration(&settings, api, &line)
        }
    };
    output::data(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Refuses a join to an address that the host cannot reach.
fn unreached(settings: &NodeSettings, endpoint: &HostPort) -> SettingsRefusal {
    SettingsRefusal {
        kind: RefusalKind::Impossible,
        what: format!("a join of {} to {}", settings.host, endpoint.authority()),
        why: format!("{} cannot reach {}", settings.host, endpoint.host),
        ask: format!(
            "the cluster has to move to an address that all nodes can reach: pontoon kubeadm repair-advice \
             --from {}",
            endpoint.host
        ),
    }
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
    let predicted = || {
        let choice = rule::advertise_address(&node?.snapshot, None);
        choice.pick().and_then(|pick| pick.addresses.first().copied())
    };
    let Some(from) = arguments.from.or_else(predicted) else {
        return Err(ClusterFailure::Settings {
            source: SettingsRefusal {
                kind: RefusalKind::Undecided,
                what: "the address that kubeadm init took".to_owned(),
                why: "no default route leads to it now".to_owned(),
                ask: "use --from; it is the server in /etc/kubernetes/admin.conf".to_owned(),
            },
        }
        .into());
    };
    let text = match arguments.to {
        Some(to) => kubeadm_repair::worker(&settings, from, to),
        None if from == settings.address.value => {
            return Err(ClusterFailure::Settings {
                source: SettingsRefusal {
                    kind: RefusalKind::Wish,
                    what: format!("a repair of {}", settings.host),
                    why: format!("{from} is the address that it should have"),
                    ask: "use --from, if init took another".to_owned(),
                },
            }
            .into());
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
    let source = &arguments.target.source;
    let is_here = source.hosts.is_empty() && source.facts.is_empty();
    let found =
        named_version.cloned().or_else(|| is_here.then(installed_version::version).flatten());
    let refuse = |why: String| ClusterFailure::Settings {
        source: SettingsRefusal {
            kind: RefusalKind::Undecided,
            what: "the API version of the configuration".to_owned(),
            why,
            ask: format!(
                "use --kubeadm-version; `kubeadm version -o short` on {} prints it",
                settings.host
            ),
        },
    };
    let version = found.ok_or_else(|| {
        refuse(format!("the version of kubeadm on {} is not known", settings.host))
    })?;
    let api = version.config_api().ok_or_else(|| {
        refuse(format!("kubeadm {version} reads no API version that pontoon writes"))
    })?;
    Ok((version, api))
}
