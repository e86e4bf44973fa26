//! Locks an inventory, so that only one command at a time reads, changes and writes it.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use nix::poll::{PollTimeout, poll};

use super::store::{InventorySaveError, folder_of};

/// Milliseconds between two attempts to lock.
const LOOK_EVERY_MS: u16 = 20;
/// Largest number of attempts: reading, changing and writing takes milliseconds, so after five
/// seconds another command must be stuck.
const LOOKS_MAX: u16 = 250;

/// An exclusive lock on an inventory, until it is dropped or its process ends.
///
/// The lock is on the folder (flock(2)): saving replaces the file itself, and a separate lock file
/// would stay behind.
#[derive(Debug)]
pub struct InventoryLock {
    /// `None` if the file system does not support locks: then the last writer wins, as with any
    /// editor.
    _folder: Option<Flock<File>>,
}

impl InventoryLock {
    /// Waits until no other command holds the lock for `path`. Creates the folder if it does not
    /// exist.
    ///
    /// # Errors
    ///
    /// [`InventorySaveError`] if the folder cannot be created or opened, or another command holds
    /// the lock for five seconds.
    pub fn take(path: &Path) -> Result<Self, InventorySaveError> {
        take(path).map_err(|source| InventorySaveError { path: path.to_owned(), source })
    }
}

fn take(path: &Path) -> io::Result<InventoryLock> {
    let folder = folder_of(path)?;
    fs::create_dir_all(&folder)?;
    let mut file = File::open(&folder)?;
    for _ in 0..LOOKS_MAX {
        // Non-blocking, as flock(2) has no time limit.
        file = match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(locked) => return Ok(InventoryLock { _folder: Some(locked) }),
            Err((file, Errno::EWOULDBLOCK | Errno::EINTR)) => file,
            // NFS, FUSE and other file systems without locks on folders.
            Err(_) => return Ok(InventoryLock { _folder: None }),
        };
        // If a signal interrupts the wait, the next attempt is simply earlier.
        let _ = poll(&mut [], PollTimeout::from(LOOK_EVERY_MS));
    }
    let why = "another command has been changing it for five seconds: is one stopped (`jobs`)?";
    Err(io::Error::new(io::ErrorKind::WouldBlock, why))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::super::{Inventory, load, save};
    use super::*;

    #[test]
    fn of_many_at_once_nobody_loses_what_another_wrote() {
        // In memory: twelve writes to a busy disk would take too long.
        let folder = tempfile::tempdir_in("/dev/shm").unwrap();
        let path = folder.path().join("new/hosts.toml");
        let inside = AtomicUsize::new(0);
        thread::scope(|scope| {
            for at in 0..12 {
                let (path, inside) = (&path, &inside);
                scope.spawn(move || {
                    let _lock = InventoryLock::take(path).unwrap();
                    assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                    let mut inventory = load(path).unwrap();
                    let host = Inventory::default().host(&format!("pi{at}").parse().unwrap());
                    inventory.put(&host);
                    thread::yield_now();
                    save(path, &inventory).unwrap();
                    inside.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        assert_eq!(load(&path).unwrap().hosts().len(), 12);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing is left");
    }

    #[test]
    fn a_link_and_its_file_have_one_lock() {
        let folder = tempfile::tempdir().unwrap();
        let (there, here) = (folder.path().join("there"), folder.path().join("here"));
        fs::create_dir_all(&here).unwrap();
        save(&there.join("real"), &Inventory::default()).unwrap();
        std::os::unix::fs::symlink("../there/real", here.join("link")).unwrap();
        assert_eq!(folder_of(&here.join("link")).unwrap(), folder_of(&there.join("real")).unwrap());
    }
}
