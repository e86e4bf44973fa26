use pontoon_model::shell_command;
use pontoon_wire::yaml;
use proptest::prelude::*;

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

proptest! {
    /// Whatever a value is, YAML reads the same value and nothing beside it.
    #[test]
    fn a_quoted_value_is_one_scalar_of_yaml(value in any::<String>()) {
        let document = yaml::read(&format!("a: {}\nb: 1\n", quoted(&value)));
        let document = document.map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(document.get("a").and_then(yaml::YamlNode::text), Some(value.as_str()));
        prop_assert_eq!(document.table().map(<[_]>::len), Some(2));
    }
}

/// In a text that is no script a preparation is a comment, also where a value in it has lines.
#[test]
fn a_command_in_a_comment_cannot_end_it() {
    let mut page = CommentedText::default();
    page.commented_command(&shell_command!("touch {}", "a\nkind: Evil"));
    assert_eq!(page.0, "#     touch 'a\n#     kind: Evil'\n");
}
