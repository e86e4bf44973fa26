//! What a host has of its own: its name, `/etc`, `/run`, `/tmp`, `/proc`, `/sys`.

use std::fs;
use std::path::Path;

use nix::mount::{MsFlags, mount};
use nix::unistd::sethostname;

use crate::process::HOME;
use crate::sandbox::{
    STAGE, SandboxError, bind, file, make_dir, mount_proc, mount_tmpfs, mounting, system,
};
use crate::topology::EtcFiles;

/// Files of the machine's `/etc` without which ordinary programs do not run. Copied.
const FILES: [&str; 11] = [
    "group",
    "nsswitch.conf",
    "protocols",
    "services",
    "ethertypes",
    "ld.so.cache",
    "ld.so.conf",
    "os-release",
    "bash.bashrc",
    "inputrc",
    "gai.conf",
];

/// Folders of the same kind. Shown as they are.
const DIRS: [&str; 6] =
    ["alternatives", "iproute2", "ssl", "ca-certificates", "ld.so.conf.d", "terminfo"];

/// Makes this process's mounts those of the host.
pub(crate) fn install(own: &EtcFiles) -> Result<(), SandboxError> {
    mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None::<&str>)
        .map_err(mounting("/ privately"))?;
    sethostname(own.name.as_str()).map_err(system("sethostname"))?;
    etc(own)?;
    mount_tmpfs("/tmp")?;
    sys()?;
    mount_proc()?;
    run()
}

fn etc(own: &EtcFiles) -> Result<(), SandboxError> {
    mount_tmpfs(STAGE)?;
    for name in FILES {
        // What the machine has not, its programs do not need.
        if let Ok(bytes) = fs::read(Path::new("/etc").join(name)) {
            write(name, bytes)?;
        }
    }
    write("passwd", passwd(&fs::read_to_string("/etc/passwd").unwrap_or_default()))?;
    for name in DIRS {
        let source = Path::new("/etc").join(name);
        if source.is_dir() {
            let target = format!("{STAGE}/{name}");
            make_dir(&target)?;
            bind(&source.display().to_string(), &target)?;
        }
    }
    write("hostname", format!("{}\n", own.name))?;
    write("hosts", &own.hosts)?;
    write("resolv.conf", &own.resolv)?;
    take_place("/etc")
}

/// The machine's users, with another home for root (passwd(5): the sixth field).
fn passwd(machine: &str) -> String {
    let line = |line: &str| {
        let mut fields: Vec<&str> = line.split(':').collect();
        if fields.first() == Some(&"root")
            && let Some(home) = fields.get_mut(5)
        {
            *home = HOME;
        }
        format!("{}\n", fields.join(":"))
    };
    machine.lines().map(line).collect()
}

fn write(name: &str, bytes: impl AsRef<[u8]>) -> Result<(), SandboxError> {
    let path = format!("{STAGE}/{name}");
    fs::write(&path, bytes).map_err(file(&path))
}

fn take_place(target: &str) -> Result<(), SandboxError> {
    mount(Some(STAGE), target, None::<&str>, MsFlags::MS_MOVE, None::<&str>)
        .map_err(mounting(target))
}

/// `/sys` of this network namespace. Where the kernel does not allow that, none at all: the
/// machine's own would show links that are not here.
fn sys() -> Result<(), SandboxError> {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    mount(Some("sysfs"), "/sys", Some("sysfs"), flags, None::<&str>)
        .or_else(|_| mount(Some("tmpfs"), "/sys", Some("tmpfs"), flags, Some("mode=755,size=4k")))
        .map_err(mounting("/sys"))
}

/// An empty `/run` but for the lab's socket and programs, and root's home.
fn run() -> Result<(), SandboxError> {
    mount_tmpfs(STAGE)?;
    for dir in ["pontoon", "lock", "netns", "root"] {
        make_dir(format!("{STAGE}/{dir}"))?;
    }
    bind("/run/pontoon", &format!("{STAGE}/pontoon"))?;
    take_place("/run")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_has_a_home_of_its_own_and_others_keep_theirs() {
        let machine = "root:x:0:0:root:/root:/bin/bash\nsshd:x:100:65534::/run/sshd:/bin/false\n";
        assert_eq!(
            passwd(machine),
            "root:x:0:0:root:/run/root:/bin/bash\nsshd:x:100:65534::/run/sshd:/bin/false\n"
        );
    }
}
