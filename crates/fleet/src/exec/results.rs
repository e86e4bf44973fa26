//! The result of `pontoon exec --json`.

use std::collections::BTreeMap;

use pontoon_model::host::HostName;
use pontoon_remote::host_command::{CommandEnd, OutputStream};
use schemars::JsonSchema;
use serde::Serialize;

/// Name and version of the format. Within a version, fields are only ever added.
pub const FORM: &str = "pontoon/exec/v1";

/// The results of a command on all hosts.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Results {
    /// Always `pontoon/exec/v1`.
    pub schema: String,
    /// The hosts, in the order of the command line.
    pub hosts: Vec<HostResult>,
}

/// The result of a command on one host.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct HostResult {
    /// The host of the command.
    pub host: HostName,
    /// The exit status; null if the command did not run, or was ended by a signal.
    pub status: Option<i32>,
    /// Why the command did not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unreached: Option<String>,
    /// Its standard output, line by line.
    pub out: Vec<String>,
    /// Its standard error, line by line.
    pub err: Vec<String>,
}

/// The output of all hosts so far.
#[derive(Clone, Debug, Default)]
pub struct Transcript(BTreeMap<HostName, (Vec<String>, Vec<String>)>);

impl Transcript {
    /// Appends one line of output.
    pub fn keep(&mut self, host: &HostName, stream: OutputStream, line: &[u8]) {
        let (out, err) = self.0.entry(host.clone()).or_default();
        let lines = if stream == OutputStream::Out { out } else { err };
        lines.push(String::from_utf8_lossy(line).into_owned());
    }

    /// The results of these hosts, in this order.
    #[must_use]
    pub fn results<'a>(
        mut self,
        hosts: impl IntoIterator<Item = &'a HostName>,
        ends: &BTreeMap<HostName, CommandEnd>,
    ) -> Results {
        let of = |host: &HostName| {
            let (out, err) = self.0.remove(host).unwrap_or_default();
            let (status, unreached) = match ends.get(host) {
                Some(CommandEnd::Exited(code)) => (Some(*code), None),
                Some(CommandEnd::Unreached(failure)) => (None, Some(failure.to_string())),
                Some(CommandEnd::Signalled(_)) | None => (None, None),
            };
            HostResult { host: host.clone(), status, unreached, out, err }
        };
        Results { schema: FORM.to_owned(), hosts: hosts.into_iter().map(of).collect() }
    }
}
