//! Requests for a table or for one entry. Responses are bounded; nothing is changed.

use std::ops::ControlFlow;

use netlink_packet_core::{
    NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_REQUEST, NLMSG_DONE, NLMSG_ERROR, NLMSG_OVERRUN,
};

use crate::error::NetlinkError;
use crate::kernel::{KernelRequest, NetlinkKernel};
use crate::message::{message, messages, refusal};

/// How often a dump is tried if the table changes meanwhile (`NLM_F_DUMP_INTR`). On a busy router
/// it may change during every dump.
const DUMP_TRIES: u32 = 3;
/// Largest number of datagrams read for one dump; more than any real table needs. The limit guards
/// against a broken kernel that never ends its response.
const MAX_DATAGRAMS: u32 = 4096;

/// The result of a dump.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TableDump<T> {
    /// The entries, in kernel order.
    pub entries: Vec<T>,
    /// The reason why the list may be incomplete; `None` if it is complete.
    pub flaw: Option<&'static str>,
}

impl<T> Default for TableDump<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), flaw: None }
    }
}

/// Requests a whole table; `parse` takes message type and body, and skips unknown messages.
///
/// # Errors
/// If the kernel refuses, does not respond, or the response is cut off.
pub fn dump<T>(
    kernel: &dyn NetlinkKernel,
    request: &KernelRequest<'_>,
    parse: impl Fn(u16, &[u8]) -> Option<T>,
) -> Result<TableDump<T>, NetlinkError> {
    let mut tries = 1;
    loop {
        let answer = dump_once(kernel, request, &parse)?;
        if answer.flaw != Some(CHANGED) || tries == DUMP_TRIES {
            return Ok(answer);
        }
        tries += 1;
    }
}

const CHANGED: &str = "it changed while it was read, three times over: the list may have gaps";
const TOO_LONG: &str = "the list is longer than is kept: the rest was left out";
const TRUNCATED: &str = "an answer was larger than any expected: the list has gaps";

fn dump_once<T>(
    kernel: &dyn NetlinkKernel,
    request: &KernelRequest<'_>,
    parse: &impl Fn(u16, &[u8]) -> Option<T>,
) -> Result<TableDump<T>, NetlinkError> {
    let sent = message(request.kind, NLM_F_REQUEST | NLM_F_DUMP, request.body);
    let mut dump = TableDump::default();
    let mut end = Err(NetlinkError::Cut { what: request.what });
    let mut datagrams = 0;
    kernel.exchange(request, &sent, &mut |datagram| {
        if datagram.is_truncated {
            dump.flaw = Some(TRUNCATED);
        }
        datagrams += 1;
        match collect(request, datagram.bytes, parse, &mut dump) {
            Ok(false) if datagrams < MAX_DATAGRAMS => ControlFlow::Continue(()),
            // Too many datagrams: `end` stays an error, as the dump is incomplete.
            Ok(false) => ControlFlow::Break(()),
            Ok(true) => {
                end = Ok(());
                ControlFlow::Break(())
            }
            Err(error) => {
                end = Err(error);
                ControlFlow::Break(())
            }
        }
    })?;
    end.map(|()| dump)
}

/// Takes the entries of one datagram; `true` at the end of the dump, or once the limit is reached.
fn collect<T>(
    request: &KernelRequest<'_>,
    datagram: &[u8],
    parse: &impl Fn(u16, &[u8]) -> Option<T>,
    dump: &mut TableDump<T>,
) -> Result<bool, NetlinkError> {
    for message in messages(datagram) {
        // The kernel sets the flag when the table changed between two datagrams of the dump.
        if message.flags & NLM_F_DUMP_INTR != 0 {
            dump.flaw = Some(CHANGED);
        }
        match message.kind {
            // An error with errno 0 is an acknowledgement.
            NLMSG_DONE | NLMSG_ERROR => {
                return refusal(request.what, message.body).map_or(Ok(true), Err);
            }
            NLMSG_OVERRUN => return Err(NetlinkError::Cut { what: request.what }),
            kind => dump.entries.extend(parse(kind, message.body)),
        }
        // One entry more than the limit shows that the list is longer.
        if dump.entries.len() > request.limit {
            dump.entries.truncate(request.limit);
            dump.flaw = Some(TOO_LONG);
            return Ok(true);
        }
    }
    Ok(false)
}

/// Requests one entry. `Ok(None)`: the response was not understood.
///
/// # Errors
/// If the kernel refuses or does not respond.
pub fn ask<T>(
    kernel: &dyn NetlinkKernel,
    request: &KernelRequest<'_>,
    parse: impl Fn(u16, &[u8]) -> Option<T>,
) -> Result<Option<T>, NetlinkError> {
    let sent = message(request.kind, NLM_F_REQUEST, request.body);
    let mut answer = Err(NetlinkError::Cut { what: request.what });
    kernel.exchange(request, &sent, &mut |datagram| {
        if let Some(message) = messages(datagram.bytes).next() {
            answer = if message.kind == NLMSG_ERROR {
                refusal(request.what, message.body).map_or(Ok(None), Err)
            } else {
                Ok(parse(message.kind, message.body))
            };
        }
        // A response for one entry is a single datagram.
        ControlFlow::Break(())
    })?;
    answer
}

#[cfg(test)]
mod tests;
