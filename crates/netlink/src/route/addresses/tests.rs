use super::*;
use crate::attribute::push_attribute;
use proptest::prelude::*;

#[test]
fn the_own_end_of_a_point_to_point_address_counts() {
    let mut body = vec![2, 32, 0x80, 0];
    body.extend(3_u32.to_ne_bytes());
    push_attribute(&mut body, IFA_ADDRESS, &[10, 0, 0, 2]);
    push_attribute(&mut body, IFA_LOCAL, &[10, 0, 0, 1]);
    push_attribute(&mut body, IFA_FLAGS, &0x280_u32.to_ne_bytes());
    let life: Vec<u8> = [60_u32, 120, 0, 0].into_iter().flat_map(u32::to_ne_bytes).collect();
    push_attribute(&mut body, IFA_CACHEINFO, &life);
    let (index, found) = parse_address(&body).unwrap();
    assert_eq!((index, found.prefix.to_string().as_str()), (3, "10.0.0.1/32"));
    assert_eq!((found.flags, found.valid_s), (0x280, Some(120)));
}

#[test]
fn a_prefix_longer_than_its_address_is_not_one() {
    let mut body = vec![2, 64, 0, 0, 3, 0, 0, 0];
    push_attribute(&mut body, IFA_ADDRESS, &[10, 0, 0, 2]);
    assert!(parse_address(&body).is_none());
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes: Vec<u8>) {
        let _ = parse_address(&bytes);
    }
}
