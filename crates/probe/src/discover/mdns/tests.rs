use proptest::prelude::*;

use super::*;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn name(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for label in text.split('.') {
        bytes.push(u8::try_from(label.len()).unwrap());
        bytes.extend(label.as_bytes());
    }
    bytes.push(0);
    bytes
}

/// An answer with these records: name, type, data.
fn response(records: &[(&str, u16, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = vec![0, 7, 0x84, 0, 0, 0];
    bytes.extend(u16::try_from(records.len()).unwrap().to_be_bytes());
    bytes.extend([0, 0, 0, 0]);
    for (owner, kind, data) in records {
        bytes.extend(name(owner));
        bytes.extend(kind.to_be_bytes());
        // Class IN with the cache-flush bit (RFC 6762, section 10.2), ten seconds.
        bytes.extend([0x80, 1, 0, 0, 0, 10]);
        bytes.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        bytes.extend(data);
    }
    bytes
}

fn claims(bytes: &[u8]) -> Vec<(String, String)> {
    let claims = read(bytes, ip("10.0.0.2"));
    claims.iter().map(|claim| (claim.address.to_string(), claim.name.to_string())).collect()
}

#[test]
fn questions_are_those_of_the_standard() {
    let message = Message::from_vec(&browse(7)).unwrap();
    let asked: Vec<_> = message.queries.iter().map(|query| query.name().to_string()).collect();
    assert_eq!(asked, ["_workstation._tcp.local.", "_services._dns-sd._udp.local."]);
    assert!(!message.metadata.recursion_desired);
    let message = Message::from_vec(&reverse(7, &[ip("192.168.50.2"), ip("fe80::1")])).unwrap();
    let asked: Vec<_> = message.queries.iter().map(|query| query.name().to_string()).collect();
    let v6 = format!("1.{}0.8.e.f.ip6.arpa.", "0.".repeat(27));
    assert_eq!(asked, ["2.50.168.192.in-addr.arpa.".to_owned(), v6]);
    assert!(reverse(7, &[ip("fe80::1"); 16]).len() < 1400);
}

#[test]
fn names_are_taken_from_the_records_that_tell_them() {
    let srv = [vec![0, 0, 0, 0, 0, 9], name("pi2.local")].concat();
    let bytes = response(&[
        ("2.0.0.10.in-addr.arpa", 12, name("pi2.local")),
        ("pi2.local", 1, vec![10, 0, 0, 2]),
        ("pi2.LOCAL", 28, "fe80::2".parse::<Ipv6Addr>().unwrap().octets().to_vec()),
        ("pi2 [02:aa]._workstation._tcp.local", 33, srv),
        ("_workstation._tcp.local", 12, name("pi2 [02:aa]._workstation._tcp.local")),
    ]);
    let row = |address: &str| (address.to_owned(), "pi2".to_owned());
    let expected = [row("10.0.0.2"), row("10.0.0.2"), row("fe80::2"), row("10.0.0.2")];
    assert_eq!(claims(&bytes), expected);
    let written = reverse_name(ip("fe80::2")).join(".");
    assert_eq!(claims(&response(&[(&written, 12, name("pi2.local"))])), [row("fe80::2")]);
}

#[test]
fn what_is_no_name_of_a_host_is_left() {
    let table: [&[(&str, u16, Vec<u8>)]; 6] = [
        &[],
        &[("2.0.0.10.in-addr.arpa", 12, name("pi2.example.org"))],
        &[("2.0.0.10.in-addr.arpa", 12, name("local"))],
        &[("2.0.0.in-addr.arpa", 12, name("pi2.local"))],
        &[("300.0.0.10.in-addr.arpa", 12, name("pi2.local"))],
        &[("a.txt.local", 16, vec![1, b'x'])],
    ];
    for records in table {
        assert!(claims(&response(records)).is_empty(), "{records:?}");
    }
    let mut query = response(&[("pi2.local", 1, vec![10, 0, 0, 2])]);
    query[2] = 0;
    assert!(claims(&query).is_empty(), "a query is no answer");
}

#[test]
fn a_name_moves_no_cursor_and_a_flood_ends() {
    let bytes = response(&[("pi\u{1b}[2J.local", 1, vec![10, 0, 0, 2])]);
    assert_eq!(claims(&bytes)[0].1, "pi\\u{1b}[2J");
    let many = vec![("pi2.local", 1, vec![10, 0, 0, 2]); 300];
    assert_eq!(claims(&response(&many)).len(), RECORDS_MAX);
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_harm(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&bytes, ip("10.0.0.2"));
    }

    #[test]
    fn a_damaged_answer_is_read_without_harm(at in 0usize..80, value: u8, cut in 0usize..90) {
        let mut bytes = response(&[
            ("2.0.0.10.in-addr.arpa", 12, name("pi2.local")),
            ("pi2.local", 1, vec![10, 0, 0, 2]),
        ]);
        if let Some(byte) = bytes.get_mut(at) { *byte = value; }
        bytes.truncate(cut.min(bytes.len()));
        let _ = read(&bytes, ip("10.0.0.2"));
    }
}
