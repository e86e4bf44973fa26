//! The parts that other crates bring, under one roof until they are merged.
//!
//! Stand-ins with the agreed signatures; nothing else in this crate knows that they are.

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

pub(crate) mod survey {
    use std::collections::BTreeMap;
    use std::ffi::OsString;
    use std::net::IpAddr;
    use std::time::Duration;

    use pontoon_model::facts::{Facts, Intent};
    use pontoon_model::host::HostName;
    use pontoon_model::net::IfName;
    use pontoon_model::snapshot::Radio;

    use super::key::Key;

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

    #[derive(Debug, thiserror::Error)]
    #[error("the survey is not part of this build")]
    pub(crate) struct SurveyError;

    pub(crate) fn run(
        _: Vec<Seat>,
        _: &Intent,
        _: &Options,
        _: &mut dyn FnMut(Progress),
    ) -> Result<Facts, SurveyError> {
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
    use std::process::ExitCode;

    pub(crate) fn serve(_: std::io::Stdin, _: std::io::Stdout) -> ExitCode {
        ExitCode::FAILURE
    }
}
