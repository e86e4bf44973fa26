//! The end of a check that runs on a node, or on a host that is to be one: answers questions on
//! its standard streams until they end, and takes back what it made.

use std::io::{self, Read, Write};

use pontoon_model::untrusted::Untrusted;
use pontoon_probe::edge::clock::unix_s;
use pontoon_probe::framing::{self, Reader};

use super::{dial, echo, inside, joiner, kubectl, look, test_pods};
use crate::question::{Ask, PREAMBLE, Told};

/// What this end has made in the cluster, and removes however the connection ends.
#[derive(Debug, Default)]
struct Held(Option<String>);

impl Held {
    fn clear(&mut self) {
        if let Some(namespace) = self.0.take() {
            test_pods::clear(&namespace);
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Answers until the input ends.
///
/// # Errors
///
/// What keeps it from reading or writing.
pub fn serve(mut input: impl Read, mut output: impl Write) -> io::Result<()> {
    output.write_all(PREAMBLE.as_bytes())?;
    output.flush()?;
    let mut held = Held::default();
    let mut reader = Reader::default();
    let mut bytes = vec![0; framing::FRAME_MAX];
    loop {
        while let Some(ask) = reader.read::<Ask>().map_err(io::Error::other)? {
            let told = answer(ask, &mut held);
            // What a server answered may be more than one message holds.
            let wire = framing::write(&told)
                .or_else(|why| framing::write(&Told::Failed(Untrusted::new(&why.to_string()))));
            output.write_all(&wire.map_err(io::Error::other)?)?;
            output.flush()?;
        }
        match input.read(&mut bytes) {
            Ok(0) => return Ok(()),
            Ok(count) => reader.push(&bytes[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn answer(ask: Ask, held: &mut Held) -> Told {
    match ask {
        Ask::Look => Told::Look(Box::new(look::take())),
        Ask::Objects => match kubectl::objects() {
            Ok(objects) => Told::Objects(Box::new(objects), unix_s()),
            Err(why) => Told::Failed(why),
        },
        Ask::Raise { namespace, pods } => {
            held.0 = Some(namespace.clone());
            match test_pods::raise(&namespace, &pods) {
                Ok(()) => Told::Done,
                Err(why) => Told::Failed(why),
            }
        }
        Ask::Clear => {
            held.clear();
            Told::Done
        }
        Ask::Kubelets { nodes } => Told::Outcomes(kubectl::kubelets(&nodes)),
        Ask::PodLog { namespace, name } => Told::Text(kubectl::pod_log(&namespace, &name)),
        Ask::Events { namespace } => Told::Text(kubectl::events(&namespace)),
        Ask::KubeletLog => Told::Text(look::kubelet_log()),
        Ask::Answer { pod } => match inside::spawn(&pod, echo::serve) {
            Ok(()) => Told::Done,
            Err(why) => Told::Failed(Untrusted::new(&why.to_string())),
        },
        Ask::Joiner => Told::Joiner(Box::new(joiner::look())),
        Ask::Contact { questions, limits } => Told::Contact(joiner::contact(&questions, limits)),
        Ask::Try { pod, dials } => Told::Outcomes(dial::all(pod.as_deref(), dials)),
    }
}
