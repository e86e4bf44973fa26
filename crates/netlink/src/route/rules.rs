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

/// Largest number of rules read; they are written by hand or by few programs, so there are far
/// fewer.
const MAX_RULES: usize = 512;

const RULES: RouteTable =
    RouteTable { get: RTM_GETRULE, new: RTM_NEWRULE, what: "routing rules", limit: MAX_RULES };

/// A rule that the model cannot express. Without the "not" of "not from all fwmark 51820" it would
/// mean the opposite, so it is reported instead of decoded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct UnusualRule {
    /// The address family of the rule.
    pub family: IpFamily,
    /// The preference of the rule.
    pub preference: u32,
    /// The reason why it is not decoded.
    pub reason: UnusualReason,
}

/// Properties of a rule that the model cannot express.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum UnusualReason {
    /// It matches everything except its selectors (`not`).
    Inverted,
    /// Its action is not a table lookup: goto, blackhole, prohibit and others.
    NoTable,
}

/// Reads the rules of a family, in kernel order.
///
/// # Errors
/// If the kernel does not list them.
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
            // The header has eight bits for the table only.
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
