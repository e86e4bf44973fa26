//! `pontoon agent --stdio`: this host's far end.

use std::process::ExitCode;

use crate::arguments::AgentArguments;
use crate::failure::CommandFailure;
use pontoon_cluster::edge::node_service::NodeService;
use pontoon_join::edge::join_service::JoinService;
use pontoon_probe::agent::SurveyService;
use pontoon_remote::message::ServiceName;
use pontoon_remote::session::far_loop::{FarServices, LoopService, ThreadService, serve_host};

/// Serves all that another pontoon wants of this host, until standard input closes.
pub(crate) fn run(arguments: &AgentArguments) -> Result<ExitCode, CommandFailure> {
    if arguments.unlink {
        unlink();
    }
    let mut survey = SurveyService::default();
    let node: fn() -> Box<dyn ThreadService> = NodeService::boxed;
    let join: fn() -> Box<dyn ThreadService> = JoinService::boxed;
    let services = FarServices {
        in_loop: [(ServiceName::Survey, &mut survey as &mut dyn LoopService)].into(),
        in_threads: [(ServiceName::Node, node), (ServiceName::Join, join)].into(),
    };
    serve_host(std::io::stdin(), std::io::stdout(), services)
        .map_err(|source| CommandFailure::Agent { source })?;
    Ok(ExitCode::SUCCESS)
}

/// Removes this program's own file, and the folder that was made for it. The program goes on: a
/// file that runs is gone only when it ends (unlink(2)). What cannot be removed now is removed by
/// the script that copied it.
fn unlink() {
    /// How `remote::carrier::push` names the folder: no other is touched.
    const FOLDER: &str = "pontoon.";
    let Ok(program) = std::env::current_exe() else { return };
    let Some(folder) = program.parent() else { return };
    let name = folder.file_name().and_then(|name| name.to_str());
    if name.is_some_and(|name| name.starts_with(FOLDER)) {
        let _ = std::fs::remove_dir_all(folder);
    }
}
