use proptest::prelude::*;

use super::*;

/// Reads bytes in one piece, then the end.
fn read_whole(text: &[u8], page: &PortalPage) -> PageOutcome {
    let mut reading = PageReader::default();
    reading.take(text, page, "c").unwrap_or_else(|| reading.end(page, "c"))
}

fn http(status: u16, is_expected: bool) -> PageOutcome {
    PageOutcome::Http { status, location: None, is_expected }
}

#[test]
fn bodies_are_framed_as_the_head_says() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n";
    let table = [
        // To the end of the connection.
        ("HTTP/1.1 200 OK\r\n\r\nsuccess\n".to_owned(), true),
        // Of the right length, whatever follows.
        ("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsuccess\nGET".to_owned(), true),
        ("HTTP/1.1 200 OK\r\ncontent-length: 8 \r\n\r\nsuccess\n".to_owned(), true),
        // Cut off.
        ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nsuccess\n".to_owned(), false),
        ("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nsuccess\n".to_owned(), false),
        // Longer than any check page, and longer than any number.
        ("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nsuccess\n".to_owned(), false),
        (format!("{chunked}\r\n8\r\nsuccess\n\r\n0\r\n\r\n"), true),
        (format!("{chunked}\r\n4;a=b\r\nsucc\r\n4\r\ness\n\r\n0\r\n\r\n"), true),
        // Of both, the transfer coding counts.
        (format!("{chunked}Content-Length: 3\r\n\r\n8\r\nsuccess\n\r\n0\r\n\r\n"), true),
        (format!("{chunked}\r\n8\r\nsuccess\n\r\n"), false),
        (format!("{chunked}\r\nffffffffffffffff\r\nsuccess\n"), false),
        (format!("{chunked}\r\nfffffffffffffffff\r\nsuccess\n"), false),
        (format!("{chunked}\r\nx\r\nsuccess\n"), false),
        (format!("{chunked}\r\n8\r\nsuccess\nxx0\r\n\r\n"), false),
        (format!("{chunked}\r\nsuccess\n"), false),
    ];
    for (text, is_expected) in table {
        let verdict = read_whole(text.as_bytes(), &PortalPage::Firefox);
        assert_eq!(verdict, http(200, is_expected), "{text}");
    }
}

#[test]
fn a_body_of_known_length_is_judged_before_the_connection_closes() {
    let mut reading = PageReader::default();
    let text = b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsuccess";
    assert_eq!(reading.take(text, &PortalPage::Firefox, "c"), None);
    assert_eq!(reading.take(b"\n", &PortalPage::Firefox, "c"), Some(http(200, true)));
}

#[test]
fn heads_that_are_bombs_or_none_are_garbage() {
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "A: b\r\n".repeat(1_000));
    let long = format!("HTTP/1.1 200 OK\r\nA: {}\r\n\r\n", "b".repeat(MAX_HEAD));
    let endless = format!("HTTP/1.1 200 OK\r\nA: {}", "b".repeat(2 * MAX_HEAD));
    let table: [&[u8]; 8] = [
        many.as_bytes(),
        long.as_bytes(),
        endless.as_bytes(),
        b"SSH-2.0-OpenSSH_9.2p1\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"HTTP/1.1 99999 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n",
        b"",
    ];
    for text in table {
        let verdict = read_whole(text, &PortalPage::Firefox);
        assert!(
            matches!(verdict, PageOutcome::Garbage(_)),
            "{verdict:?}: {:.40}",
            text.escape_ascii()
        );
    }
}

#[test]
fn no_more_is_kept_than_a_page_can_have() {
    let mut reading = PageReader::default();
    for _ in 0..1_000 {
        let _ = reading.take(&[b'a'; 1_000], &PortalPage::Firefox, "c");
    }
    assert!(reading.bytes.len() <= MAX_HEAD + MAX_BODY + 1, "{}", reading.bytes.len());
}

#[test]
fn time_is_up_in_the_middle() {
    let mut reading = PageReader::default();
    assert_eq!(reading.cut_short(), None, "nothing came: that is silence");
    let _ = reading.take(b"HTTP/1.1 200", &PortalPage::Firefox, "c");
    assert_eq!(reading.cut_short(), Some(PageOutcome::Garbage("half an HTTP answer")));
    let _ = reading.take(b" OK\r\n\r\nsucc", &PortalPage::Firefox, "c");
    assert_eq!(reading.cut_short(), Some(http(200, false)));
}

fn page() -> impl Strategy<Value = PortalPage> {
    let known: Vec<_> = PortalPage::known().collect();
    proptest::sample::select(known)
}

proptest! {
    /// However a network cuts an answer, it means the same.
    #[test]
    fn pieces_do_not_change_the_verdict(
        page in page(), step in 1_usize..40, which in 0_usize..4, body in "[a-z\n]{0,60}",
    ) {
        let text = [
            format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()),
            format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n", body.len()),
            format!("HTTP/1.1 200 OK\r\n\r\n{body}"),
            "HTTP/1.1 302 Found\r\nLocation: http://login/\r\n\r\n".to_owned(),
        ][which].clone();
        let mut reading = PageReader::default();
        let pieces = text.as_bytes().chunks(step);
        let verdict = pieces.map(|piece| reading.take(piece, &page, "c")).find_map(|verdict| verdict);
        let verdict = verdict.unwrap_or_else(|| reading.end(&page, "c"));
        prop_assert_eq!(verdict, read_whole(text.as_bytes(), &page));
    }

    #[test]
    fn any_bytes_are_read_without_harm(page in page(), bytes: Vec<u8>) {
        let mut reading = PageReader::default();
        let _ = reading.take(&bytes, &page, "c");
        let _ = (reading.cut_short(), reading.date(), reading.end(&page, "c"));
    }

    #[test]
    fn any_chunks_are_read_without_harm(bytes in "[0-9a-f\r\n;]{0,80}") {
        let text = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{bytes}");
        let _ = read_whole(text.as_bytes(), &PortalPage::Firefox);
    }
}
