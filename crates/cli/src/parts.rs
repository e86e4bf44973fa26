//! The parts that other crates bring, under one roof until they are merged.
//!
//! Stand-ins with the agreed signatures; nothing else in this crate knows that they are.
#![expect(dead_code, reason = "stand-ins have fields that only the real ones read")]

pub(crate) mod key {
    #[derive(Clone, Debug)]
    pub(crate) struct Key;

    impl Key {
        pub(crate) fn random() -> Result<Self, std::io::Error> {
            Ok(Self)
        }

        pub(crate) fn tag(&self, message: &[u8]) -> [u8; 32] {
            let sum = message.iter().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
                (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
            });
            let mut tag = [0; 32];
            tag[..8].copy_from_slice(&sum.to_be_bytes());
            tag
        }
    }
}

pub(crate) mod ask {
    #[derive(Clone, Debug)]
    pub(crate) struct PortalPage;

    impl std::str::FromStr for PortalPage {
        type Err = std::fmt::Error;

        fn from_str(_: &str) -> Result<Self, Self::Err> {
            Ok(Self)
        }
    }
}

pub(crate) mod survey {
    use std::collections::BTreeMap;
    use std::net::IpAddr;
    use std::process::Command;

    use pontoon_model::facts::{Facts, Intent};
    use pontoon_model::host::HostName;
    use pontoon_model::net::IfName;
    use pontoon_model::snapshot::Radio;

    use super::key::Key;
    use super::ask::PortalPage;

    #[derive(Debug)]
    pub(crate) struct Channel;

    #[derive(Debug, thiserror::Error)]
    #[error("the agent is not part of this build")]
    pub(crate) struct ChannelError;

    impl Channel {
        pub(crate) fn start(_: Command) -> Result<Self, ChannelError> {
            Err(ChannelError)
        }
    }

    #[derive(Debug)]
    pub(crate) struct Seat {
        pub(crate) host: HostName,
        pub(crate) channel: Result<Channel, ChannelError>,
        pub(crate) asks: bool,
        pub(crate) radios: BTreeMap<IfName, Radio>,
    }

    #[derive(Clone, Debug, Default)]
    pub(crate) struct Options {
        pub(crate) links: Vec<IfName>,
        pub(crate) timeout_ms: Option<u64>,
        pub(crate) is_passive: bool,
        pub(crate) is_offline: bool,
        pub(crate) bounces: bool,
        pub(crate) server: Option<IpAddr>,
        pub(crate) page: Option<PortalPage>,
        pub(crate) one_ended: Vec<(HostName, IpAddr)>,
    }

    #[derive(Debug)]
    pub(crate) struct Survey {
        pub(crate) facts: Facts,
        pub(crate) unreached: Vec<(HostName, ChannelError)>,
        pub(crate) key: Key,
    }

    pub(crate) enum Progress {
        Starting { hosts: usize },
        Asking { pairs: usize, settled: usize, left_ms: u64 },
    }

    #[derive(Debug, thiserror::Error)]
    #[error("the survey is not part of this build")]
    pub(crate) struct SurveyError;

    pub(crate) fn run(
        _: Vec<Seat>,
        _: &Intent,
        _: &Options,
        _: &mut dyn FnMut(Progress),
    ) -> Result<Survey, SurveyError> {
        Err(SurveyError)
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
    #[derive(Debug, thiserror::Error)]
    #[error("the agent is not part of this build")]
    pub(crate) struct ServeError;

    pub(crate) fn serve(_: std::io::Stdin, _: std::io::Stdout) -> Result<(), ServeError> {
        Err(ServeError)
    }
}

pub(crate) mod lab {
    use std::ffi::OsStr;
    use std::net::IpAddr;
    use std::process::Command;

    use pontoon_model::host::HostName;

    use scenario::Scenario;

    #[derive(Debug, thiserror::Error)]
    #[error("the lab is not part of this build")]
    pub(crate) struct LabError;

    #[derive(Debug)]
    pub(crate) struct Lab;

    impl Lab {
        pub(crate) fn raise(_: &Scenario) -> Result<Self, LabError> {
            Err(LabError)
        }

        pub(crate) fn hosts(&self) -> Vec<HostName> {
            Vec::new()
        }

        pub(crate) fn addresses(&self, _: &HostName) -> Vec<IpAddr> {
            Vec::new()
        }

        pub(crate) fn command(&self, _: &HostName, _: &[&OsStr]) -> Command {
            unreachable!("a lab cannot be raised")
        }
    }

    pub(crate) mod hidden {
        use std::ffi::OsString;
        use std::process::ExitCode;

        pub(crate) fn run(_: &str, _: &[OsString]) -> Option<ExitCode> {
            None
        }
    }

    pub(crate) mod via {
        use std::process::ExitCode;

        use pontoon_model::host::HostName;

        pub(crate) fn via(_: &HostName) -> ExitCode {
            ExitCode::FAILURE
        }
    }

    pub(crate) mod sandbox {
        use std::ffi::OsString;
        use std::process::ExitCode;

        pub(crate) const INSIDE: &str = "lab-inside";

        #[derive(Debug, thiserror::Error)]
        #[error("the lab is not part of this build")]
        pub(crate) struct SandboxError;

        pub(crate) fn enter(_: &[OsString]) -> Result<ExitCode, SandboxError> {
            Err(SandboxError)
        }
    }

    pub(crate) mod scenario {
        use std::collections::BTreeMap;
        use std::path::Path;

        use pontoon_model::host::HostName;
        use pontoon_model::net::IfName;
        use pontoon_model::snapshot::Radio;

        use super::expect::Expect;

        #[derive(Debug, thiserror::Error)]
        #[error("the lab is not part of this build")]
        pub(crate) struct LoadError;

        #[derive(Clone, Debug, Default)]
        pub(crate) struct Scenario {
            pub(crate) name: String,
            pub(crate) title: String,
            pub(crate) truth: String,
            pub(crate) check: Check,
            pub(crate) expect: Vec<Expect>,
        }

        #[derive(Clone, Debug, Default)]
        pub(crate) struct Check {
            pub(crate) args: Vec<String>,
            pub(crate) control: bool,
        }

        impl Scenario {
            pub(crate) fn askers(&self) -> Vec<HostName> {
                Vec::new()
            }

            pub(crate) fn radio_facts(&self) -> BTreeMap<(HostName, IfName), Radio> {
                BTreeMap::new()
            }
        }

        pub(crate) fn builtin(_: &str) -> Option<Result<Scenario, LoadError>> {
            None
        }

        pub(crate) fn builtin_names() -> impl Iterator<Item = &'static str> {
            std::iter::empty()
        }

        pub(crate) fn load(_: &Path) -> Result<Scenario, LoadError> {
            Err(LoadError)
        }

        pub(crate) fn parse(_: &str, _: &str) -> Result<Scenario, LoadError> {
            Err(LoadError)
        }
    }

    pub(crate) mod expect {
        use std::fmt;

        use pontoon_model::finding::{Finding, Level, Scope};

        #[derive(Clone, Debug, serde::Serialize)]
        pub(crate) struct Expect {
            pub(crate) code: String,
            pub(crate) scope: Scope,
            pub(crate) level: Option<Level>,
        }

        pub(crate) struct Difference {
            pub(crate) missing: Vec<Expect>,
            pub(crate) surplus: Vec<Finding>,
        }

        impl Difference {
            pub(crate) fn is_empty(&self) -> bool {
                self.missing.is_empty() && self.surplus.is_empty()
            }
        }

        impl fmt::Display for Difference {
            fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
                Ok(())
            }
        }

        pub(crate) fn compare(_: &[Expect], _: &[Finding]) -> Difference {
            Difference { missing: Vec::new(), surplus: Vec::new() }
        }
    }
}
