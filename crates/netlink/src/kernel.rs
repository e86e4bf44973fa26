//! What a kernel is asked, and what answers: the running kernel ([`crate::socket`]) or a recording
//! ([`crate::recorded`]).

use std::ops::ControlFlow;

use crate::error::NetlinkError;

/// A request for a table or for one thing.
#[derive(Clone, Copy, Debug)]
pub struct KernelRequest<'a> {
    /// `NETLINK_ROUTE`, `NETLINK_NETFILTER`, …
    pub protocol: isize,
    /// Message type, such as `RTM_GETLINK`.
    pub kind: u16,
    /// What follows the netlink header.
    pub body: &'a [u8],
    /// What is asked for, as error messages name it.
    pub what: &'static str,
    /// How many entries of the answer are kept.
    pub limit: usize,
}

/// One datagram of an answer.
#[derive(Clone, Copy, Debug)]
pub struct AnswerDatagram<'a> {
    /// What came.
    pub bytes: &'a [u8],
    /// It was longer than what is kept of it.
    pub is_truncated: bool,
}

/// Takes the datagrams of an answer one by one, and says when it has enough.
pub type TakeDatagram<'a> = dyn FnMut(AnswerDatagram<'_>) -> ControlFlow<()> + 'a;

/// A kernel that answers netlink requests.
pub trait NetlinkKernel {
    /// Sends `message`, which `request` was made into, and hands over what comes back until `take`
    /// breaks off.
    ///
    /// # Errors
    /// When it cannot be sent, or nothing more comes although `take` waits for it.
    fn exchange(
        &self,
        request: &KernelRequest<'_>,
        message: &[u8],
        take: &mut TakeDatagram<'_>,
    ) -> Result<(), NetlinkError>;
}
