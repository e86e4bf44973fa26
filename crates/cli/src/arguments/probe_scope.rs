//! What `check` and `mesh` test, for how long, and with whose help.

use std::time::Duration;

use clap::Args;
use pontoon_model::host::HostName;
use pontoon_model::net::{IfName, Prefix};

/// The limits of a run.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ProbeScopeArguments {
    /// Test only this interface (repeatable)
    #[arg(short, long = "interface", value_name = "IF")]
    pub(crate) interfaces: Vec<IfName>,
    /// Take at most this long, such as 20, 1.5s or 2m
    #[arg(short, long, value_name = "TIME", value_parser = duration)]
    pub(crate) timeout: Option<Duration>,
    /// Contact no third party: no name server, portal page or time server
    #[arg(long)]
    pub(crate) offline: bool,
    /// Your own echo server, to test for blocked UDP, interception and path MTU
    #[arg(long, value_name = "HOST")]
    pub(crate) server: Option<HostName>,
    #[command(flatten)]
    pub(crate) planned: ClusterNetworkArguments,
}

/// The networks that the cluster is to have. No host may be in one of them already.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct ClusterNetworkArguments {
    /// Planned pod network, such as 10.244.0.0/16
    #[arg(long, value_name = "NET")]
    pub(crate) pod_cidr: Option<Prefix>,
    /// Planned Service network, such as 10.96.0.0/12
    #[arg(long, value_name = "NET")]
    pub(crate) service_cidr: Option<Prefix>,
}

/// An hour: no run takes longer, and more is a typing mistake.
const DURATION_MAX: Duration = Duration::from_secs(3600);

/// Reads a time as people write it: a number with `ms`, `s`, `m`, or of seconds without a unit.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a time such as 20, 1.5s, 500ms or 2m");
    let (number, unit_s) = match text {
        ms if ms.ends_with("ms") => (&ms[..ms.len() - 2], 0.001),
        s if s.ends_with('s') => (&s[..s.len() - 1], 1.0),
        m if m.ends_with('m') => (&m[..m.len() - 1], 60.0),
        bare => (bare, 1.0),
    };
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let time = Duration::try_from_secs_f64(number * unit_s).map_err(|_| wrong())?;
    if time.is_zero() || time > DURATION_MAX {
        return Err(format!("`{text}` is not between 1ms and 60m"));
    }
    Ok(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        let table = [
            ("20", Some(20_000)),
            ("1.5s", Some(1_500)),
            ("500ms", Some(500)),
            ("2m", Some(120_000)),
            ("0", None),
            ("-1", None),
            ("61m", None),
            ("inf", None),
            ("NaN", None),
            ("soon", None),
            ("", None),
            ("s", None),
        ];
        for (text, ms) in table {
            let read = duration(text).ok().map(|time| time.as_millis());
            assert_eq!(read, ms, "{text}");
        }
    }
}
