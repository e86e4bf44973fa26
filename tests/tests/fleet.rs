//! Many hosts over real ssh, in labs: the results, and what is left on the hosts.
//!
//! Without root there are no ssh servers in a lab: `./check` runs these as root, and otherwise
//! prints how many it could not run.

use pontoon_tests::program::{pontoon, stdout};
use pontoon_tests::ssh_lab::{LEFT_AT_LAST, in_home_of, mesh};

#[test]
#[ignore = "needs root: hosts of a lab are connected by OpenSSH"]
fn over_ssh_the_verdicts_are_the_same() {
    for scenario in ["home", "campus", "firewalled", "one-way", "peer-down"] {
        let output = pontoon(&["lab", "run", scenario, "--over", "ssh"]);
        assert_eq!(output.status.code(), Some(0), "{scenario}: {}", stdout(&output));
    }
}

#[test]
#[ignore = "needs root: hosts of a lab are connected by OpenSSH"]
fn a_copied_pontoon_leaves_nothing() {
    // Without pontoon installed, and with shells that print a greeting.
    let faults = "for host in pi2 pi3; do on $host <<'X'\n\
        sed -i s,:/run/pontoon/bin,, /etc/ssh/sshd_config\n\
        printf 'printf \"\\\\033[2JWelcome\\\\n\"\\n' >~/.bashrc\n\
        X\ndone";
    let mesh = mesh(3, faults, "--push");
    assert_eq!(mesh.code, 0, "{mesh:?}");
    mesh.assert_whole(&["pi1", "pi2", "pi3"]);
    assert!(!mesh.left.contains("pontoon"), "{}", mesh.left);
}

#[test]
#[ignore = "needs root: hosts of a lab are connected by OpenSSH"]
fn whoever_is_killed_leaves_no_copy() {
    // The ssh client, while it copies and while it runs the agent; then pontoon itself.
    let script = format!(
        "mesh() {{ pontoon mesh 'pi[2-3]' --offline --push >/dev/null 2>&1 & }}\n\
        look() {{ wait; sleep 1; for host in pi2 pi3; do ssh -n $host '{LEFT_AT_LAST}'; done; }}\n\
        for after in 0.4 1.5; do\n\
        mesh; sleep $after; for one in $(pgrep -x ssh); do kill -9 $one; done; look; done\n\
        mesh; sleep 1.5; kill -9 $!; look; echo looked"
    );
    let output = in_home_of(3, &script);
    assert_eq!(stdout(&output), "looked\n", "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
#[ignore = "needs root: hosts of a lab are connected by OpenSSH"]
fn sudo_is_what_starts_the_agent() {
    let sudo = "ssh pi2 'mkdir ~/bin; cat >~/bin/sudo; chmod 755 ~/bin/sudo' <<'X'\n\
        #!/bin/sh\n[ \"$1\" = -n ] || exit 1\nshift\ntouch /run/was-asked\nexec \"$@\"\nX\n\
        ssh pi3 'mkdir ~/bin; cat >~/bin/sudo; chmod 755 ~/bin/sudo' <<'X'\n\
        #!/bin/sh\necho 'sudo: a password is required' >&2; exit 1\nX\n\
        pontoon mesh 'pi[2-4]' --offline --sudo; echo $?; ssh pi2 ls /run/was-asked";
    let output = in_home_of(4, sudo);
    let text = stdout(&output);
    assert!(text.contains("pi3: sudo wants a password there; let pi3 sudo"), "{text}");
    // pi4 uses the files of the machine.
    if !std::path::Path::new("/usr/bin/sudo").exists() {
        assert!(text.contains("pi4: there is no sudo on it"), "{text}");
    }
    assert!(text.ends_with("6\n/run/was-asked\n"), "{text}");
}

#[test]
#[ignore = "needs root: hosts of a lab are connected by OpenSSH"]
fn a_command_runs_everywhere_and_each_says_how_it_ended() {
    let script = "exec 2>&1\n\
        pontoon exec 'pi[1-3]' -- sh -c 'test $(hostname) != pi2'; echo $?; echo =\n\
        echo 'hostname; exit 0; echo no' | pontoon exec 'pi[1-3]' - | sort; echo =\n\
        printf 'hello\\n' >/tmp/in; pontoon exec 'pi[1-3]' --input /tmp/in cat | sort; echo =\n\
        pontoon exec 'pi[1-2],pi99' true; echo $?; echo =\n\
        pontoon exec 'pi[1-3]' -- sh -c 'until ssh -n pi1 ls /tmp/pi2; do sleep 0.1; done' & \n\
        sleep 1; touch /tmp/pi2; wait $!; echo $?";
    let text = stdout(&in_home_of(3, script));
    let parts: Vec<&str> = text.split("=\n").collect();
    let [failed, script, input, unreached, parallel] = parts[..] else { panic!("{text}") };
    assert_eq!(failed, "pi2: ended with 1\n3\n");
    assert_eq!(script, "pi1  pi1\npi2  pi2\npi3  pi3\n");
    assert_eq!(input, "pi1  hello\npi2  hello\npi3  hello\n");
    assert!(unreached.contains("pi99: its name has no address"), "{unreached}");
    assert!(unreached.ends_with("\n6\n"), "{unreached}");
    assert!(parallel.ends_with("0\n"), "{parallel}");
}

#[test]
#[ignore = "needs root: hosts of a lab are connected by OpenSSH"]
fn logins_come_one_after_another() {
    let script = "echo 'hostname; exit 3' | pontoon ssh pi2 2>&1; echo $?\n\
        ssh pi3 'rm ~/.ssh/authorized_keys'\n\
        pontoon ssh 'pi[2-3]' </dev/null 2>&1; echo $?";
    let text = stdout(&in_home_of(3, script));
    let (first, then) = text.split_once("\n0\n").unwrap_or_else(|| panic!("{text}"));
    assert!(first.ends_with("pi2"), "{text}");
    let two = then.find("--- pi2 (1 of 2)").unwrap_or_else(|| panic!("{text}"));
    let three = then.find("--- pi3 (2 of 2)").unwrap_or_else(|| panic!("{text}"));
    assert!(two < three, "{text}");
    assert!(then.ends_with("not reached, or left with status 255: pi3\n6\n"), "{text}");
}
