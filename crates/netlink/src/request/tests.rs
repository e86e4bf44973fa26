use super::*;
use crate::recorded::RecordedKernel;

const REQUEST: KernelRequest<'_> =
    KernelRequest { protocol: 0, kind: 18, body: &[], what: "numbers", limit: 3 };

fn collected(datagram: &[u8]) -> (Result<bool, NetlinkError>, TableDump<u8>) {
    let mut dump = TableDump::default();
    (collect(&REQUEST, datagram, &number, &mut dump), dump)
}

fn number(kind: u16, body: &[u8]) -> Option<u8> {
    (kind == 20).then(|| body.first().copied()).flatten()
}

fn entry(number: u8) -> Vec<u8> {
    message(20, 2, &[number, 0, 0, 0])
}

#[test]
fn a_dump_ends_at_its_end_mark_an_error_or_its_limit() {
    let changed = message(20, NLM_F_DUMP_INTR, &[3, 0, 0, 0]);
    let (done, refused) = (message(3, 2, &[0; 4]), message(2, 0, &(-1_i32).to_ne_bytes()));
    let (end, dump) = collected(&[entry(1), message(99, 2, &[]), entry(2)].concat());
    assert!(!end.unwrap() && dump.entries == [1, 2] && dump.flaw.is_none());
    let (end, dump) = collected(&[entry(1), changed, done.clone()].concat());
    assert!(end.unwrap() && dump.entries == [1, 3] && dump.flaw == Some(CHANGED));
    let (end, dump) = collected(&entry(7).repeat(5));
    assert!(end.unwrap() && dump.entries == [7; 3] && dump.flaw == Some(TOO_LONG));
    assert_eq!(collected(&refused).0.unwrap_err().errno(), Some(1));
    assert!(collected(&message(4, 0, &[])).0.is_err(), "the kernel lost part of its answer");
    assert!(collected(&done).0.unwrap());
}

#[test]
fn an_answer_may_come_in_several_datagrams_and_must_have_an_end() {
    let done = message(3, 2, &[0; 4]);
    let whole = RecordedKernel::default().answering(0, 18, &[], [entry(1), entry(2), done]);
    assert_eq!(dump(&whole, &REQUEST, number).unwrap().entries, [1, 2]);
    let cut = RecordedKernel::default().answering(0, 18, &[], [entry(1)]);
    assert!(matches!(dump(&cut, &REQUEST, number), Err(NetlinkError::Cut { .. })));
}

#[test]
fn a_table_that_never_holds_still_is_read_as_far_as_it_goes() {
    let datagram = [message(20, NLM_F_DUMP_INTR, &[3, 0, 0, 0]), message(3, 2, &[0; 4])].concat();
    let kernel = RecordedKernel::default().answering(0, 18, &[], [datagram]);
    let found = dump(&kernel, &REQUEST, number).unwrap();
    assert_eq!((found.entries, found.flaw), (vec![3], Some(CHANGED)));
    assert_eq!(kernel.requests(), DUMP_TRIES);
}

#[test]
fn one_thing_is_answered_refused_or_not_understood() {
    let one = |datagram: Vec<u8>| {
        let kernel = RecordedKernel::default().answering(0, 18, &[], [datagram]);
        ask(&kernel, &REQUEST, number)
    };
    assert_eq!(one(entry(4)).unwrap(), Some(4));
    assert_eq!(one(message(99, 0, &[])).unwrap(), None);
    assert_eq!(one(message(2, 0, &(-13_i32).to_ne_bytes())).unwrap_err().errno(), Some(13));
    assert!(matches!(one(Vec::new()), Err(NetlinkError::Cut { .. })));
}
