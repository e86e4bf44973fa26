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
            let names: Vec<_> = record.facts.hosts.keys().map(HostName::as_str).collect();
            Err(ClusterFailure::Settings {
                source: SettingsRefusal {
                    kind: RefusalKind::Wish,
                    what: "settings".to_owned(),
                    why: format!("the facts are of several hosts: {}", names.join(", ")),
                    ask: "say --for HOST".to_owned(),
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
                return Err(
                    ClusterFailure::Settings { source: unreached(&settings, endpoint) }.into()
                );
            }
            let told = arguments.kubeadm_version.as_ref();
            let (_, api) = version(&settings, &arguments.settings, told)?;
            join_line::configuration(&settings, api, &line)
        }
    };
    output::data(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// The line leads to an address that the host does not reach.
fn unreached(settings: &NodeSettings, endpoint: &HostPort) -> SettingsRefusal {
    SettingsRefusal {
        kind: RefusalKind::Impossible,
        what: format!("a join of {} to {}", settings.host, endpoint.authority()),
        why: format!("{} does not reach {}", settings.host, endpoint.host),
        ask: format!(
            "the cluster has to move to an address that all reach: pontoon kubeadm repair-advice \
             --from {}",
            endpoint.host
        ),
    }
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
        return Err(ClusterFailure::Settings {
            source: SettingsRefusal {
                kind: RefusalKind::Undecided,
                what: "the address that kubeadm init took".to_owned(),
                why: "there is no default route now that would lead to it".to_owned(),
                ask: "say --from; it is the server in /etc/kubernetes/admin.conf".to_owned(),
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
                    why: format!("{from} is the address that it ought to have"),
                    ask: "say --from, if init took another".to_owned(),
                },
            }
            .into());
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
    let refuse = |why: String| ClusterFailure::Settings {
        source: SettingsRefusal {
            kind: RefusalKind::Undecided,
            what: "the form of the configuration".to_owned(),
            why,
            ask: format!(
                "say --kubeadm-version; `kubeadm version -o short` on {} prints it",
                settings.host
            ),
        },
    };
    let version = found
        .ok_or_else(|| refuse(format!("which kubeadm is on {} is not known", settings.host)))?;
    let api = version
        .config_api()
        .ok_or_else(|| refuse(format!("kubeadm {version} reads none that is written here")))?;
    Ok((version, api))
}
