//! One line for a chain and for each of its rules, from netlink and from the JSON of nft(8).

use std::collections::BTreeMap;
use std::net::IpAddr;

use pontoon_netlink::nf_tables::condition::{MatchField, MatchValue, RuleCondition};
use pontoon_netlink::nf_tables::rule::{NftRule, RuleEffect};
use pontoon_netlink::nf_tables::ruleset::NftRuleset;
use pontoon_netlink::nf_tables::{NftChain, NftTable};
use serde_json::Value;

// The terms of nft for these.
const LIST: &str = "nft writes a list here";
const TEXT: &str = "nft writes a text here";

/// By chain: its hook, then its rules.
pub(crate) type Listing = BTreeMap<String, Vec<String>>;

fn raw(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn chain_key(table: &NftTable, chain: &[u8]) -> String {
    format!("{} {} {}", table.family_name(), raw(&table.name), raw(chain))
}

/// The listing that was read over netlink.
pub(crate) fn of_netlink(ruleset: &NftRuleset) -> Listing {
    let mut listing = Listing::new();
    for chain in &ruleset.chains {
        let lines = listing.entry(chain_key(&chain.table, &chain.name)).or_default();
        lines.push(base_line(chain));
        lines.extend(ruleset.rules_of(&chain.table, &chain.name).map(rule_line));
    }
    listing
}

fn base_line(chain: &NftChain) -> String {
    let Some(base) = &chain.base else { return "-".to_owned() };
    let policy = if base.is_policy_drop { "drop" } else { "accept" };
    format!("{} {} {policy}", raw(&base.kind), chain.hook_name().expect("a base chain has a hook"))
}

fn rule_line(rule: &NftRule) -> String {
    let conditions = rule.conditions.iter().filter_map(condition);
    let effect = match &rule.effect {
        RuleEffect::Accept => "accept".to_owned(),
        RuleEffect::Drop => "drop".to_owned(),
        RuleEffect::Reject => "reject".to_owned(),
        RuleEffect::Jump(chain) => format!("jump {}", raw(chain)),
        RuleEffect::Goto(chain) => format!("goto {}", raw(chain)),
        RuleEffect::Return => "return".to_owned(),
        RuleEffect::ByMap(_) => "map".to_owned(),
        RuleEffect::Iptables(name) => format!("iptables {name}"),
        RuleEffect::None => "-".to_owned(),
        RuleEffect::Other => "other".to_owned(),
    };
    line(rule.is_unconditional(), conditions.collect(), &effect)
}

fn line(is_unconditional: bool, mut conditions: Vec<String>, effect: &str) -> String {
    if is_unconditional {
        conditions.push("always".to_owned());
    }
    format!("{} | {effect}", conditions.join("; "))
}

/// None for expressions that the two sides write differently, such as those that nft adds itself.
fn condition(condition: &RuleCondition) -> Option<String> {
    let field = match &condition.field {
        MatchField::Source => "saddr",
        MatchField::Destination => "daddr",
        MatchField::InLink => "iifname",
        MatchField::OutLink => "oifname",
        MatchField::ConnectionState => "state",
        MatchField::Iptables(name) => return Some(format!("iptables {name}")),
        MatchField::Unknown(name) => return Some(format!("unknown {name}")),
        MatchField::Other => return None,
    };
    let values = match &condition.value {
        MatchValue::AnyOf(values) => values.iter().map(ToString::to_string).collect(),
        MatchValue::Set(_) => vec!["a set".to_owned()],
        MatchValue::States(_) => {
            condition.value.to_string().split(',').map(str::to_owned).collect()
        }
        value => vec![value.to_string()],
    };
    Some(of_values(field, condition.is_negated, values))
}

fn of_values(field: &str, is_negated: bool, mut values: Vec<String>) -> String {
    values.sort();
    let not = if is_negated { "!= " } else { "" };
    format!("{field} {not}{}", values.join(", "))
}

/// The listing from `nft -j list ruleset`.
pub(crate) fn of_nft(document: &Value) -> Listing {
    let objects = document["nftables"].as_array().expect(LIST);
    let mut sets = BTreeMap::new();
    let mut listing = Listing::new();
    let text = |object: &Value, key: &str| object[key].as_str().unwrap_or_default().to_owned();
    for object in objects {
        if let Some(set) = object.get("set") {
            sets.insert(format!("@{}", text(set, "name")), set["elem"].clone());
        } else if let Some(chain) = object.get("chain") {
            let own = ["family", "table", "name"].map(|key| text(chain, key)).join(" ");
            let base = ["type", "hook", "policy"].map(|key| text(chain, key)).join(" ");
            let base = if base.trim().is_empty() { "-".to_owned() } else { base };
            listing.insert(own, vec![base]);
        } else if let Some(rule) = object.get("rule") {
            let own = ["family", "table", "chain"].map(|key| text(rule, key)).join(" ");
            listing
                .get_mut(&own)
                .expect("nft lists a chain before its rules")
                .push(rule_of_nft(&rule["expr"], &sets));
        }
    }
    listing
}

fn rule_of_nft(expressions: &Value, sets: &BTreeMap<String, Value>) -> String {
    let (mut conditions, mut effect, mut is_unconditional) = (Vec::new(), "-".to_owned(), true);
    for expression in expressions.as_array().expect(LIST) {
        let (key, value) = expression
            .as_object()
            .and_then(|one| one.iter().next())
            .expect("an expression has a name");
        let target = || value["target"].as_str().expect(TEXT);
        let xt = || value["name"].as_str().expect(TEXT);
        match key.as_str() {
            "accept" | "drop" | "reject" | "return" => effect.clone_from(key),
            "jump" | "goto" => effect = format!("{key} {}", target()),
            "vmap" => {
                "map".clone_into(&mut effect);
                // A random number is an expression of its own.
                if value["key"].get("numgen").is_some() {
                    is_unconditional = false;
                    conditions.push("unknown numgen".to_owned());
                }
            }
            "counter" | "log" | "masquerade" => {}
            "xt" if value["type"] == "match" && xt() == "comment" => {}
            "xt" if value["type"] == "match" => {
                is_unconditional = false;
                conditions.push(format!("iptables {}", xt()));
            }
            "xt" => match xt() {
                "REJECT" => "reject".clone_into(&mut effect),
                "LOG" => {}
                name => effect = format!("iptables {name}"),
            },
            "match" => {
                is_unconditional = false;
                conditions.extend(match_of_nft(value, sets));
            }
            other => {
                is_unconditional = false;
                conditions.push(format!("unknown {other}"));
            }
        }
    }
    line(is_unconditional, conditions, &effect)
}

fn match_of_nft(value: &Value, sets: &BTreeMap<String, Value>) -> Option<String> {
    let left = &value["left"];
    let payload = &left["payload"];
    let is_ip = payload["protocol"] == "ip" || payload["protocol"] == "ip6";
    let field = if is_ip {
        payload["field"].as_str().filter(|field| matches!(*field, "saddr" | "daddr"))?
    } else if let Some(key) = left["meta"]["key"].as_str() {
        Some(key).filter(|key| matches!(*key, "iifname" | "oifname"))?
    } else if left["ct"]["key"] == "state" {
        "state"
    } else {
        return None;
    };
    let right = &value["right"];
    let named = right.as_str().and_then(|name| sets.get(name));
    let values = match named.or_else(|| right.get("set")) {
        Some(_) if field == "state" => vec!["a set".to_owned()],
        Some(elements) => elements.as_array().expect(LIST).iter().map(value_of_nft).collect(),
        None if right.is_array() => {
            right.as_array().expect(LIST).iter().map(value_of_nft).collect()
        }
        None => vec![value_of_nft(right)],
    };
    Some(of_values(field, value["op"] == "!=", values))
}

fn value_of_nft(value: &Value) -> String {
    let address = |text: &Value| {
        let text = text.as_str().expect(TEXT);
        text.parse().map_or_else(|_| text.to_owned(), |address: IpAddr| address.to_string())
    };
    if let Some(prefix) = value.get("prefix") {
        format!("{}/{}", address(&prefix["addr"]), prefix["len"])
    } else if let Some(range) = value.get("range") {
        format!("{}-{}", address(&range[0]), address(&range[1]))
    } else {
        address(value)
    }
}
