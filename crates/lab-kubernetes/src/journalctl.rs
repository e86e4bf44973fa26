//! `journalctl -u UNIT` on a node: the log of one of its services, by tail(1).

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::ExitCode;

use pontoon_lab::process;

use crate::systemd_unit::SystemdUnit;

/// The subcommand behind the `journalctl` of a node.
pub(crate) const NAME: &str = "lab-journalctl";

/// What `-e` shows at most (journalctl(1)).
const END: &str = "1000";

/// `lab-journalctl ARGS…`: becomes tail(1).
pub(crate) fn run(args: &[OsString]) -> io::Result<ExitCode> {
    let words: Vec<String> = args.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    match tail(&words) {
        Ok(words) => Err(process::program("tail").args(words).exec()),
        Err(said) => {
            io::stderr().write_all(said.as_bytes())?;
            Ok(ExitCode::FAILURE)
        }
    }
}

/// The arguments of tail(1) that show what was asked for.
fn tail(words: &[String]) -> Result<Vec<String>, String> {
    let (mut unit, mut lines, mut follows) = (None, "+1".to_owned(), false);
    let mut rest = words.iter().map(String::as_str);
    let value = |name: &str, value: Option<&str>| {
        value.map(str::to_owned).ok_or_else(|| format!("journalctl: {name} needs a value\n"))
    };
    while let Some(word) = rest.next() {
        match word.split_once('=') {
            Some(("--unit", name)) => unit = Some(name.to_owned()),
            Some(("--lines", count)) => count.clone_into(&mut lines),
            _ => match word {
                "-u" | "--unit" => unit = Some(value(word, rest.next())?),
                "-n" | "--lines" => lines = value(word, rest.next())?,
                "-f" | "--follow" => follows = true,
                // Explanations and a pager there are not; the end there is.
                "-e" | "-xe" | "-ex" | "-xeu" => END.clone_into(&mut lines),
                _ if word.starts_with("-n") => word[2..].clone_into(&mut lines),
                _ => {}
            },
        }
        if word == "-xeu" {
            unit = Some(value(word, rest.next())?);
        }
    }
    let Some(unit) = unit.as_deref().and_then(SystemdUnit::named) else {
        let known = SystemdUnit::ALL.map(SystemdUnit::name).join(", ");
        return Err(format!("-- No entries --\nThis journalctl is the lab's: -u {known}\n"));
    };
    if follows && lines == "+1" {
        "10".clone_into(&mut lines);
    }
    let mut line = vec!["-n".to_owned(), lines];
    if follows {
        line.push("-f".to_owned());
    }
    line.push(unit.log());
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> String {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        tail(&words).map_or_else(|said| said, |words| words.join(" "))
    }

    #[test]
    fn what_people_type_shows_the_log() {
        assert_eq!(shown("-u kubelet"), "-n +1 /run/log/kubelet.log");
        assert_eq!(shown("-xeu kubelet"), "-n 1000 /run/log/kubelet.log");
        assert_eq!(shown("-u kubelet.service -n 20 --no-pager"), "-n 20 /run/log/kubelet.log");
        assert_eq!(shown("--unit=containerd -f"), "-n 10 -f /run/log/containerd.log");
        assert!(shown("-u docker").contains("No entries"));
        assert!(shown("-u").contains("needs a value"));
    }
}
