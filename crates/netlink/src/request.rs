//! Requests for a table or for one thing, and their answers: bounded, read only.

use std::ops::ControlFlow;

use netlink_packet_core::{
    NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_REQUEST, NLMSG_DONE, NLMSG_ERROR, NLMSG_OVERRUN,
};

use crate::error::NetlinkError;
use crate::kernel::{KernelRequest, NetlinkKernel};
use crate::message::{message, messages, refusal};

/// A dump that changes while it is read is read again, this often in all: on a busy router the
/// table may never hold still.
const DUMP_TRIES: u32 = 3;
/// No dump of ours needs more; without a limit a broken kernel could keep us reading for ever.
const MAX_DATAGRAMS: u32 = 4096;

/// What a dump gave.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TableDump<T> {
    /// The entries, in the kernel's order.
    pub entries: Vec<T>,
    /// Why the list may not be the whole truth.
    pub flaw: Option<&'static str>,
}

impl<T> Default for TableDump<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), flaw: None }
    }
}

/// Asks for a whole table; `parse` takes message type and body, and skips what it does not know.
///
/// # Errors
/// When the kernel refuses, does not answer, or breaks off its answer.
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

/// Takes the entries of one datagram; `true` at the end of the dump, or where enough was read.
fn collect<T>(
    request: &KernelRequest<'_>,
    datagram: &[u8],
    parse: &impl Fn(u16, &[u8]) -> Option<T>,
    dump: &mut TableDump<T>,
) -> Result<bool, NetlinkError> {
    for message in messages(datagram) {
        if message.flags & NLM_F_DUMP_INTR != 0 {
            dump.flaw = Some(CHANGED);
        }
        match message.kind {
            NLMSG_DONE | NLMSG_ERROR => {
                return refusal(request.what, message.body).map_or(Ok(true), Err);
            }
            NLMSG_OVERRUN => return Err(NetlinkError::Cut { what: request.what }),
            kind => dump.entries.extend(parse(kind, message.body)),
        }
        if dump.entries.len() > request.limit {
            dump.entries.truncate(request.limit);
            dump.flaw = Some(TOO_LONG);
            return Ok(true);
        }
    }
    Ok(false)
}

/// Asks for one thing. `Ok(None)`: the answer was not understood.
///
/// # Errors
/// When the kernel refuses or does not answer.
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
        ControlFlow::Break(())
    })?;
    answer
}

#[cfg(test)]
mod tests;
