//! Which chains drop what is forwarded: from what `nft list ruleset` writes.

use std::collections::BTreeMap;
use std::process::Command;

use pontoon_model::untrusted::Untrusted;

use crate::look::ForwardDrop;

/// More is not read: a thousand Services make half of it.
const RULES_MAX: usize = 8 * 1024 * 1024;

/// The chains, and whether the rules could be listed at all.
pub(super) fn forward_drops() -> (Vec<ForwardDrop>, bool) {
    let output = command().args(["10", "nft", "-s", "list", "ruleset"]).output();
    match output {
        Ok(output) if output.status.success() && output.stdout.len() <= RULES_MAX => {
            (read(&String::from_utf8_lossy(&output.stdout)), true)
        }
        _ => (Vec::new(), false),
    }
}

#[expect(clippy::disallowed_methods, reason = "nft is started here")]
fn command() -> Command {
    Command::new("timeout")
}

type Chains<'a> = BTreeMap<&'a str, Vec<&'a str>>;

/// Reads the chains of every table.
fn read(text: &str) -> Vec<ForwardDrop> {
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
    let found = drops.map(|(name, _)| {
        let mut accepts = Vec::new();
        let mut seen = Vec::new();
        collect(name, chains, &mut seen, &mut accepts);
        ForwardDrop { table: Untrusted::new(table), chain: Untrusted::new(name), accepts }
    });
    found.collect()
}

/// What a chain and those that it calls accept.
fn collect<'a>(
    name: &'a str,
    chains: &Chains<'a>,
    seen: &mut Vec<&'a str>,
    accepts: &mut Vec<Untrusted>,
) {
    let Some(lines) = chains.get(name).filter(|_| !seen.contains(&name)) else { return };
    seen.push(name);
    for line in lines {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let after = |key: &str| {
            let at = words.iter().position(|word| *word == key)?;
            words.get(at + 1).map(|word| word.trim_matches('"'))
        };
        if let Some(called) = after("jump").or_else(|| after("goto")) {
            collect(called, chains, seen, accepts);
        } else if words.contains(&"accept") {
            let of = ["saddr", "daddr", "iifname", "oifname"].iter().find_map(|key| after(key));
            let is_bare = matches!(words[..], ["accept"] | ["counter", "accept"]);
            if let Some(of) = of.or_else(|| is_bare.then_some("everything")) {
                accepts.push(Untrusted::new(of));
            }
        }
    }
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
