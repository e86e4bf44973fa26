//! An in-memory kernel for tests: it responds with recorded or constructed datagrams.

use std::cell::Cell;
use std::io;

use crate::error::NetlinkError;
use crate::kernel::{AnswerDatagram, KernelRequest, NetlinkKernel, TakeDatagram};

/// EOPNOTSUPP, the response of a kernel without the requested table.
const NO_SUCH_TABLE: i32 = 95;

/// A kernel with responses to some requests; it refuses all others.
#[derive(Clone, Debug, Default)]
pub struct RecordedKernel {
    answers: Vec<RecordedAnswer>,
    requests: Cell<u32>,
}

#[derive(Clone, Debug)]
struct RecordedAnswer {
    protocol: isize,
    kind: u16,
    body: Vec<u8>,
    reply: Result<Vec<Vec<u8>>, i32>,
}

impl RecordedKernel {
    /// Responds with these datagrams to requests of that type whose body begins with `body`. The
    /// first matching response is used.
    #[must_use]
    pub fn answering(
        self,
        protocol: isize,
        kind: u16,
        body: &[u8],
        datagrams: impl IntoIterator<Item = Vec<u8>>,
    ) -> Self {
        self.with(protocol, kind, body, Ok(datagrams.into_iter().collect()))
    }

    /// Refuses requests of that type with an errno.
    #[must_use]
    pub fn refusing(self, protocol: isize, kind: u16, errno: i32) -> Self {
        self.with(protocol, kind, &[], Err(errno))
    }

    /// Number of requests so far.
    #[must_use]
    pub fn requests(&self) -> u32 {
        self.requests.get()
    }

    fn with(
        mut self,
        protocol: isize,
        kind: u16,
        body: &[u8],
        reply: Result<Vec<Vec<u8>>, i32>,
    ) -> Self {
        self.answers.push(RecordedAnswer { protocol, kind, body: body.to_vec(), reply });
        self
    }
}

impl NetlinkKernel for RecordedKernel {
    fn exchange(
        &self,
        request: &KernelRequest<'_>,
        _message: &[u8],
        take: &mut TakeDatagram<'_>,
    ) -> Result<(), NetlinkError> {
        self.requests.set(self.requests.get() + 1);
        let what = request.what;
        let refused = |errno| {
            let source = io::Error::from_raw_os_error(errno);
            NetlinkError::Refused { what, source }
        };
        let answer = self.answers.iter().find(|answer| {
            answer.protocol == request.protocol
                && answer.kind == request.kind
                && request.body.starts_with(&answer.body)
        });
        let Some(answer) = answer else { return Err(refused(NO_SUCH_TABLE)) };
        for bytes in answer.reply.as_ref().map_err(|errno| refused(*errno))? {
            if take(AnswerDatagram { bytes, is_truncated: false }).is_break() {
                return Ok(());
            }
        }
        Err(NetlinkError::Cut { what })
    }
}

/// Message bodies recorded from Linux 6.18 on a little-endian machine.
#[cfg(test)]
pub(crate) fn recorded(name: &str) -> Vec<Vec<u8>> {
    let datagrams = std::fs::read(fixture(name)).unwrap();
    let whole = crate::message::messages(&datagrams)
        .filter(|message| message.kind != netlink_packet_core::NLMSG_DONE);
    whole.map(|message| message.body.to_vec()).collect()
}

#[cfg(test)]
pub(crate) fn fixture(name: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}
