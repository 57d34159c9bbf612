//! The manifest and its two notations.

use std::collections::BTreeMap;

use semver::Version;
use serde::{Deserialize, Serialize};
use types::Limit;

use crate::{Invalid, Place, WantedLimits, place};

/// What a component says about itself: who it is, what it does, what it wants.
///
/// It grants nothing: an operator reads the wishes and grants what is right.
/// Written as TOML by authors, carried as JSON in components.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Manifest {
    /// The component's name: lower-case letters, digits and single hyphens.
    pub name: String,
    /// Its version. Name and version identify a component for ever.
    pub version: Version,
    /// What sort of component it is.
    pub kind: Kind,
    /// One line for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The job types that it handles.
    pub job_types: Vec<String>,
    /// The hosts that it wants to call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<WantedHost>,
    /// The secrets that it wants to use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<WantedSecret>,
    /// How much it wants of what is limited.
    #[serde(default, skip_serializing_if = "WantedLimits::is_empty")]
    pub limits: WantedLimits,
    /// Settings that are not secret, by key; the component reads them through `wasi:config`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub config: BTreeMap<String, ConfigKey>,
    /// The variables that it reads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub input: Vec<InputField>,
}

/// What sort of component it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The logic of a team's own task.
    Worker,
    /// A reusable way to call one service, configured in the model.
    Connector,
}

/// A host that a component wants to call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct WantedHost {
    /// A host name or an IP address, without scheme and port.
    pub name: String,
    /// The TCP port.
    #[serde(default = "https_port")]
    pub port: u16,
    /// The HTTP methods; none means every method.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<String>,
    /// What for, in one line.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// A secret that a component wants to use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct WantedSecret {
    /// The secret's name, as in `{{secrets.NAME}}`.
    pub name: String,
    /// The hosts that it is to be sent to; each one also stands in [`Manifest::hosts`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    /// The headers that it is to be sent in, in lower case; none means `authorization`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<String>,
    /// Whether the component wants the value itself and not only a placeholder for it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub reveal: bool,
    /// What for, in one line.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// A setting that is not secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ConfigKey {
    /// The value that the component sees until the operator sets another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// What it changes, in one line.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

/// A variable that a component reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct InputField {
    /// The variable's name, with dots for nested fields.
    pub name: String,
    /// Its JSON type as the author calls it: `string`, `number`, `list of strings`, …
    #[serde(rename = "type")]
    pub json_type: String,
    /// Whether the component fails without it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub required: bool,
    /// What it means, in one line.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

/// Why a text is not a manifest.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// It is not TOML, or a field has another type.
    #[error("the manifest cannot be read: {0}")]
    Toml(#[from] toml::de::Error),
    /// It is not JSON, or a field has another type.
    #[error("the manifest cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    /// It has a field that means nothing, probably a typing error.
    #[error("the manifest has a field `{field}`{}, which means nothing here{instead}", place::shown(*.place))]
    UnknownField {
        /// The field, with what it is in.
        field: String,
        /// Where it stands.
        place: Option<Place>,
        /// What to do, after a semicolon or a colon.
        instead: String,
    },
    /// A field's value is not acceptable.
    #[error(transparent)]
    Invalid(#[from] Invalid),
}

impl Manifest {
    /// Reads the author's notation. Unknown fields are errors, because they are typing errors.
    pub fn from_toml(text: &str) -> Result<Self, ManifestError> {
        let mut unknown_field = None;
        let manifest: Self = serde_ignored::deserialize(toml::Deserializer::parse(text)?, |path| {
            unknown_field.get_or_insert_with(|| path.to_string());
        })?;
        if let Some(field) = unknown_field {
            let instead = match field.strip_prefix("limits.").and_then(|name| name.parse::<Limit>().err()) {
                Some(error) => format!(": {error}"),
                None => "; check its spelling".to_owned(),
            };
            return Err(ManifestError::UnknownField { place: place::of(text, &field), field, instead });
        }
        manifest.validate().map_err(|invalid| {
            let place = place::of(text, &invalid.field);
            Invalid { place, ..invalid }
        })?;
        Ok(manifest)
    }

    /// Reads the notation that components carry. Unknown fields are skipped: a later version of Fermata wrote them.
    pub fn from_json(json: &[u8]) -> Result<Self, ManifestError> {
        let manifest: Self = serde_json::from_slice(json)?;
        manifest.validate()?;
        Ok(manifest)
    }

    /// Writes the notation that components carry.
    pub fn to_json(&self) -> Result<Vec<u8>, ManifestError> {
        self.validate()?;
        Ok(serde_json::to_vec(self)?)
    }
}

const fn https_port() -> u16 {
    443
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}
