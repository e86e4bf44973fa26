//! What a node has of its own beside what every host of a lab has.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use nix::mount::{MsFlags, mount};

use pontoon_lab::kubernetes_node::KubernetesNodeSetup;
use pontoon_lab::process::OWN_PROGRAM;
use pontoon_lab::sandbox::{STAGE, SandboxError, bind, file, make_dir, mount_tmpfs, mounting};

use crate::images::snapshotter;
use crate::{BUILT, KubernetesError, cgroups, journalctl, systemctl};

/// Where a node's programs are: in the path of every login, and empty on an ordinary machine.
const PROGRAMS: &str = "/usr/local/sbin";

/// What is built and typed by people.
const BUILT_PROGRAMS: [&str; 5] = ["kubeadm", "kubelet", "kubectl", "etcdctl", "flanneld"];

/// Kernel settings that belong to the machine and that a kubelet sets
/// (`pkg/kubelet/cm/container_manager_linux.go`, `setupKernelTunables`), with the values that it
/// wants to find: it then leaves them alone.
const TUNABLES: [(&str, &str); 6] = [
    ("vm/overcommit_memory", "1"),
    ("vm/panic_on_oom", "0"),
    ("kernel/panic", "10"),
    ("kernel/panic_on_oops", "1"),
    ("kernel/keys/root_maxkeys", "1000000"),
    ("kernel/keys/root_maxbytes", "25000000"),
];

/// In the first process of a host: makes it a node, with nothing started yet.
pub(crate) fn provision(setup: &KubernetesNodeSetup) -> Result<(), KubernetesError> {
    cgroups::enter(&setup.name)?;
    mount_node_state()?;
    hide_the_machine()?;
    etc(setup)?;
    programs()?;
    Ok(())
}

/// Its state lies in memory and ends with it. Images need room: half a gigabyte for a control
/// plane, and a layer that is written for each container.
fn mount_node_state() -> Result<(), SandboxError> {
    for (target, size) in [("/var/lib", "75%"), ("/var/log", "256m"), ("/run/log", "256m")] {
        make_dir(target)?;
        let options = format!("mode=755,size={size}");
        mount(Some("tmpfs"), target, Some("tmpfs"), MsFlags::empty(), Some(options.as_str()))
            .map_err(mounting(target))?;
    }
    for name in ["kubelet", "etcd", "containerd", "cni"] {
        make_dir(format!("/var/lib/{name}"))?;
    }
    // Volumes of pods are mounted below it, and must be seen in containers that have it mounted.
    let kubelet = "/var/lib/kubelet";
    bind(kubelet, kubelet)?;
    mount(None::<&str>, kubelet, None::<&str>, MsFlags::MS_SHARED, None::<&str>)
        .map_err(mounting(kubelet))?;
    // The control plane mounts folders of the host below these, and makes them where they are
    // not there: not on the machine.
    private("/usr/libexec")?;
    if !Path::new("/lib/modules").exists() {
        private("/usr/lib")?;
        make_dir("/usr/lib/modules")?;
    }
    mount_tmpfs("/opt")
}

/// What a kubelet would change on the machine, or what the machine has and a node must not.
fn hide_the_machine() -> Result<(), SandboxError> {
    let folder = "/run/tunables";
    make_dir(folder)?;
    for (key, value) in TUNABLES {
        let path = format!("/proc/sys/{key}");
        if Path::new(&path).exists() {
            cover(&path, &format!("{folder}/{}", key.replace('/', ".")), &format!("{value}\n"))?;
        }
    }
    // With swap a kubelet does not start; on a Pi it is turned off.
    let none = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";
    cover("/proc/swaps", &format!("{folder}/swaps"), none)
}

/// Puts a text of ours over a file.
fn cover(path: &str, own: &str, text: &str) -> Result<(), SandboxError> {
    fs::write(own, text).map_err(file(own))?;
    bind(own, path)
}

/// Makes a folder of the machine the node's own: what is in it is shown, what is added is not the
/// machine's.
fn private(path: &str) -> Result<(), SandboxError> {
    make_dir(STAGE)?;
    mount_tmpfs(STAGE)?;
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        let (from, to) = (entry.path(), Path::new(STAGE).join(entry.file_name()));
        let kind = entry.file_type().map_err(file(&from))?;
        if kind.is_symlink() {
            let target = fs::read_link(&from).map_err(file(&from))?;
            symlink(target, &to).map_err(file(&to))?;
            continue;
        }
        if kind.is_dir() {
            make_dir(&to)?;
        } else {
            fs::write(&to, "").map_err(file(&to))?;
        }
        bind(&from.to_string_lossy(), &to.to_string_lossy())?;
    }
    mount(Some(STAGE), path, None::<&str>, MsFlags::MS_MOVE, None::<&str>).map_err(mounting(path))
}

fn etc(setup: &KubernetesNodeSetup) -> Result<(), SandboxError> {
    for folder in ["kubernetes", "default", "containerd", "cni/net.d"] {
        make_dir(format!("/etc/{folder}"))?;
    }
    write("/etc/containerd/config.toml", &containerd(snapshotter()))?;
    // machine-id(5): 32 hexadecimal digits, of which no two machines have the same.
    let digits: String = setup.name.bytes().map(|byte| format!("{byte:02x}")).collect();
    write("/etc/machine-id", &format!("{digits:0<32.32}\n"))
}

/// `restrict_oom_score_adj`: where root lacks `CAP_SYS_RESOURCE`, as in many containers, runc
/// could not lower it and would start nothing.
fn containerd(snapshotter: &str) -> String {
    format!(
        "version = 2\n\
         [plugins.\"io.containerd.grpc.v1.cri\"]\n  \
         restrict_oom_score_adj = true\n  \
         sandbox_image = \"registry.k8s.io/pause:3.10.2\"\n\
         [plugins.\"io.containerd.grpc.v1.cri\".containerd]\n  \
         snapshotter = \"{snapshotter}\"\n"
    )
}

fn programs() -> Result<(), SandboxError> {
    mount_tmpfs(PROGRAMS)?;
    for name in BUILT_PROGRAMS {
        let link = format!("{PROGRAMS}/{name}");
        symlink(format!("{BUILT}/bin/{name}"), &link).map_err(file(&link))?;
    }
    for (name, helper) in [("systemctl", systemctl::NAME), ("journalctl", journalctl::NAME)] {
        let path = format!("{PROGRAMS}/{name}");
        write(&path, &format!("#!/bin/sh\nexec {OWN_PROGRAM} {helper} \"$@\"\n"))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).map_err(file(&path))?;
    }
    let plugins = "/opt/cni/bin";
    make_dir(plugins)?;
    for entry in fs::read_dir("/usr/lib/cni").map_err(file("/usr/lib/cni"))?.flatten() {
        let link = Path::new(plugins).join(entry.file_name());
        symlink(entry.path(), &link).map_err(file(&link))?;
    }
    // Some machines have one of their own; ours is then the same in all labs.
    let link = format!("{plugins}/flannel");
    let _ = fs::remove_file(&link);
    symlink(format!("{BUILT}/bin/flannel-cni"), &link).map_err(file(&link))
}

fn write(path: &str, text: &str) -> Result<(), SandboxError> {
    fs::write(path, text).map_err(file(path))
}
