//! Reading scenario files.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use pontoon_model::untrusted::Untrusted;
use toml::{Table, Value};

use super::{InvalidScenario, Scenario, builtin};

/// The largest scenario here has 4 KiB; a quarter of a megabyte is a mistake.
pub const MAX_FILE_BYTES: u64 = 256 * 1024;

/// A chain of bases that is longer is a circle.
const MAX_BASES: usize = 8;

/// A scenario could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioLoadError {
    /// The file could not be read.
    #[error("cannot read the scenario {path}")]
    Read {
        /// The file as it was named.
        path: PathBuf,
        /// What the system answered.
        #[source]
        source: io::Error,
    },
    /// The file is too large.
    #[error("the scenario {path} is larger than {MAX_FILE_BYTES} bytes")]
    TooLarge {
        /// The file as it was named.
        path: PathBuf,
    },
    /// The text is no scenario; the message has the line and a caret.
    #[error("{name} is no scenario ({of}; see docs/scenarios.md)\n{message}")]
    Grammar {
        /// The name of the scenario.
        name: Untrusted,
        /// Which text the line number counts in.
        of: &'static str,
        /// Line, caret and what is wrong; control characters are escaped.
        message: String,
    },
    /// The base is not there.
    #[error("{name} begins from `{base}`, which is no built-in scenario")]
    NoBase {
        /// The name of the scenario.
        name: Untrusted,
        /// The base it names.
        base: Untrusted,
    },
    /// It removes what is not there.
    #[error("{name} is to be without `{path}`, which its base has not")]
    NotThere {
        /// The name of the scenario.
        name: Untrusted,
        /// The dotted key.
        path: Untrusted,
    },
    /// It contradicts itself.
    #[error("{name} cannot be built")]
    Invalid {
        /// The name of the scenario.
        name: Untrusted,
        /// What is wrong.
        #[source]
        source: InvalidScenario,
    },
}

/// Reads the scenario in a file.
///
/// # Errors
///
/// [`ScenarioLoadError`]: not readable, too large, no scenario, or one that cannot be built.
pub fn load(path: &Path) -> Result<Scenario, ScenarioLoadError> {
    let failed = |source| ScenarioLoadError::Read { path: path.to_owned(), source };
    let mut text = String::new();
    // One byte more than allowed tells a file that is too large from one that just fits.
    File::open(path)
        .map_err(failed)?
        .take(MAX_FILE_BYTES + 1)
        .read_to_string(&mut text)
        .map_err(failed)?;
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err(ScenarioLoadError::TooLarge { path: path.to_owned() });
    }
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    parse(&name.unwrap_or_default(), &text)
}

/// Reads a scenario from text.
///
/// # Errors
///
/// [`ScenarioLoadError`], but for what concerns files.
pub fn parse(name: &str, text: &str) -> Result<Scenario, ScenarioLoadError> {
    let table: Table = toml::from_str(text).map_err(|error| grammar(name, OWN, &error))?;
    let mut scenario: Scenario = if table.contains_key("base") {
        let merged = merged(name, table, 0)?;
        // Written out again so that an error has a line to point at.
        let text = merged.to_string();
        toml::from_str(&text).map_err(|error| grammar(name, MERGED, &error))?
    } else {
        toml::from_str(text).map_err(|error| grammar(name, OWN, &error))?
    };
    name.clone_into(&mut scenario.name);
    scenario
        .validate()
        .map_err(|source| ScenarioLoadError::Invalid { name: Untrusted::new(name), source })?;
    Ok(scenario)
}

const OWN: &str = "line numbers are the file's";
const MERGED: &str = "line numbers are those of the text after merging with its base";

fn grammar(name: &str, of: &'static str, error: &toml::de::Error) -> ScenarioLoadError {
    let shown: Vec<String> =
        error.to_string().lines().map(|line| Untrusted::new(line).to_string()).collect();
    ScenarioLoadError::Grammar { name: Untrusted::new(name), of, message: shown.join("\n") }
}

/// The table with everything its bases say and it does not.
fn merged(name: &str, mut own: Table, depth: usize) -> Result<Table, ScenarioLoadError> {
    let Some(base) = own.remove("base") else { return Ok(own) };
    let without = own.remove("without");
    let no_base = |base: &Value| ScenarioLoadError::NoBase {
        name: Untrusted::new(name),
        base: Untrusted::new(base.as_str().unwrap_or("(not a name)")),
    };
    let text = base.as_str().and_then(builtin::text).filter(|_| depth < MAX_BASES);
    let text = text.ok_or_else(|| no_base(&base))?;
    let table: Table = toml::from_str(text).map_err(|error| grammar(name, MERGED, &error))?;
    let mut result = merged(name, table, depth + 1)?;
    // A base's findings are not its child's.
    result.remove("expect");
    let paths = without.as_ref().and_then(Value::as_array);
    for path in paths.into_iter().flatten().filter_map(Value::as_str) {
        remove(&mut result, path).ok_or_else(|| ScenarioLoadError::NotThere {
            name: Untrusted::new(name),
            path: Untrusted::new(path),
        })?;
    }
    merge(&mut result, own);
    Ok(result)
}

fn remove(table: &mut Table, path: &str) -> Option<Value> {
    match path.split_once('.') {
        None => table.remove(path),
        Some((first, rest)) => remove(table.get_mut(first)?.as_table_mut()?, rest),
    }
}

fn merge(base: &mut Table, own: Table) {
    for (key, value) in own {
        match (base.get_mut(&key), value) {
            (Some(Value::Table(base)), Value::Table(own)) => merge(base, own),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}
