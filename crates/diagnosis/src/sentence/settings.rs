//! Sentences. Why a setting for Kubernetes was decided as it was, or could not be.

use std::fmt;

use crate::evidence::SettingsEvidence;

impl fmt::Display for SettingsEvidence {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}
