//! Where the inventory lies.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The name of the file, where it is not said.
pub const FILE_NAME: &str = "hosts.toml";

/// The environment variable that says where the file is.
pub const VARIABLE: &str = "PONTOON_HOSTS";

/// Where the inventory lies, and who says so.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InventoryLocation {
    /// The file. It need not be there.
    pub path: PathBuf,
    /// Who says so.
    pub origin: LocationOrigin,
}

/// Who says where the inventory lies: the first of these that does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LocationOrigin {
    /// The command line.
    Asked,
    /// [`VARIABLE`].
    Variable,
    /// It lies in the folder where the command was typed.
    Here,
    /// It belongs to the user: `$XDG_CONFIG_HOME/pontoon/hosts.toml` (XDG Base Directory
    /// Specification).
    Home,
}

impl LocationOrigin {
    /// Whether somebody named the file; then one that is not there is a slip of the pen.
    #[must_use]
    pub const fn is_named(self) -> bool {
        matches!(self, Self::Asked | Self::Variable)
    }
}

/// Nothing says where the inventory lies.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("neither {VARIABLE} nor HOME is set, so there is no place for an inventory")]
pub struct NoInventoryLocation;

impl InventoryLocation {
    /// Finds the place: what was `asked` for, then [`VARIABLE`], then `here` if the file is there,
    /// then the user's own.
    ///
    /// # Errors
    ///
    /// [`NoInventoryLocation`] when none of them says anything.
    pub fn find(
        asked: Option<&Path>,
        here: &Path,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, NoInventoryLocation> {
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
        // A relative path in this variable is to be ignored, says the specification.
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
