//! The source of responses: the running kernel ([`crate::socket`]) or a recording
//! ([`crate::recorded`]).

use std::ops::ControlFlow;

use crate::error::NetlinkError;
use crate::request::KernelRequest;

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
