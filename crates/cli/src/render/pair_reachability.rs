//! Which pairs reach each other: a table of words, or where it would not fit a grid of letters.

use std::collections::BTreeSet;

use pontoon_rules::report::pairs::PairRow;

use super::style::TerminalStyle;
use super::{pair_grid, pair_table};

/// More rows than this do not fit on a screen of 24 lines beside the verdict.
const TABLE_ROWS_MAX: usize = 15;

/// Writes the pairs by link and family; nothing where none was measured.
pub(crate) fn write(page: &mut String, pairs: &[PairRow], style: TerminalStyle) {
    let rows: BTreeSet<_> = pairs.iter().map(|pair| (&pair.from, &pair.to)).collect();
    if rows.len() > TABLE_ROWS_MAX {
        pair_grid::write(page, pairs, style);
    } else {
        pair_table::write(page, pairs, style);
    }
}
