//! Requests to the kernel and the source of responses: the running kernel ([`crate::socket`]) or a recording
//! ([`crate::recorded`]).

use std::ops::ControlFlow;

use crate::error::NetlinkError;

/// One netlink request.
#[derive(Clone, Copy, Debug)]
pub struct KernelRequest<'a> {
    /// The protocol: `NETLINK_ROUTE`, `NETLINK_NETFILTER`, …
    pub protocol: isize,
    /// The message type, such as `RTM_GETLINK`.
    pub kind: u16,
    /// The bytes behind the netlink header.
    pub body: &'a [u8],
    /// The requested table, as error messages name it.
    pub what: &'static str,
    /// Largest number of entries to keep.
    pub limit: usize,
}

/// One datagram of a response.
#[derive(Clone, Copy, Debug)]
pub struct AnswerDatagram<'a> {
    /// The received bytes.
    pub bytes: &'a [u8],
    /// Whether the datagram was longer than the buffer.
    pub is_truncated: bool,
}

/// Takes the datagrams of a response one by one; breaks off once the response is complete.
pub type TakeDatagram<'a> = dyn FnMut(AnswerDatagram<'_>) -> ControlFlow<()> + 'a;

/// A kernel, real or recorded, that responds to netlink requests.
pub trait NetlinkKernel {
    /// Sends `message`, the encoded `request`, and passes each datagram of the response to `take`
    /// until `take` breaks off.
    ///
    /// # Errors
    /// If the message cannot be sent, or no datagram arrives while `take` expects one.
    fn exchange(
        &self,
        request: &KernelRequest<'_>,
        message: &[u8],
        take: &mut TakeDatagram<'_>,
    ) -> Result<(), NetlinkError>;
}
