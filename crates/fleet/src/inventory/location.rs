//! Finds the file of the inventory.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use nix::unistd::geteuid;

/// The default name of the file.
pub const FILE_NAME: &str = "hosts.toml";

/// The environment variable with the path of the file.
pub const VARIABLE: &str = "PONTOON_HOSTS";

/// The path of the inventory, and how it was determined.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InventoryLocation {
    /// The path; the file need not exist.
    pub path: PathBuf,
    /// How the path was determined.
    pub origin: LocationOrigin,
    /// A file in the current folder that was passed over, and why.
    pub ignored: Option<(PathBuf, IgnoredReason)>,
}

/// Why a file in the current folder is not taken for the user's inventory: it names addresses and
/// logins, and somebody else could have put it there.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum IgnoredReason {
    /// Its owner is neither this user, nor root, nor the user of `sudo`.
    #[error("it belongs to another user")]
    OtherOwner,
    /// It, or its folder, may be written by everybody.
    #[error("everybody may write to it or to its folder")]
    WritableByAll,
}

/// The sources of the path, in order of precedence.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LocationOrigin {
    /// An option of the command line.
    Asked,
    /// [`VARIABLE`].
    Variable,
    /// The file exists in the current folder.
    Here,
    /// The user's configuration: `$XDG_CONFIG_HOME/pontoon/hosts.toml` (XDG Base Directory
    /// Specification).
    Home,
}

impl LocationOrigin {
    /// Whether the user named the file, so that a missing one is an error.
    #[must_use]
    pub const fn is_named(self) -> bool {
        matches!(self, Self::Asked | Self::Variable)
    }
}

/// No source determines the path.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("neither {VARIABLE} nor HOME is set, so there is no place for an inventory")]
pub struct NoInventoryLocation;

impl InventoryLocation {
    /// Finds the path: `asked`, then [`VARIABLE`], then the file in `here` if it exists and no other
    /// user could have written it, then the user's configuration.
    ///
    /// # Errors
    ///
    /// [`NoInventoryLocation`] if none of them applies.
    pub fn find(
        asked: Option<&Path>,
        here: &Path,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, NoInventoryLocation> {
        // An empty variable counts as not set (XDG Base Directory Specification).
        let set = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        if let Some(path) = asked {
            let path = path.to_owned();
            return Ok(Self { path, origin: LocationOrigin::Asked, ignored: None });
        }
        if let Some(path) = set(VARIABLE) {
            return Ok(Self { path, origin: LocationOrigin::Variable, ignored: None });
        }
        let path = here.join(FILE_NAME);
        let mut ignored = None;
        if path.exists() {
            let sudo_user = variable("SUDO_UID").and_then(|uid| uid.to_str()?.parse().ok());
            match ignored_reason(here, &path, sudo_user) {
                Some(reason) => ignored = Some((path, reason)),
                None => return Ok(Self { path, origin: LocationOrigin::Here, ignored }),
            }
        }
        // The specification says that a relative path in this variable must be ignored.
        let configuration = set("XDG_CONFIG_HOME").filter(|path| path.is_absolute());
        let configuration = configuration.or_else(|| set("HOME").map(|home| home.join(".config")));
        let folder = configuration.ok_or(NoInventoryLocation)?;
        let path = folder.join("pontoon").join(FILE_NAME);
        Ok(Self { path, origin: LocationOrigin::Home, ignored })
    }
}

fn ignored_reason(folder: &Path, file: &Path, sudo_user: Option<u32>) -> Option<IgnoredReason> {
    const OTHERS_WRITE: u32 = 0o002;
    const STICKY: u32 = 0o1000;
    // What cannot be looked at fails when it is read, with its own words.
    let file = fs::metadata(file).ok()?;
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let folder = fs::metadata(folder).ok()?;
    let (own, root) = (geteuid().as_raw(), 0);
    if ![own, root, sudo_user.unwrap_or(own)].contains(&file.uid()) {
        return Some(IgnoredReason::OtherOwner);
    }
    // In a sticky folder, such as /tmp, nobody else can replace the file.
    let is_open = folder.mode() & (OTHERS_WRITE | STICKY) == OTHERS_WRITE;
    (is_open || file.mode() & OTHERS_WRITE != 0).then_some(IgnoredReason::WritableByAll)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(
        asked: Option<&str>,
        here: &Path,
        set: &[(&str, &str)],
    ) -> Option<(String, LocationOrigin)> {
        let variable = |name: &str| {
            set.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        };
        let place = InventoryLocation::find(asked.map(Path::new), here, variable).ok()?;
        Some((place.path.display().to_string(), place.origin))
    }

    #[test]
    fn the_first_that_says_something_is_believed() {
        let empty = tempfile::tempdir().unwrap();
        let full = tempfile::tempdir().unwrap();
        fs::write(full.path().join(FILE_NAME), "").unwrap();
        let all = [(VARIABLE, "/v"), ("HOME", "/h"), ("XDG_CONFIG_HOME", "/x")];
        let (empty, full) = (empty.path(), full.path());
        let is = |path: &str, origin| Some((path.to_owned(), origin));
        assert_eq!(found(Some("a"), full, &all), is("a", LocationOrigin::Asked));
        assert_eq!(found(None, full, &all), is("/v", LocationOrigin::Variable));
        let here = full.join(FILE_NAME).display().to_string();
        assert_eq!(found(None, full, &all[1..]), is(&here, LocationOrigin::Here));
        assert_eq!(
            found(None, empty, &all[1..]),
            is("/x/pontoon/hosts.toml", LocationOrigin::Home)
        );
        let home = is("/h/.config/pontoon/hosts.toml", LocationOrigin::Home);
        assert_eq!(found(None, empty, &all[1..2]), home);
        let relative = [("HOME", "/h"), ("XDG_CONFIG_HOME", "x"), (VARIABLE, "")];
        assert_eq!(found(None, empty, &relative), home);
        assert_eq!(found(None, empty, &[]), None);
    }

    #[test]
    fn a_file_that_others_could_have_written_is_passed_over() {
        use std::os::unix::fs::{PermissionsExt as _, chown};

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE_NAME);
        fs::write(&file, "").unwrap();
        let set = |path: &Path, mode| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        };
        let find = |variables: &[(&str, &str)]| {
            let variable = |name: &str| {
                let set = variables.iter().find(|(key, _)| *key == name);
                set.map(|(_, value)| OsString::from(value))
            };
            let place = InventoryLocation::find(None, folder.path(), variable).unwrap();
            (place.origin, place.ignored.map(|(_, reason)| reason))
        };
        let here = (LocationOrigin::Here, None);
        let open = (LocationOrigin::Home, Some(IgnoredReason::WritableByAll));
        for (folder_mode, file_mode, expected) in [
            (0o755, 0o644, here),
            (0o775, 0o664, here),
            (0o1777, 0o644, here),
            (0o777, 0o644, open),
            (0o755, 0o666, open),
        ] {
            set(folder.path(), folder_mode);
            set(&file, file_mode);
            assert_eq!(find(&[("HOME", "/h")]), expected, "{folder_mode:o} {file_mode:o}");
        }
        set(folder.path(), 0o755);
        set(&file, 0o644);
        if geteuid().is_root() {
            chown(&file, Some(1_234), None).unwrap();
            let other = (LocationOrigin::Home, Some(IgnoredReason::OtherOwner));
            assert_eq!(find(&[("HOME", "/h")]), other);
            assert_eq!(find(&[("SUDO_UID", "1234")]), here);
        }
    }
}
