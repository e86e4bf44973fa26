//! Generic netlink: families whose numbers the kernel assigns at run time
//! (Documentation/networking/`generic_netlink.rst`, `linux/genetlink.h`).

use crate::attribute::{attributes, text, u16_at};
use crate::error::NetlinkError;
use crate::kernel::{KernelRequest, NetlinkKernel};
use crate::request::{ask, dump};
use crate::uapi::genetlink::{
    CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME, CTRL_CMD_GETFAMILY, CTRL_CMD_NEWFAMILY,
    GENL_HDRLEN, GENL_ID_CTRL,
};
use crate::uapi::netlink::NETLINK_GENERIC;

/// Largest number of families that are read; a kernel with many modules has about forty.
const MAX_FAMILIES: usize = 1024;

/// A generic netlink family with the number that the running kernel assigned.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct GenericFamily {
    number: u16,
    what: &'static str,
}

impl GenericFamily {
    /// Finds a family by its name; `None` if the kernel does not have it.
    ///
    /// All families are listed, because a request by name makes the kernel load a module of that
    /// name (`ctrl_getfamily` in `net/netlink/genetlink.c`), and reading must not change the host.
    ///
    /// # Errors
    /// If the kernel does not list its families.
    pub fn named(
        kernel: &dyn NetlinkKernel,
        name: &[u8],
        what: &'static str,
    ) -> Result<Option<Self>, NetlinkError> {
        let request = KernelRequest {
            protocol: NETLINK_GENERIC,
            kind: GENL_ID_CTRL,
            body: &header(CTRL_CMD_GETFAMILY),
            what,
            limit: MAX_FAMILIES,
        };
        let number_of = |kind, body: &[u8]| (kind == GENL_ID_CTRL).then(|| parse(body, name))?;
        let found = dump(kernel, &request, number_of)?;
        Ok(found.entries.first().map(|number| Self { number: *number, what }))
    }

    /// Requests a table. `attributes` select entries; `parse` takes what follows the header.
    ///
    /// # Errors
    /// If the kernel refuses, or the response is cut off.
    pub fn dump<T>(
        self,
        kernel: &dyn NetlinkKernel,
        (get, new): (u8, u8),
        attributes: &[u8],
        limit: usize,
        parse: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<Vec<T>, NetlinkError> {
        let body = [&header(get), attributes].concat();
        let request = self.request(&body, limit);
        dump(kernel, &request, |kind, body| self.open(kind, new, body).and_then(&parse))
            .map(|found| found.entries)
    }

    /// Requests one entry; `None` if the response was not understood.
    ///
    /// # Errors
    /// If the kernel refuses or does not respond.
    pub fn ask<T>(
        self,
        kernel: &dyn NetlinkKernel,
        (get, new): (u8, u8),
        attributes: &[u8],
        parse: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<Option<T>, NetlinkError> {
        let body = [&header(get), attributes].concat();
        let request = self.request(&body, 1);
        ask(kernel, &request, |kind, body| self.open(kind, new, body).and_then(&parse))
    }

    const fn request(self, body: &[u8], limit: usize) -> KernelRequest<'_> {
        let protocol = NETLINK_GENERIC;
        KernelRequest { protocol, kind: self.number, body, what: self.what, limit }
    }

    /// The payload of a message, if it belongs to this family and has that command.
    fn open(self, kind: u16, command: u8, body: &[u8]) -> Option<&[u8]> {
        // Messages of other families and commands are skipped.
        (kind == self.number && body.first() == Some(&command)).then(|| body.get(GENL_HDRLEN..))?
    }
}

/// Version 0: the commands used here have not changed since the first version of each family.
const fn header(command: u8) -> [u8; GENL_HDRLEN] {
    [command, 0, 0, 0]
}

/// The number of a family, if the message describes the family of that name.
fn parse(body: &[u8], wanted: &[u8]) -> Option<u16> {
    if body.first() != Some(&CTRL_CMD_NEWFAMILY) {
        return None;
    }
    let (mut name, mut number) = (&[][..], None);
    for (kind, value) in attributes(body, GENL_HDRLEN) {
        match kind {
            CTRL_ATTR_FAMILY_ID => number = u16_at(value, 0),
            CTRL_ATTR_FAMILY_NAME => name = text(value),
            _ => {}
        }
    }
    number.filter(|_| name == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::KernelSocket;
    use crate::attribute::push_attribute;
    use proptest::prelude::*;

    fn family(command: u8, name: &[u8], number: u16) -> Vec<u8> {
        let mut body = header(command).to_vec();
        push_attribute(&mut body, CTRL_ATTR_FAMILY_NAME, name);
        push_attribute(&mut body, CTRL_ATTR_FAMILY_ID, &number.to_ne_bytes());
        body
    }

    #[test]
    fn a_family_is_found_by_its_whole_name() {
        let table: [(u8, &[u8], Option<u16>); 4] = [
            (CTRL_CMD_NEWFAMILY, b"nl80211\0", Some(28)),
            (CTRL_CMD_NEWFAMILY, b"nl802154\0", None),
            (CTRL_CMD_NEWFAMILY, b"nl8021\0", None),
            (CTRL_CMD_GETFAMILY, b"nl80211\0", None),
        ];
        for (command, name, number) in table {
            assert_eq!(parse(&family(command, name, 28), b"nl80211"), number, "{name:?}");
        }
    }

    #[test]
    fn this_kernel_has_the_family_of_families_and_no_other_of_our_making() {
        let family = GenericFamily::named(&KernelSocket, b"nlctrl", "families").unwrap();
        assert_eq!(family, Some(GenericFamily { number: GENL_ID_CTRL, what: "families" }));
        assert_eq!(GenericFamily::named(&KernelSocket, b"pontoon", "families").unwrap(), None);
    }

    #[test]
    fn an_answer_to_something_else_is_not_taken() {
        let family = GenericFamily { number: 28, what: "x" };
        assert_eq!(family.open(28, 7, &[7, 0, 0, 0, 9]), Some(&[9][..]));
        assert_eq!(family.open(28, 7, &[8, 0, 0, 0, 9]), None);
        assert_eq!(family.open(29, 7, &[7, 0, 0, 0, 9]), None);
        assert_eq!(family.open(28, 7, &[7, 0]), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = parse(&bytes, b"nl80211");
        }
    }
}
