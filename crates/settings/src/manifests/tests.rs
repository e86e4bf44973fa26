use pontoon_model::node_files::FlannelFlags;
use pontoon_model::shell_command;
use pontoon_model::untrusted::Untrusted;
use pontoon_predict::Component;
use pontoon_predict::PredictedChoice;
use pontoon_predict::flannel::{FlannelVersion, external_interface};
use pontoon_predict::kubeadm::version::ConfigApi;
use pontoon_wire::yaml;
use proptest::prelude::*;

use super::*;
use crate::node_settings::SettingsOverrides;
use crate::node_settings::tests::link_addresses::with_addresses;

/// The value that follows a word in a text, up to a quote or the end of the line.
fn value_after<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let value = text.split_once(word)?.1;
    value.split(['"', '\'', '\n']).next()
}

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
    /// The real rules of the programs, given what is written for them, lead to the address that was
    /// decided, whichever of a link's addresses that is.
    #[test]
    fn programs_that_are_given_these_settings_take_the_decided_address(
        numbers in proptest::collection::btree_set((0_u8..6, 1_u8..255), 1..5),
        order in any::<proptest::sample::Index>(),
        chosen in any::<proptest::sample::Index>(),
    ) {
        let mut own: Vec<String> =
            numbers.iter().map(|(net, host)| format!("10.0.{net}.{host}")).collect();
        let chosen = own[chosen.index(own.len())].clone();
        let at = order.index(own.len());
        own.rotate_left(at);
        let prefixes: Vec<_> = own.iter().map(|one| format!("{one}/24")).collect();
        let address = chosen.parse().unwrap();
        let wishes = SettingsOverrides { address: Some(address), ..SettingsOverrides::default() };
        let (mut node, settings) = with_addresses(&prefixes, &wishes);
        let settings = settings.unwrap();

        let init = kubeadm_init::configuration(&settings, ConfigApi::V1Beta4, &"v1.36.2".parse().unwrap());
        prop_assert_eq!(value_after(&init, "advertiseAddress: \""), Some(chosen.as_str()));
        let node_ip = value_after(&init, "name: node-ip\n      value: \"").unwrap();
        node.node.kubelet.node_ip = Some(Untrusted::new(node_ip));
        let flannel = flannel::settings(&settings);
        let flag = value_after(&flannel, "\"value\": \"").unwrap().replace("\\\\", "\\");
        node.node.flannel = FlannelFlags::of([flag.as_str()]);
        let choices = [
            Component::Kubelet.choose(&node),
            external_interface(&node, FlannelVersion::V0_25),
            external_interface(&node, FlannelVersion::Newest),
        ];
        for choice in choices {
            let PredictedChoice::Pick(pick) = &choice else { panic!("{choice:?}") };
            prop_assert_eq!(&pick.addresses, &[address], "{} {:?}", flag, own);
        }
    }

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
