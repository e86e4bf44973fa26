//! A node of the lab: a process that holds a network namespace and carries out steps.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use pontoon_model::untrusted::Untrusted;
use serde::{Deserialize, Serialize};

use crate::node_error::NodeError;
use crate::process;
use crate::topology::NodeStep;

mod etc;
mod node_process;

pub(crate) use node_process::{hold, host_init, leave};

/// Longer than any answer of a node.
const MAX_ANSWER_BYTES: u64 = 64 * 1024;

/// What a node answers to a list of steps.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum StepsResult {
    /// All of them done.
    Well,
    /// The first that failed.
    Failed(String),
}

/// The handle of a node. Dropped, its namespaces end with all processes in them.
#[derive(Debug)]
pub(crate) struct LabNode {
    key: String,
    child: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<io::Take<ChildStdout>>,
    /// The process that is in all namespaces of the node.
    pub(crate) pid: u32,
}

impl LabNode {
    /// Starts the process of a node: of a host with namespaces for everything, or of a mere
    /// network namespace.
    pub(crate) fn start(key: &str, is_host: bool) -> Result<Self, NodeError> {
        let name = if is_host { "lab-host" } else { "lab-segment" };
        let failed = |source| NodeError::Start { node: key.to_owned(), source };
        let mut child = process::helper(name)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let orders = child.stdin.take();
        let Some(answers) = child.stdout.take() else {
            return Err(failed(io::ErrorKind::BrokenPipe.into()));
        };
        let answers = BufReader::new(answers.take(MAX_ANSWER_BYTES));
        Ok(Self { key: key.to_owned(), child, orders, answers, pid: 0 })
    }

    fn ended(&self) -> NodeError {
        NodeError::Ended { node: self.key.clone() }
    }

    fn line(&mut self) -> Result<String, NodeError> {
        let mut line = String::new();
        match self.answers.read_line(&mut line) {
            Ok(length) if length > 0 => Ok(line),
            _ => Err(self.ended()),
        }
    }

    /// Waits until the namespaces are there and learns their process.
    pub(crate) fn await_pid(&mut self) -> Result<(), NodeError> {
        self.pid = self.line()?.trim().parse().map_err(|_| self.ended())?;
        Ok(())
    }

    /// Gives orders without waiting, so that all nodes work at the same time.
    pub(crate) fn send_steps(&mut self, steps: &[NodeStep]) -> Result<(), NodeError> {
        let ended = self.ended();
        let orders = self.orders.as_mut().ok_or(ended)?;
        let failed = |source| NodeError::Start { node: self.key.clone(), source };
        let mut text = serde_json::to_vec(steps).map_err(|error| failed(error.into()))?;
        text.push(b'\n');
        orders.write_all(&text).map_err(failed)
    }

    /// Waits until they have been carried out.
    pub(crate) fn await_done(&mut self) -> Result<(), NodeError> {
        let line = self.line()?;
        match serde_json::from_str(&line) {
            Ok(StepsResult::Well) => Ok(()),
            Ok(StepsResult::Failed(message)) => {
                Err(NodeError::Step { node: self.key.clone(), message: Untrusted::new(&message) })
            }
            Err(_) => Err(self.ended()),
        }
    }
}

impl Drop for LabNode {
    fn drop(&mut self) {
        // It ends when its orders end; a node that hangs is ended by force. PID 1 of a host takes
        // all its processes along.
        self.orders = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
