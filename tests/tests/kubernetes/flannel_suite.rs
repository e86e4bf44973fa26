//! The suite of flannel's own function: which interface one flag selects.

use pontoon_model::node_files::FlannelFlags;
use pontoon_model::untrusted::Untrusted;
use pontoon_predict::flannel::{
    FlannelVersion, InterfaceLookupError, InterfaceSelector, IpStack, look_up,
};
use serde_json::{Value, json};

use crate::files::{host, word, words};

/// The result on the suite's host; none: it is another suite.
pub(crate) fn found(suite: &Value, case: &Value) -> Option<Value> {
    if word(suite, "id") != "flannel_lookup" {
        return None;
    }
    let mut facts = suite["host"].clone();
    facts["ip_route_all"] = json!(words(&suite["host"]["routes"]).join("\n"));
    let node = host(&facts);
    let text = |field: &str| case[field].as_str().map(Untrusted::new);
    let flags = FlannelFlags {
        public_ip: text("public_ip"),
        public_ipv6: text("public_ipv6"),
        ..FlannelFlags::default()
    };
    let stack = match word(case, "stack") {
        "dual" => IpStack::Dual,
        "ipv6" | "v6" => IpStack::V6,
        _ => IpStack::V4,
    };
    let by = match (word(case, "iface_regex"), word(case, "iface_can_reach")) {
        ("", "") => InterfaceSelector::Named(word(case, "iface")),
        ("", target) => InterfaceSelector::Reaching(target),
        (pattern, _) => InterfaceSelector::Matching(pattern),
    };
    let interface = match look_up(&node, FlannelVersion::Newest, stack, by, &flags) {
        Ok(interface) => interface,
        Err(InterfaceLookupError::Words(words) | InterfaceLookupError::Unknown(words)) => {
            return Some(json!({ "error": words }));
        }
    };
    // Only the fields of the case are compared.
    let mut shown = json!({ "interface": interface.link.name });
    for (field, address) in [
        ("address", interface.address),
        ("address_v6", interface.address_v6),
        ("advertised", interface.advertised),
        ("advertised_v6", interface.advertised_v6),
    ] {
        if case["expect"].get(field).is_some() {
            shown[field] = json!(address);
        }
    }
    Some(shown)
}
