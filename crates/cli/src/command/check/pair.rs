//! `check --pair`: a peer that cannot be reached in any other way.

use std::io;
use std::net::IpAddr;

use pontoon_model::facts::RunParameters;
use pontoon_model::host::HostName;
use pontoon_model::record::Record;
use pontoon_probe::run_key::RunKey;
use pontoon_probe::survey::{
    PairCode, RendezvousSide, SurveyOptions, SurveyParticipant, run_rendezvous,
};

use crate::command::progress::ProgressMeter;
use crate::command::survey_report::record_of_survey;
use crate::failure::CommandFailure;
use crate::output;

/// The word that asks for a new code.
const NEW: &str = "new";

/// The argument of `--pair`.
pub(crate) enum PairArgument {
    /// Make a code.
    New,
    /// The other host made it.
    Code(PairCode),
}

/// Reads the argument of `--pair`.
pub(crate) fn read(text: &str) -> Result<PairArgument, CommandFailure> {
    let mut typed = text.to_owned();
    if text == "-" {
        typed.clear();
        let read = io::stdin().read_line(&mut typed);
        read.map_err(|source| CommandFailure::Read { path: "-".into(), source })?;
    }
    if typed.trim() == NEW {
        return Ok(PairArgument::New);
    }
    typed
        .trim()
        .parse()
        .map(PairArgument::Code)
        .map_err(|source| CommandFailure::PairCode { source })
}

/// Tests with the peer; a new code is written to standard error.
pub(crate) fn survey(
    seat: SurveyParticipant,
    (peer, address): (&HostName, IpAddr),
    pair: PairArgument,
    intent: &RunParameters,
    options: &SurveyOptions,
) -> Result<(Record, RunKey), CommandFailure> {
    let mut announce = |code: &PairCode, own: IpAddr| {
        output::note(&format!(
            "On {peer}, within three minutes:\n  \
             pontoon check --peer {own} --pair {code} --record FILE\n\
             Then bring both records together: pontoon replay FILE FILE"
        ));
    };
    let side = match pair {
        PairArgument::New => RendezvousSide::First(&mut announce),
        PairArgument::Code(code) => RendezvousSide::Second(code),
    };
    let mut meter = ProgressMeter::new();
    let survey =
        run_rendezvous(seat, address, side, intent, options, &mut |progress| meter.show(&progress))
            .map_err(|source| CommandFailure::Survey { source })?;
    Ok(record_of_survey(survey))
}
