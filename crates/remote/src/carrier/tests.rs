//! The command lines that carriers start.

use std::path::Path;

use nix::fcntl::{FcntlArg, OFlag, fcntl};

use super::*;

fn words(program: &RemoteProgram) -> String {
    let ProgramStart::Command(command) = &program.start else { panic!("{program:?}") };
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join("|")
}

fn login() -> SshLogin {
    SshLogin::named("pi2".parse().unwrap())
}

#[test]
fn every_carrier_starts_the_same_far_end() {
    let ssh = SshProgram::default();
    let installed = |run_as| words(&RemoteProgram::installed(&ssh, &login(), run_as));
    assert!(installed(RunAs::LoginUser).ends_with("|--|pi2|pontoon agent --stdio"));
    assert!(installed(RunAs::Root).ends_with("|--|pi2|sudo -n pontoon agent --stdio"));
    let local = |run_as| {
        let own = Path::new("/bin/pontoon");
        words(&RemoteProgram::local(login().host, own, run_as, OnInterrupt::Ends))
    };
    assert_eq!(local(RunAs::LoginUser), "/bin/pontoon|agent|--stdio");
    assert_eq!(local(RunAs::Root), "sudo|-n|/bin/pontoon|agent|--stdio");
}

#[test]
fn a_command_of_the_user_is_taken_as_words() {
    let via = ["ip", "netns", "exec", "a b", "pontoon"].map(OsString::from);
    assert_eq!(words(&RemoteProgram::via(login().host, via)), "ip|netns|exec|a b|pontoon");
    let nothing = RemoteProgram::via(login().host, []).start();
    assert!(matches!(nothing, Err(CarrierError::Start { .. })), "{nothing:?}");
}

#[test]
fn a_program_that_cannot_be_started_is_named() {
    let program = RemoteProgram::via(login().host, ["/no/such/program".into()]);
    let error = program.start().unwrap_err();
    assert!(matches!(error, CarrierError::Start { .. }), "{error}");
    assert!(error.to_string().contains("/no/such/program"), "{error}");
}

/// A replacement for ssh in `--ssh` that runs the line on this host.
fn shell(script: &str) -> SshProgram {
    SshProgram { words: ["sh", "-c", script, "ssh"].map(Into::into).into() }
}

#[test]
fn a_copy_that_fails_has_a_type() {
    let files = Arc::new(ProgramFiles::new(None, None));
    let copied = |script: &str| {
        let program = RemoteProgram::copied(&shell(script), &login(), &files, RunAs::LoginUser);
        program.start().unwrap_err()
    };
    let refused =
        copied("echo 'ssh: connect to host pi2 port 22: Connection refused' >&2; exit 255");
    assert!(
        matches!(&refused, CarrierError::Ended { stderr, .. } if stderr.raw().contains("refused")),
        "{refused}"
    );
    let vax = copied("echo 'PONTOON-PUSH/1 vax'; cat >/dev/null");
    assert!(matches!(vax, CarrierError::Copy(PushError::NoProgram { .. })), "{vax}");
    let babbles = copied("yes");
    assert!(matches!(babbles, CarrierError::Protocol(ProtocolError::Preamble(_))), "{babbles}");
}

/// Runs the copy script in a real shell: bytes behind the program are input of the program.
#[test]
fn a_copy_is_started_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    // A whole number of blocks needs no padding, so a shell script can replace the ELF program.
    let own = std::fs::read("/bin/sh").unwrap();
    let files = Arc::new(ProgramFiles::new(None, Some(folder.path().to_owned())));
    #[expect(clippy::disallowed_methods, reason = "the processor is asked as on a host")]
    let machine = Command::new("uname").arg("-m").output().unwrap().stdout;
    let machine = String::from_utf8(machine).unwrap();
    std::fs::write(folder.path().join(machine.trim()), own).unwrap();
    let tmp = tempfile::tempdir().unwrap();
    let run =
        format!("export TMPDIR={}; for line; do :; done; eval \"$line\"", tmp.path().display());
    let mut child =
        push(&shell(&run), &login(), &files, &["-c", "cat; echo ended"], false).unwrap();
    let mut input = child.stdin.take().unwrap();
    // Sessions use non-blocking pipes; this test reads with blocking calls.
    fcntl(&input, FcntlArg::F_SETFL(OFlag::empty())).unwrap();
    io::Write::write_all(&mut input, b"for the program\n").unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "for the program\nended\n");
    assert_eq!(std::fs::read_dir(tmp.path()).unwrap().count(), 0);
}
