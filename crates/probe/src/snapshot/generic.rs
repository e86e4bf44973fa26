//! Generic netlink: families that the kernel numbers as they come (Documentation/networking/
//! `generic_netlink.rst`, `linux/genetlink.h`).

use super::netlink::{NetlinkError, Question, ask, attributes, dump, text, u16_at};

/// A kernel with many modules has some forty families.
const MAX_FAMILIES: usize = 1024;

/// `struct genlmsghdr`: command, version, reserved.
pub(super) const HEADER_BYTES: usize = 4;
// linux/genetlink.h
const GENL_ID_CTRL: u16 = 16;
const CTRL_CMD_NEWFAMILY: u8 = 1;
const CTRL_CMD_GETFAMILY: u8 = 3;
const CTRL_ATTR_FAMILY_ID: u16 = 1;
const CTRL_ATTR_FAMILY_NAME: u16 = 2;

/// A family, by the number that this kernel gave it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Family {
    number: u16,
    what: &'static str,
}

impl Family {
    /// Finds a family by its name; `None` where this kernel has none of it.
    ///
    /// All families are listed. Asked by name, the kernel loads a module that might bring it
    /// (`ctrl_getfamily` in `net/netlink/genetlink.c`), and a snapshot must change nothing.
    pub(super) fn named(name: &[u8], what: &'static str) -> Result<Option<Self>, NetlinkError> {
        let question = Question {
            protocol: netlink_sys::protocols::NETLINK_GENERIC,
            kind: GENL_ID_CTRL,
            body: &header(CTRL_CMD_GETFAMILY),
            what,
            limit: MAX_FAMILIES,
        };
        let number_of = |kind, body: &[u8]| (kind == GENL_ID_CTRL).then(|| parse(body, name))?;
        let found = dump(&question, number_of)?;
        Ok(found.entries.first().map(|number| Self { number: *number, what }))
    }

    /// Asks for a table. `attributes` narrow it down; `parse` takes what follows the header.
    pub(super) fn dump<T>(
        self,
        (get, new): (u8, u8),
        attributes: &[u8],
        limit: usize,
        parse: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<Vec<T>, NetlinkError> {
        let body = [&header(get), attributes].concat();
        let question = self.question(&body, limit);
        dump(&question, |kind, body| self.open(kind, new, body).and_then(&parse))
            .map(|found| found.entries)
    }

    /// Asks for one thing.
    pub(super) fn ask<T>(
        self,
        (get, new): (u8, u8),
        attributes: &[u8],
        parse: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<Option<T>, NetlinkError> {
        let body = [&header(get), attributes].concat();
        let question = self.question(&body, 1);
        ask(&question, |kind, body| self.open(kind, new, body).and_then(&parse))
    }

    const fn question(self, body: &[u8], limit: usize) -> Question<'_> {
        let protocol = netlink_sys::protocols::NETLINK_GENERIC;
        Question { protocol, kind: self.number, body, what: self.what, limit }
    }

    /// What a message of that command carries.
    fn open(self, kind: u16, command: u8, body: &[u8]) -> Option<&[u8]> {
        (kind == self.number && body.first() == Some(&command)).then(|| body.get(HEADER_BYTES..))?
    }
}

/// Version 0: what is asked here has been the same since each family began.
const fn header(command: u8) -> [u8; HEADER_BYTES] {
    [command, 0, 0, 0]
}

/// The number of a family, if the message is about the one of that name.
fn parse(body: &[u8], wanted: &[u8]) -> Option<u16> {
    if body.first() != Some(&CTRL_CMD_NEWFAMILY) {
        return None;
    }
    let (mut name, mut number) = (&[][..], None);
    for (kind, value) in attributes(body, HEADER_BYTES) {
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
    use super::super::netlink::push_attribute;
    use super::*;
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
        let family = Family::named(b"nlctrl", "families").unwrap();
        assert_eq!(family, Some(Family { number: GENL_ID_CTRL, what: "families" }));
        assert_eq!(Family::named(b"pontoon", "families").unwrap(), None);
    }

    #[test]
    fn an_answer_to_something_else_is_not_taken() {
        let family = Family { number: 28, what: "x" };
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
