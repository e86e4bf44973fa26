//! Which chains drop what is forwarded, by the text of the rules.

use std::collections::{BTreeMap, BTreeSet};

use pontoon_model::untrusted::Untrusted;

use crate::look::ForwardDrop;

type Chains<'a> = BTreeMap<&'a str, Vec<&'a str>>;

/// Reads what `nft list ruleset` writes: the chains at the forward hook that drop, of every table.
#[must_use]
pub fn read(text: &str) -> Vec<ForwardDrop> {
    let mut drops = Vec::new();
    let (mut table, mut chain) = ("", None);
    let mut chains: Chains<'_> = BTreeMap::new();
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix("table ").and_then(|rest| rest.strip_suffix(" {")) {
            drops.extend(of_table(table, &chains));
            (table, chains) = (name, BTreeMap::new());
        } else if let Some(name) =
            line.strip_prefix("chain ").and_then(|rest| rest.strip_suffix(" {"))
        {
            chain = Some(name);
            chains.insert(name, Vec::new());
        } else if line == "}" {
            chain = None;
        } else if let Some(lines) = chain.and_then(|name| chains.get_mut(name)) {
            lines.push(line);
        }
    }
    drops.extend(of_table(table, &chains));
    drops
}

fn of_table(table: &str, chains: &Chains<'_>) -> Vec<ForwardDrop> {
    let drops = chains.iter().filter(|(_, lines)| {
        let head = lines.first().copied().unwrap_or_default();
        let is_last_word = |line: &&str| {
            let line = line.trim_start_matches("counter ");
            line == "drop" || line.starts_with("reject")
        };
        head.contains("hook forward")
            && head.contains("type filter")
            && (head.contains("policy drop") || lines.last().is_some_and(is_last_word))
    });
    let found = drops.map(|(name, _)| ForwardDrop {
        table: Untrusted::new(table),
        chain: Untrusted::new(name),
        accepts: accepts_of(name, chains),
    });
    found.collect()
}

/// What a chain and those that it calls accept.
fn accepts_of<'a>(name: &'a str, chains: &Chains<'a>) -> Vec<Untrusted> {
    let mut accepts = Vec::new();
    let mut seen = BTreeSet::from([name]);
    let mut waiting = vec![name];
    while let Some(name) = waiting.pop() {
        for line in chains.get(name).into_iter().flatten() {
            let words: Vec<&str> = line.split_ascii_whitespace().collect();
            let after = |key: &str| {
                let at = words.iter().position(|word| *word == key)?;
                words.get(at + 1).map(|word| word.trim_matches('"'))
            };
            if let Some(called) = after("jump").or_else(|| after("goto")) {
                if seen.insert(called) {
                    waiting.push(called);
                }
            } else if words.contains(&"accept") {
                let of = ["saddr", "daddr", "iifname", "oifname"].iter().find_map(|key| after(key));
                let is_bare = matches!(words[..], ["accept"] | ["counter", "accept"]);
                if let Some(of) = of.or_else(|| is_bare.then_some("everything")) {
                    accepts.push(Untrusted::new(of));
                }
            }
        }
    }
    accepts
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLANNEL: &str = "table ip filter {
	chain FORWARD {
		type filter hook forward priority filter; policy drop;
		counter jump FLANNEL-FWD
	}

	chain FLANNEL-FWD {
		ip saddr 10.244.0.0/16 counter accept
		ip daddr 10.244.0.0/16 counter accept
	}
}
table inet hostfw {
	chain forward {
		type filter hook forward priority filter; policy drop;
		ct state established,related accept
	}
}
table inet firewalld {
	chain filter_FORWARD {
		type filter hook forward priority filter + 10; policy accept;
		iifname \"eth0\" accept
		reject with icmpx admin-prohibited
	}
	chain loop {
		jump loop
	}
}
table ip nat {
	chain POSTROUTING {
		type nat hook postrouting priority srcnat; policy accept;
	}
}";

    #[test]
    fn chains_that_drop_and_what_they_accept() {
        let found: Vec<(String, String, Vec<String>)> = read(FLANNEL)
            .into_iter()
            .map(|drop| {
                let accepts = drop.accepts.iter().map(Untrusted::to_string).collect();
                (drop.table.to_string(), drop.chain.to_string(), accepts)
            })
            .collect();
        let row = |table: &str, chain: &str, accepts: &[&str]| {
            (table.to_owned(), chain.to_owned(), accepts.iter().map(ToString::to_string).collect())
        };
        assert_eq!(
            found,
            [
                row("ip filter", "FORWARD", &["10.244.0.0/16", "10.244.0.0/16"]),
                row("inet hostfw", "forward", &[]),
                row("inet firewalld", "filter_FORWARD", &["eth0"]),
            ]
        );
    }
}
