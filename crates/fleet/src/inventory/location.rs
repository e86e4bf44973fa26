//! Finds the file of the inventory.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

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
    /// Finds the path: `asked`, then [`VARIABLE`], then the file in `here` if it exists, then the
    /// user's configuration.
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
            return Ok(Self { path: path.to_owned(), origin: LocationOrigin::Asked });
        }
        if let Some(path) = set(VARIABLE) {
            return Ok(Self { path, origin: LocationOrigin::Variable });
        }
        if here.join(FILE_NAME).exists() {
            return Ok(Self { path: here.join(FILE_NAME), origin: LocationOrigin::Here });
        }
        // The specification says that a relative path in this variable must be ignored.
        let configuration = set("XDG_CONFIG_HOME").filter(|path| path.is_absolute());
        let configuration = configuration.or_else(|| set("HOME").map(|home| home.join(".config")));
        let folder = configuration.ok_or(NoInventoryLocation)?;
        Ok(Self { path: folder.join("pontoon").join(FILE_NAME), origin: LocationOrigin::Home })
    }
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
        std::fs::write(full.path().join(FILE_NAME), "").unwrap();
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
}
