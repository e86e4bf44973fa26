use super::*;
use proptest::prelude::*;

const QUESTION: Question<'_> =
    Question { protocol: 0, kind: 18, body: &[], what: "numbers", limit: 3 };

fn collected(datagram: &[u8]) -> (Result<bool, NetlinkError>, Dump<u8>) {
    let mut dump = Dump { entries: Vec::new(), flaw: None };
    let parse = |kind, body: &[u8]| (kind == 20).then(|| body.first().copied()).flatten();
    (collect(&QUESTION, datagram, &parse, &mut dump), dump)
}

#[test]
fn a_dump_ends_at_its_end_mark_an_error_or_its_limit() {
    let entry = |number: u8| request(20, 2, &[number, 0, 0, 0]);
    let changed = request(20, NLM_F_DUMP_INTR, &[3, 0, 0, 0]);
    let (done, refused) = (request(3, 2, &[0; 4]), request(2, 0, &(-1_i32).to_ne_bytes()));
    let (end, dump) = collected(&[entry(1), request(99, 2, &[]), entry(2)].concat());
    assert!(!end.unwrap() && dump.entries == [1, 2] && dump.flaw.is_none());
    let (end, dump) = collected(&[entry(1), changed, done.clone()].concat());
    assert!(end.unwrap() && dump.entries == [1, 3] && dump.flaw == Some(CHANGED));
    let (end, dump) = collected(&entry(7).repeat(5));
    assert!(end.unwrap() && dump.entries == [7; 3] && dump.flaw == Some(TOO_LONG));
    assert_eq!(collected(&refused).0.unwrap_err().errno(), Some(1));
    assert!(collected(&request(4, 0, &[])).0.is_err(), "the kernel lost part of its answer");
    assert!(collected(&done).0.unwrap());
}

#[test]
fn a_datagram_holds_several_messages_and_ends_at_the_first_cut_one() {
    let mut datagram = request(20, 2, &[1, 2, 3]);
    datagram.resize(datagram.len().next_multiple_of(4), 0);
    datagram.extend(request(21, 2, &[4]));
    let seen: Vec<_> = messages(&datagram).map(|m| (m.kind, m.body.to_vec())).collect();
    assert_eq!(seen, [(20, vec![1, 2, 3]), (21, vec![4])]);
    datagram.pop();
    assert_eq!(messages(&datagram).count(), 1);
}

#[test]
fn attributes_lose_their_flag_bits_and_keep_what_precedes_a_cut_one() {
    let mut body = vec![0; 8];
    push_attribute(&mut body, 3, b"eth0\0");
    push_attribute(&mut body, 0x8012, &[7]);
    let whole: Vec<_> = attributes(&body, 8).collect();
    assert_eq!(whole, [(3, &b"eth0\0"[..]), (18, &[7][..])]);
    body.truncate(body.len() - 4);
    assert_eq!(attributes(&body, 8).count(), 1);
    assert_eq!(text(b"eth0\0rest"), b"eth0");
}

#[test]
fn the_end_mark_may_carry_an_errno() {
    let table = [(0_i32, None), (-1, Some(1)), (-16, Some(16)), (5, None), (i32::MIN, None)];
    for (code, errno) in table {
        let error = refusal("x", &code.to_ne_bytes());
        if code == i32::MIN {
            assert!(error.is_some(), "an absurd errno is still a refusal");
        } else {
            assert_eq!(error.and_then(|e| e.errno()), errno, "{code}");
        }
    }
    assert!(refusal("x", &[]).is_none());
}

proptest! {
    #[test]
    fn no_bytes_make_the_readers_panic(bytes: Vec<u8>, header in 0_usize..32) {
        for message in messages(&bytes) {
            prop_assert!(message.body.len() <= bytes.len());
        }
        for (_, value) in attributes(&bytes, header) {
            prop_assert!(value.len() <= bytes.len());
            let _ = (find(value, 1), be32(value), u32_at(value, header), address(value));
        }
    }
}
