use super::*;

#[test]
fn a_comment_stays_one_whatever_is_in_it() {
    let mut page = CommentedText::default();
    page.comment(2, "a host that calls itself\nkind: Evil\r\nand \u{1b}[31m more than fits in one line of eighty");
    assert!(
        page.0.lines().all(|line| line.starts_with("  #") && line.len() <= WIDTH),
        "{}",
        page.0
    );
    assert_eq!(page.0.lines().count(), 2);
}
