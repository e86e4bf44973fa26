//! Policy-routing rules: `RTM_GETRULE`.

use pontoon_model::net::{IfName, IpFamily, Prefix};
use pontoon_model::snapshot::RoutingRule;

use super::RouteTable;
use crate::attribute::{address, attributes, text, u32_at, unspecified};
use crate::error::NetlinkError;
use crate::kernel::NetlinkKernel;
use crate::request::TableDump;
use crate::uapi::fib_rules::{
    FIB_RULE_HDR_BYTES, FIB_RULE_INVERT, FR_ACT_TO_TBL, FRA_DST, FRA_FWMARK, FRA_IIFNAME,
    FRA_OIFNAME, FRA_PRIORITY, FRA_SRC, FRA_TABLE,
};
use crate::uapi::rtnetlink::{RTM_GETRULE, RTM_NEWRULE};

/// `ip rule` counts its preferences by hand: nobody has more.
const MAX_RULES: usize = 512;

const RULES: RouteTable =
    RouteTable { get: RTM_GETRULE, new: RTM_NEWRULE, what: "routing rules", limit: MAX_RULES };

/// A rule for which the model has no words. Leaving "not" out of "not from all fwmark 51820" would
/// turn it into its opposite, so it is named and not read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct UnusualRule {
    /// Its address family.
    pub family: IpFamily,
    /// Its preference.
    pub preference: u32,
    /// Why it is not read.
    pub reason: UnusualReason,
}

/// What is unusual about a rule.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum UnusualReason {
    /// It applies to everything but its selectors (`not`).
    Inverted,
    /// It does not lead to a table: goto, blackhole, prohibit and the like.
    NoTable,
}

/// Reads the rules of a family, in the kernel's order.
///
/// # Errors
/// When the kernel does not show them.
pub fn rules(
    kernel: &dyn NetlinkKernel,
    family: IpFamily,
) -> Result<TableDump<Result<RoutingRule, UnusualRule>>, NetlinkError> {
    RULES.dump_family(kernel, family, parse_rule)
}

/// Reads a rule message.
fn parse_rule(body: &[u8]) -> Option<Result<RoutingRule, UnusualRule>> {
    let [family, to, from, _, table, _, _, action, ..] = *body else { return None };
    let flags = u32_at(body, 8)?;
    let any = unspecified(family)?;
    let mut rule = RoutingRule {
        preference: 0,
        from: None,
        to: None,
        in_link: None,
        out_link: None,
        mark: None,
        table: u32::from(table),
        family: IpFamily::of(any),
    };
    for (kind, value) in attributes(body, FIB_RULE_HDR_BYTES) {
        match kind {
            FRA_PRIORITY => rule.preference = u32_at(value, 0)?,
            FRA_SRC => rule.from = Prefix::new(address(value)?, from),
            FRA_DST => rule.to = Prefix::new(address(value)?, to),
            FRA_IIFNAME => rule.in_link = link_name(value),
            FRA_OIFNAME => rule.out_link = link_name(value),
            FRA_FWMARK => rule.mark = u32_at(value, 0),
            FRA_TABLE => rule.table = u32_at(value, 0)?,
            _ => {}
        }
    }
    let reason = if flags & FIB_RULE_INVERT != 0 {
        UnusualReason::Inverted
    } else if action != FR_ACT_TO_TBL {
        UnusualReason::NoTable
    } else {
        return Some(Ok(rule));
    };
    Some(Err(UnusualRule { family: rule.family, preference: rule.preference, reason }))
}

fn link_name(value: &[u8]) -> Option<IfName> {
    std::str::from_utf8(text(value)).ok()?.parse().ok()
}

#[cfg(test)]
mod tests;
