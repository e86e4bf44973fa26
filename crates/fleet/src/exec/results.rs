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
    /// Bytes of output that are left out, beyond the limit of a host.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cut_bytes: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(bytes: &u64) -> bool {
    *bytes == 0
}

/// Most bytes of output that are kept of a host: a megabyte of text is long, and fifty hosts with as
/// much are no burden.
pub const OUTPUT_BYTES_MAX: usize = 1024 * 1024;

/// The output of all hosts so far.
#[derive(Clone, Debug, Default)]
pub struct Transcript(BTreeMap<HostName, HostOutput>);

#[derive(Clone, Debug, Default)]
struct HostOutput {
    out: Vec<String>,
    err: Vec<String>,
    kept_bytes: usize,
    cut_bytes: u64,
}

impl Transcript {
    /// Appends one line of output.
    pub fn keep(&mut self, host: &HostName, stream: OutputStream, line: &[u8]) {
        let output = self.0.entry(host.clone()).or_default();
        // An empty line costs memory, too.
        let bytes = line.len() + size_of::<String>();
        if output.kept_bytes + bytes > OUTPUT_BYTES_MAX {
            output.cut_bytes += line.len() as u64 + 1;
            return;
        }
        output.kept_bytes += bytes;
        let is_out = stream == OutputStream::Out;
        let lines = if is_out { &mut output.out } else { &mut output.err };
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
            let HostOutput { out, err, cut_bytes, .. } = self.0.remove(host).unwrap_or_default();
            let (status, unreached) = match ends.get(host) {
                Some(CommandEnd::Exited(code)) => (Some(*code), None),
                Some(CommandEnd::Unreached(failure)) => (None, Some(failure.to_string())),
                Some(CommandEnd::Signalled(_)) | None => (None, None),
            };
            HostResult { host: host.clone(), status, unreached, out, err, cut_bytes }
        };
        Results { schema: FORM.to_owned(), hosts: hosts.into_iter().map(of).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_host_that_never_stops_a_limit_is_kept_and_the_rest_counted() {
        let [loud, quiet] = ["loud", "quiet"].map(HostName::lossy);
        let mut transcript = Transcript::default();
        let line = [b'y'; 1000];
        for _ in 0..2000 {
            transcript.keep(&loud, OutputStream::Out, &line);
            transcript.keep(&loud, OutputStream::Err, b"");
        }
        transcript.keep(&quiet, OutputStream::Out, b"fine");
        let results = transcript.results([&loud, &quiet], &BTreeMap::new());
        let [loud, quiet] = &results.hosts[..] else { panic!("{results:?}") };
        assert!(loud.out.len() > 900 && loud.out.len() < 1100, "{}", loud.out.len());
        let shown = loud.out.len() as u64 * 1001 + loud.err.len() as u64;
        assert_eq!(loud.cut_bytes, 2000 * 1002 - shown);
        assert_eq!((quiet.cut_bytes, &quiet.out[..]), (0, &["fine".to_owned()][..]));
    }
}
