//! What `pontoon exec --json` writes.

use std::collections::BTreeMap;

use pontoon_model::host::HostName;
use pontoon_remote::host_command::{CommandEnd, OutputStream};
use schemars::JsonSchema;
use serde::Serialize;

/// The name and version of the form. Within a version fields are only ever added.
pub const FORM: &str = "pontoon/exec/v1";

/// What became of a command on all hosts.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Results {
    /// Always `pontoon/exec/v1`.
    pub schema: String,
    /// In the order in which they were named.
    pub hosts: Vec<HostResult>,
}

/// What became of a command on a host.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct HostResult {
    /// The host.
    pub host: HostName,
    /// The status it ended with; none when it did not run, or was ended by a signal.
    pub status: Option<i32>,
    /// Why it did not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unreached: Option<String>,
    /// Its output, line by line.
    pub out: Vec<String>,
    /// Its standard error, line by line.
    pub err: Vec<String>,
}

/// What hosts have said so far.
#[derive(Clone, Debug, Default)]
pub struct Transcript(BTreeMap<HostName, (Vec<String>, Vec<String>)>);

impl Transcript {
    /// Keeps a line.
    pub fn keep(&mut self, host: &HostName, stream: OutputStream, line: &[u8]) {
        let (out, err) = self.0.entry(host.clone()).or_default();
        let lines = if stream == OutputStream::Out { out } else { err };
        lines.push(String::from_utf8_lossy(line).into_owned());
    }

    /// All that became of a command, for these hosts in this order.
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
