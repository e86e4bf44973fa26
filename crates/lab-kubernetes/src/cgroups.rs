//! Control groups of a lab with Kubernetes nodes.
//!
//! A kubelet ends every process that it does not know below its root, so two of them in one tree
//! end each other's containers. Each node therefore has a folder of its own in every hierarchy,
//! and a cgroup namespace (`cgroup_namespaces(7)`) in which that folder is all there is: nothing
//! in the node need be told about it. The folders of a run lie in one folder, which the
//! [`cgroup_cleanup`](crate::cgroup_cleanup) makes and removes.
//!
//! Version 1 only: its hierarchies can be mounted again inside, each alone. On a machine with
//! version 2 there is one tree, whose controllers must be handed down step by step, and systemd
//! owns it.

use std::fs;
use std::path::{Path, PathBuf};

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

use pontoon_lab::sandbox::{SandboxError, file, make_dir, mount_tmpfs, mounting, system};

use crate::KubernetesError;

/// How the folder of a run is called, before the number.
pub(crate) const RUN: &str = "pontoon-lab-";

/// What kubelet and runc cannot do without.
const NEEDED: [&str; 6] = ["cpu", "cpuacct", "cpuset", "memory", "devices", "pids"];

/// A hierarchy of version 1.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct CgroupHierarchy {
    /// Its controllers, or `name=NAME`, as the kernel writes them.
    controllers: String,
    /// Where this process is in it.
    path: PathBuf,
}

/// The hierarchies of version 1 in the text of `/proc/PID/cgroup` (`cgroups(7)`).
fn parse(text: &str) -> Vec<CgroupHierarchy> {
    let line = |line: &str| {
        let mut fields = line.splitn(3, ':').skip(1);
        let (controllers, path) = (fields.next()?, fields.next()?);
        // Version 2's has no controllers here.
        (!controllers.is_empty())
            .then(|| CgroupHierarchy { controllers: controllers.to_owned(), path: path.into() })
    };
    text.lines().filter_map(line).collect()
}

/// The hierarchies of this machine.
///
/// # Errors
///
/// [`KubernetesError::CgroupVersion`] where those of version 1 lack a controller that a node needs.
pub(crate) fn hierarchies() -> Result<Vec<CgroupHierarchy>, KubernetesError> {
    let found = parse(&fs::read_to_string("/proc/self/cgroup").unwrap_or_default());
    let has = |name: &&str| found.iter().any(|it| it.controllers.split(',').any(|it| it == *name));
    match NEEDED.into_iter().find(|name| !has(name)) {
        Some(missing) => Err(KubernetesError::CgroupVersion { missing }),
        None => Ok(found),
    }
}

impl CgroupHierarchy {
    /// What its mount is called below `/sys/fs/cgroup`, where systemd puts it.
    fn name(&self) -> &str {
        self.controllers.strip_prefix("name=").unwrap_or(&self.controllers)
    }

    /// Mounts it below a folder; what is shown is what this process's cgroup namespace shows.
    pub(crate) fn mount(&self, below: &str) -> Result<PathBuf, SandboxError> {
        let place = format!("{below}/{}", self.name());
        make_dir(&place)?;
        let options = if self.controllers.starts_with("name=") {
            format!("none,{}", self.controllers)
        } else {
            self.controllers.clone()
        };
        let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
        mount(Some("cgroup"), place.as_str(), Some("cgroup"), flags, Some(options.as_str()))
            .map_err(mounting(&place))?;
        Ok(place.into())
    }
}

/// Makes a folder of a mounted hierarchy fit for processes: without processors and memory nodes
/// of its own a cpuset takes none.
pub(crate) fn fit(folder: &Path) -> Result<(), SandboxError> {
    let Some(above) = folder.parent() else { return Ok(()) };
    for name in ["cpuset.cpus", "cpuset.mems"] {
        let from = above.join(name);
        if from.exists() {
            let value = fs::read(&from).map_err(file(&from))?;
            let to = folder.join(name);
            fs::write(&to, value).map_err(file(&to))?;
        }
    }
    Ok(())
}

/// In a node's first process: moves to a folder of that name within the run's, and shows it to
/// the node as the whole of `/sys/fs/cgroup`.
pub(crate) fn enter(name: &str) -> Result<(), KubernetesError> {
    let hierarchies = hierarchies()?;
    let outside = "/run/cgroup";
    for hierarchy in &hierarchies {
        let is_run = |part: &std::ffi::OsStr| part.to_string_lossy().starts_with(RUN);
        if !hierarchy.path.file_name().is_some_and(is_run) {
            return Err(KubernetesError::NoRunGroups);
        }
        let root = hierarchy.mount(outside)?;
        // As an absolute path it would replace the root.
        let folder =
            root.join(hierarchy.path.strip_prefix("/").unwrap_or(&hierarchy.path)).join(name);
        make_dir(&folder)?;
        fit(&folder)?;
        let processes = folder.join("cgroup.procs");
        fs::write(&processes, "0").map_err(file(&processes))?;
        nix::mount::umount(&root).map_err(mounting(outside))?;
    }
    unshare(CloneFlags::CLONE_NEWCGROUP).map_err(system("unshare(CLONE_NEWCGROUP)"))?;
    let place = "/sys/fs/cgroup";
    mount_tmpfs(place)?;
    for hierarchy in &hierarchies {
        hierarchy.mount(place)?;
        // `cpu,cpuacct` is found under either name.
        for alone in hierarchy.name().split(',').filter(|alone| *alone != hierarchy.name()) {
            let link = format!("{place}/{alone}");
            std::os::unix::fs::symlink(hierarchy.name(), &link).map_err(file(&link))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hierarchies_are_those_of_version_1() {
        let text = "9:name=systemd:/\n4:cpu,cpuacct:/user.slice/a:b\n0::/user.slice\n";
        let one = |controllers: &str, path: &str| CgroupHierarchy {
            controllers: controllers.into(),
            path: path.into(),
        };
        assert_eq!(parse(text), [one("name=systemd", "/"), one("cpu,cpuacct", "/user.slice/a:b")]);
        assert_eq!(parse("0::/\n"), []);
    }
}
