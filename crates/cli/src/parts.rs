//! The parts that other crates bring, under one roof until they are merged.

pub(crate) use pontoon_probe::key;

pub(crate) mod survey {
    use std::collections::BTreeMap;
    use std::ffi::OsString;
    use std::net::IpAddr;
    use std::process::Command;
    use std::time::Duration;

    use pontoon_model::facts::{Facts, Intent};
    use pontoon_model::host::HostName;
    use pontoon_model::net::IfName;
    use pontoon_model::snapshot::Radio;
    use pontoon_probe::survey as real;

    use super::key::Key;

    pub(crate) use real::SurveyError;

    pub(crate) struct Seat {
        pub(crate) host: HostName,
        pub(crate) argv: Vec<OsString>,
    }

    pub(crate) struct Options {
        pub(crate) key: Key,
        pub(crate) links: Vec<IfName>,
        pub(crate) budget: Option<Duration>,
        pub(crate) is_passive: bool,
        pub(crate) is_offline: bool,
        pub(crate) may_bounce: bool,
        pub(crate) portal_url: Option<String>,
        pub(crate) server: Vec<IpAddr>,
        pub(crate) peers: BTreeMap<HostName, Vec<IpAddr>>,
        pub(crate) radios: BTreeMap<(HostName, IfName), Radio>,
    }

    pub(crate) struct Progress {
        pub(crate) text: String,
    }

    pub(crate) fn run(
        seats: Vec<Seat>,
        intent: &Intent,
        options: &Options,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Facts, SurveyError> {
        let seats = seats
            .into_iter()
            .map(|seat| {
                #[expect(clippy::disallowed_methods, reason = "an agent is a program")]
                let mut command = Command::new(&seat.argv[0]);
                command.args(&seat.argv[1..]);
                let radios = options.radios.iter().filter(|((host, _), _)| *host == seat.host);
                real::Seat {
                    channel: real::Channel::start(command),
                    asks: true,
                    radios: radios
                        .map(|((_, link), radio)| (link.clone(), radio.clone()))
                        .collect(),
                    host: seat.host,
                }
            })
            .collect();
        let peers = options.peers.iter();
        let asked = real::Options {
            links: options.links.clone(),
            timeout_ms: options
                .budget
                .map(|budget| u64::try_from(budget.as_millis()).unwrap_or(u64::MAX)),
            is_passive: options.is_passive,
            is_offline: options.is_offline,
            bounces: options.may_bounce,
            server: options.server.first().copied(),
            page: options.portal_url.as_ref().and_then(|url| url.parse().ok()),
            one_ended: peers
                .filter_map(|(host, addresses)| Some((host.clone(), *addresses.first()?)))
                .collect(),
        };
        let survey = real::run(seats, intent, &asked, &mut |step| {
            progress(Progress { text: format!("{step:?}") });
        })?;
        Ok(survey.facts)
    }
}

pub(crate) mod rule {
    use pontoon_model::facts::Facts;
    use pontoon_model::finding::{Finding, Rule};

    pub(crate) const RULES: &[Rule] = &[];

    pub(crate) fn diagnose(_: &Facts) -> Vec<Finding> {
        Vec::new()
    }

    pub(crate) fn rule(code: &str) -> Option<&'static Rule> {
        RULES.iter().find(|rule| rule.code.0 == code)
    }
}

pub(crate) mod agent {
    use std::process::ExitCode;

    pub(crate) fn serve(input: std::io::Stdin, output: std::io::Stdout) -> ExitCode {
        match pontoon_probe::agent::serve(input, output) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        }
    }
}
