//! What is deployed.

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Client, Error};

impl Client {
    /// Deploys files, all of them or none.
    pub(crate) async fn deploy(&self, files: Vec<(String, Vec<u8>)>) -> Result<Deployment, Error> {
        let mut form = Form::new();
        for (name, content) in files {
            form = form.part("resources", Part::bytes(content).file_name(name));
        }
        self.read(self.request(Method::POST, &["v2", "deployments"])?.multipart(form)).await
    }
}

/// What was deployed.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Deployment {
    /// Its key.
    pub(crate) deployment_key: String,
    /// What is in it.
    pub(crate) deployments: Vec<Deployed>,
}

/// One thing of a deployment.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Deployed {
    /// A process, when it is one.
    pub(crate) process_definition: Option<ProcessDefinition>,
    /// A decision, when it is one.
    pub(crate) decision_definition: Option<DecisionDefinition>,
    /// A file with decisions, when it is one, as the host tells it.
    pub(crate) decision_requirements: Option<Value>,
    /// A form, when it is one.
    pub(crate) form: Option<DeployedForm>,
    /// A file that is neither a model nor a form, when it is one.
    pub(crate) resource: Option<DeployedFile>,
}

/// A version of a form.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeployedForm {
    /// The form's id.
    pub(crate) form_id: String,
    /// From 1.
    pub(crate) version: u32,
    /// The file that holds it.
    pub(crate) resource_name: String,
    /// Its key.
    pub(crate) form_key: String,
}

/// A version of a file that is neither a model nor a form.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeployedFile {
    /// Its name.
    pub(crate) resource_id: String,
    /// From 1.
    pub(crate) version: u32,
    /// Its key.
    pub(crate) resource_key: String,
}

/// A version of a decision.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DecisionDefinition {
    /// The decision's id in the model.
    pub(crate) decision_definition_id: String,
    /// From 1.
    pub(crate) version: u32,
    /// Its key.
    pub(crate) decision_definition_key: String,
    /// The file that holds it.
    pub(crate) decision_requirements_key: String,
}

/// A version of a process.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProcessDefinition {
    /// The process's id in the model.
    pub(crate) process_definition_id: String,
    /// From 1.
    pub(crate) process_definition_version: u32,
    /// Its key.
    pub(crate) process_definition_key: String,
    /// The file.
    pub(crate) resource_name: String,
}
