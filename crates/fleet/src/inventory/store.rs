//! Reads and writes the file of the inventory.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, fchown};
use std::path::{Path, PathBuf};

use super::{Inventory, InventoryError, InventoryLocation, LocationOrigin, TEXT_BYTES_MAX};

/// An inventory that could not be read.
#[derive(Debug, thiserror::Error)]
pub enum InventoryLoadError {
    /// The file cannot be read.
    #[error("`{}` cannot be read", path.display())]
    Read {
        /// The path of the file.
        path: PathBuf,
        /// The error of the system call.
        #[source]
        source: io::Error,
    },
    /// The user named the file, but it does not exist.
    #[error("there is no `{}`", path.display())]
    Missing {
        /// The path of the file.
        path: PathBuf,
        /// How the path was determined.
        origin: LocationOrigin,
    },
    /// The file is not a valid inventory.
    #[error("`{}` is no inventory", path.display())]
    Invalid {
        /// The path of the file.
        path: PathBuf,
        /// The first error in it.
        #[source]
        source: InventoryError,
    },
}

/// An inventory that could not be written; the previous file is unchanged.
#[derive(Debug, thiserror::Error)]
#[error("`{}` cannot be written", path.display())]
pub struct InventorySaveError {
    /// The path of the file.
    pub path: PathBuf,
    /// The error of the system call.
    #[source]
    pub source: io::Error,
}

/// Reads an inventory; a missing file is an empty inventory.
///
/// # Errors
///
/// [`InventoryLoadError`] if the file exists but cannot be read or is not valid.
pub fn load(path: &Path) -> Result<Inventory, InventoryLoadError> {
    Ok(read(path)?.unwrap_or_default())
}

/// Reads the inventory of a location; a file that the user named must exist.
///
/// # Errors
///
/// [`InventoryLoadError`] if a named file does not exist, or the file cannot be read or is not
/// valid.
pub fn load_from(place: &InventoryLocation) -> Result<Inventory, InventoryLoadError> {
    let InventoryLocation { path, origin, .. } = place;
    match read(path)? {
        Some(inventory) => Ok(inventory),
        None if origin.is_named() => {
            Err(InventoryLoadError::Missing { path: path.clone(), origin: *origin })
        }
        None => Ok(Inventory::default()),
    }
}

/// Reads an inventory; `None` if the file does not exist.
fn read(path: &Path) -> Result<Option<Inventory>, InventoryLoadError> {
    let failed = |source| InventoryLoadError::Read { path: path.to_owned(), source };
    let mut text = String::new();
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    // One byte more than allowed shows that a text is too long.
    file.take(TEXT_BYTES_MAX as u64 + 1).read_to_string(&mut text).map_err(failed)?;
    let parsed = Inventory::parse(&text).map(Some);
    parsed.map_err(|source| InventoryLoadError::Invalid { path: path.to_owned(), source })
}

/// Writes an inventory atomically. The file keeps mode and owner, and a symbolic link stays a link.
///
/// # Errors
///
/// [`InventorySaveError`] if it cannot be written; the previous file is unchanged then.
pub fn save(path: &Path, inventory: &Inventory) -> Result<(), InventorySaveError> {
    replace(path, &inventory.to_string())
        .map_err(|source| InventorySaveError { path: path.to_owned(), source })
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    if text.len() > TEXT_BYTES_MAX {
        let why = format!("it would have more than {TEXT_BYTES_MAX} bytes, and not be read again");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
    }
    let path = real(path)?;
    let folder = &folder_of(&path)?;
    fs::create_dir_all(folder)?;
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy();
    // In the same folder, as rename(2) does not work across file systems (EXDEV).
    let draft = folder.join(format!(".{name}.{}", std::process::id()));
    let written = write(&draft, &path, text).and_then(|()| fs::rename(&draft, &path));
    if written.is_err() {
        // An incomplete draft is useless; failing to remove it is not worth a second error.
        let _ = fs::remove_file(&draft);
        return written;
    }
    // The rename is durable only after the folder is synchronised (fsync(2)).
    File::open(folder)?.sync_all()
}

/// The target of the path if it is a symbolic link.
fn real(path: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(path.to_owned()),
        found => found,
    }
}

/// The folder of the file itself, after resolving symbolic links.
pub(super) fn folder_of(path: &Path) -> io::Result<PathBuf> {
    let path = real(path)?;
    // The parent of a plain file name is "".
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    Ok(folder.unwrap_or(Path::new(".")).to_owned())
}

/// Writes the text to `draft`, with mode and owner of `like`, the file that it replaces.
fn write(draft: &Path, like: &Path, text: &str) -> io::Result<()> {
    // Fails if the name exists, so that a symbolic link of that name is not followed.
    let mut file = OpenOptions::new().write(true).create_new(true).open(draft)?;
    match fs::metadata(like) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
        Ok(old) => {
            let new = file.metadata()?;
            if (old.uid(), old.gid()) != (new.uid(), new.gid()) {
                // Root may edit a user's inventory; without this, the user could no longer change
                // it.
                fchown(&file, Some(old.uid()), Some(old.gid()))?;
            }
            file.set_permissions(old.permissions())?;
        }
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn inventory(name: &str) -> Inventory {
        Inventory::parse(&format!("[host.{name}]\n")).unwrap()
    }

    #[test]
    fn what_is_written_is_read_again_and_leaves_no_draft() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/folders/hosts.toml");
        assert!(load(&path).unwrap().hosts().is_empty());
        save(&path, &inventory("pi1")).unwrap();
        save(&path, &inventory("pi2")).unwrap();
        assert_eq!(load(&path).unwrap().hosts()[0].name.as_str(), "pi2");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_was_named_must_be_there() {
        let path = tempfile::tempdir().unwrap().path().join("hosts.toml");
        let table = [
            (LocationOrigin::Asked, false),
            (LocationOrigin::Variable, false),
            (LocationOrigin::Here, true),
            (LocationOrigin::Home, true),
        ];
        for (origin, may_be_missing) in table {
            let loaded =
                load_from(&InventoryLocation { path: path.clone(), origin, ignored: None });
            assert_eq!(loaded.is_ok(), may_be_missing, "{origin:?}");
        }
    }

    #[test]
    fn mode_and_link_stay() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        save(&real, &inventory("pi1")).unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("real", &link).unwrap();
        save(&link, &inventory("pi2")).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&real).unwrap().mode() & 0o777, 0o640);
        assert_eq!(load(&real).unwrap().hosts()[0].name.as_str(), "pi2");
    }

    #[test]
    fn what_cannot_be_read_or_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(load(folder.path()), Err(InventoryLoadError::Read { .. })));
        assert!(save(folder.path(), &inventory("pi1")).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let large = folder.path().join("large");
        fs::write(&large, "#".repeat(TEXT_BYTES_MAX + 1)).unwrap();
        let error = load(&large).unwrap_err();
        assert!(matches!(
            error,
            InventoryLoadError::Invalid { source: InventoryError::TooLong, .. }
        ));
    }
}
