use proptest::prelude::*;

use super::*;

fn read(parts: &[&[u8]]) -> Result<ApiResponse, ApiResponseError> {
    let mut reader = ApiResponseReader::default();
    for part in parts {
        if let Some(answer) = reader.take(part)? {
            return Ok(answer);
        }
    }
    reader.end()
}

#[test]
fn an_answer_is_whole_by_its_length_its_chunks_or_its_end() {
    let table: [&[&[u8]]; 4] = [
        &[b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", b"lo"],
        &[
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r",
            b"\n2\r\nlo\r\n0\r\n\r\n",
        ],
        &[b"HTTP/1.1 200 OK\r\n\r\nhel", b"lo"],
        &[b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\
            Date: Thu, 01 Jan 1970 00:00:09 GMT\r\n\r\nhello more"],
    ];
    for parts in table {
        let answer = read(parts).unwrap();
        assert_eq!((answer.status, &answer.body[..]), (200, &b"hello"[..]));
    }
    assert_eq!(read(table[3]).unwrap().date_s, Some(9));
}

#[test]
fn what_is_endless_or_no_answer_is_refused() {
    let endless = vec![b'x'; BODY_BYTES_MAX + 2 * HEAD_BYTES_MAX];
    assert_eq!(read(&[b"HTTP/1.1 200 OK\r\n\r\n", &endless]), Err(ApiResponseError::Body));
    let long = b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n";
    assert_eq!(read(&[long]), Err(ApiResponseError::Body));
    let head = [b"HTTP/1.1 200 OK\r\nX: ".as_slice(), &vec![b'x'; HEAD_BYTES_MAX]].concat();
    assert_eq!(read(&[&head]), Err(ApiResponseError::Head));
    let large = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFF\r\n";
    assert_eq!(read(&[large]), Err(ApiResponseError::Body));
    assert!(matches!(read(&[b"SSH-2.0-OpenSSH_9.2\r\n"]), Err(ApiResponseError::Not(_))));
    for length in ["+5", "-5", "five", ""] {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\nhello");
        assert!(matches!(read(&[head.as_bytes()]), Err(ApiResponseError::Not(_))), "{length}");
    }
    let cut = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel";
    assert_eq!(read(&[cut]), Err(ApiResponseError::Cut));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(
        parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..4),
    ) {
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        let _ = read(&parts);
    }
}
