//! `check --pair`: a peer that cannot be reached in any other way.

use std::io;
use std::net::IpAddr;

use pontoon_model::facts::Intent;
use pontoon_model::host::HostName;
use pontoon_model::record::Record;
use pontoon_probe::key::Key;
use pontoon_probe::survey::{Options, PairCode, Seat, Side, meet};

use crate::command::judge::recorded;
use crate::command::progress::Meter;
use crate::failure::Failure;
use crate::output;

/// The word that asks for a new code.
const NEW: &str = "new";

/// What `--pair` said.
pub(crate) enum Pair {
    /// Make a code.
    New,
    /// The other host made it.
    Code(PairCode),
}

/// Reads what `--pair` said.
pub(crate) fn read(text: &str) -> Result<Pair, Failure> {
    let mut typed = text.to_owned();
    if text == "-" {
        typed.clear();
        let read = io::stdin().read_line(&mut typed);
        read.map_err(|source| Failure::Read { path: "-".into(), source })?;
    }
    if typed.trim() == NEW {
        return Ok(Pair::New);
    }
    typed.trim().parse().map(Pair::Code).map_err(|source| Failure::PairCode { source })
}

/// Asks the peer; a new code is said on standard error.
pub(crate) fn survey(
    seat: Seat,
    (peer, address): (&HostName, IpAddr),
    pair: Pair,
    intent: &Intent,
    options: &Options,
) -> Result<(Record, Key), Failure> {
    let mut announce = |code: &PairCode, own: IpAddr| {
        output::note(&format!(
            "On {peer}, within three minutes:\n  \
             pontoon check --peer {own} --pair {code} --record FILE\n\
             Then bring both records together: pontoon replay FILE FILE"
        ));
    };
    let side = match pair {
        Pair::New => Side::First(&mut announce),
        Pair::Code(code) => Side::Second(code),
    };
    let mut meter = Meter::new();
    let survey = meet(seat, address, side, intent, options, &mut |progress| meter.show(&progress))
        .map_err(|source| Failure::Survey { source })?;
    Ok(recorded(survey))
}
