//! A mesh over real ssh in which hosts fail in different ways: each is listed with its cause, the
//! others have a complete result, nothing hangs and nothing is left behind.

use pontoon_remote::preamble::VERSIONS;
use pontoon_tests::ssh_lab::{Mesh, mesh};

fn assert_told(mesh: &Mesh, table: &[(&str, &str)]) {
    for (host, words) in table {
        assert!(mesh.why(host).contains(words), "{host}: {words}: {:#}", mesh.report["unreached"]);
    }
    let count = mesh.report["unreached"].as_object().map_or(0, serde_json::Map::len);
    assert_eq!(count, table.len(), "{:#}", mesh.report["unreached"]);
    assert_eq!(mesh.code, 6, "{mesh:?}");
    assert!(!mesh.left.contains("agent") && !mesh.left.contains("pontoon"), "{}", mesh.left);
}

#[test]
#[ignore = "needs root: hosts of a lab are connected by OpenSSH"]
fn hosts_that_let_nobody_in() {
    let faults = r"
        ssh pi3 'rm ~/.ssh/authorized_keys'
        on pi4 <<'X'
sed -i 's/PasswordAuthentication no/PasswordAuthentication yes/; 1i PubkeyAuthentication no' /etc/ssh/sshd_config
X
        on pi5 <<'X'
rm /etc/ssh/ssh_host_ed25519_key
ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
X
        sed -i /^pi6/d ~/.ssh/known_hosts
        sed -i '1i Host pi7\n ProxyCommand false' ~/.ssh/config
        sed -i '1i Host pi8\n ProxyCommand none\n HostName 172.20.5.8' ~/.ssh/config
        sed -i '1i Host pi9\n ProxyCommand none\n HostName no-such-host.invalid' ~/.ssh/config
    ";
    let mesh = mesh(9, faults, "");
    assert_told(
        &mesh,
        &[
            ("pi3", "lets no key of yours in (root@pi3: Permission denied (publickey).); let your"),
            ("pi4", "Permission denied (password).); let your key in: ssh-copy-id pi4"),
            ("pi5", "its host key is not the one that was known; was it set up anew? Then: ssh-k"),
            ("pi6", "its host key is not known here; log in once by hand"),
            ("pi7", "it hung up before the login"),
            ("pi8", "it is there, but no ssh server answers"),
            ("pi9", "its name has no address"),
        ],
    );
    mesh.assert_whole(&["pi1", "pi2"]);
}

#[test]
#[ignore = "needs root: hosts of a lab are connected by OpenSSH"]
fn hosts_whose_pontoon_is_no_pontoon_of_ours() {
    let faults = r#"
        ssh pi3 'sed -i s,:/run/pontoon/bin,, /etc/ssh/sshd_config'
        program pi4 <<'X'
#!/usr/bin/python3
# As ours, of another version.
import os, re, subprocess, sys
agent = subprocess.Popen(["/run/pontoon/bin/pontoon"] + sys.argv[1:], stdout=subprocess.PIPE)
while True:
    said = os.read(agent.stdout.fileno(), 65536)
    if not said: break
    os.write(1, re.sub(rb'PONTOON-REMOTE/[0-9]+-[0-9]+', b'PONTOON-REMOTE/9-9', said))
X
        program pi5 <<'X'
#!/usr/bin/python3
# One that will not talk to us.
import json, struct, sys
body = {"say": "fault", "why": "this pontoon speaks version 99 of the agent protocol"}
body = json.dumps(body).encode()
sys.stdout.buffer.write(b"PONTOON-AGENT/1\n" + struct.pack(">I", len(body)) + body)
sys.stdout.flush()
sys.stdin.buffer.read()
X
        # An ELF header of another machine (linux/elf-em.h: 243 is RISC-V, or not a RISC-V).
        own=$(od -An -tu1 -j18 -N1 /run/pontoon/bin/pontoon)
        other='\363'; [ $own != 243 ] || other='\076'
        { head -c 18 /run/pontoon/bin/pontoon; printf $other; tail -c +20 /run/pontoon/bin/pontoon | head -c 4096; } | program pi6
        # Two names for one host, as a wrong line in an inventory makes them.
        sed -i '1i Host pi7\n ProxyCommand pontoon lab via --ssh pi2\n HostKeyAlias pi2' ~/.ssh/config
        program pi8 <<'X'
#!/bin/sh
exec 3<&0
# It has said that it is ready before it opens a packet socket.
/run/pontoon/bin/pontoon "$@" <&3 & agent=$!
until [ $(wc -l </proc/net/packet) -gt 1 ]; do kill -0 $agent || exit; sleep 0.1; done; sleep 0.5; kill -9 $agent
X
    "#;
    let mesh = mesh(8, faults, "");
    let other = format!(
        "another version of pontoon is on it (protocol 9, here {VERSIONS}); install the same"
    );
    assert_told(
        &mesh,
        &[
            ("pi3", "there is no pontoon on it; install it there, or have it copied"),
            ("pi4", &other),
            ("pi5", "another version of pontoon is on it; install the same"),
            ("pi6", "its pontoon is for another processor"),
            ("pi7", "it is the same host as pi2"),
            ("pi8", "it left in mid-run"),
        ],
    );
    mesh.assert_whole(&["pi1", "pi2"]);
}

#[test]
#[ignore = "needs root: hosts of a lab are connected by OpenSSH"]
fn hosts_that_are_slow_or_babble_hold_nobody_up() {
    // Longer than any limit: code that waits for them to end is caught by the hang limit.
    let faults = r#"
        sed -i '1i Host pi3\n ProxyCommand sh -c "sleep 300; exec pontoon lab via --ssh pi3"' ~/.ssh/config
        ssh pi4 'echo "sleep 300" >~/.bashrc'
        ssh pi5 'echo yes >~/.bashrc'
        ssh pi6 'echo "yes >&2" >~/.bashrc'
        ssh pi7 'printf "printf \"\\\\033[2Jwelcome\\\\n\"\n" >~/.bashrc'
        # They cannot be looked at afterwards: the look would wait as well.
        begun=$SECONDS; trap '[ $((SECONDS - begun)) -lt 120 ] || echo hung' EXIT
        seq() { printf 'pi1\npi2\npi7\n'; }
    "#;
    for arguments in ["", "--push"] {
        let mesh = mesh(7, faults, arguments);
        assert_told(
            &mesh,
            &[
                ("pi3", "its ssh server does not begin in time; is it busy"),
                ("pi4", "it is there, but pontoon does not answer in time; what does this say"),
                ("pi5", "what answers is not a pontoon agent (y); its login shell talks"),
                ("pi6", "it is there, but pontoon does not answer in time"),
            ],
        );
        mesh.assert_whole(&["pi1", "pi2", "pi7"]);
        assert!(!mesh.left.contains("hung"), "{mesh:?}");
    }
}

#[test]
#[ignore = "needs root: hosts of a lab are connected by OpenSSH"]
fn a_full_disk_is_told_and_left_as_it_was() {
    let faults = r"on pi3 <<'X'
mkdir /run/tiny
mount -t tmpfs -o size=64k tiny /run/tiny
sed -i 's,SetEnv,SetEnv TMPDIR=/run/tiny,' /etc/ssh/sshd_config
X
        trap 'ssh -n pi3 ls -A /run/tiny' EXIT";
    let mesh = mesh(3, faults, "--push");
    assert_told(&mesh, &[("pi3", "its disk is full (dd: ")]);
    mesh.assert_whole(&["pi1", "pi2"]);
}

#[test]
#[ignore = "needs root: hosts of a lab are connected by OpenSSH"]
fn a_host_without_the_right_to_see_frames_says_so() {
    // It has the host name of another host: only its name in the run matters.
    let faults = r#"program pi3 <<'X'
#!/bin/sh
exec setpriv --bounding-set -net_raw --inh-caps -net_raw /run/pontoon/bin/pontoon "$@"
X
        ssh pi3 hostname pi2"#;
    let mesh = mesh(3, faults, "");
    assert_eq!(mesh.code, 0, "{mesh:?}");
    let untested = mesh.report["untested"].to_string();
    assert!(untested.contains("pi3") && untested.contains("CAP_NET_RAW"), "{untested}");
    mesh.assert_whole(&["pi1", "pi2", "pi3"]);
}
