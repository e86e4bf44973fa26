//! stand-in
use serde::{Deserialize, Serialize};
/// stand-in
#[derive(Clone, Debug, Deserialize, Serialize)]
pub enum Ask {}
