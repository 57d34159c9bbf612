//! What events and rows take, for limits in bytes.

use types::Variables;

use crate::event::{Event, Header};
use crate::state::{Rows, Sequel};

impl Event {
    /// Bytes of the texts in it that can be long.
    pub fn text_bytes(&self) -> usize {
        let headers = |headers: &[Header]| -> usize {
            headers.iter().map(|header| header.name.len() + header.value.len()).sum()
        };
        match self {
            Self::VariableSet { value, .. } | Self::LoopResultKept { value, .. } => value.as_str().len(),
            Self::LoopStarted { items, .. } => items.as_ref().map_or(0, |items| items.as_str().len()),
            Self::DecisionEvaluated { output, evaluated, .. } => {
                output.as_ref().map_or(0, |output| output.as_str().len()) + evaluated.as_str().len()
            }
            Self::ElementTerminating { sequel, .. } => sequel.as_ref().map_or(0, Sequel::bytes),
            Self::ScopeEmptying { sequel, .. } => sequel.bytes(),
            Self::CheckpointSaved { value, .. } => value.len(),
            Self::UserTaskChangePending { change, .. } => {
                change.variables.as_ref().map_or(0, Variables::bytes)
            }
            Self::JobCreated { job_type, headers: of_job, .. } => job_type.len() + headers(of_job),
            Self::UserTaskCreated {
                assignee,
                candidate_groups,
                candidate_users,
                form_key,
                external_form_reference,
                ..
            } => {
                let texts = [assignee, form_key, external_form_reference].into_iter().flatten();
                texts.chain(candidate_groups).chain(candidate_users).map(|text| text.len()).sum()
            }
            Self::JobErrorThrown { code, message, .. } | Self::JobErrorUncaught { code, message, .. } => {
                code.len() + message.len()
            }
            Self::JobFailed { message, .. } | Self::IncidentCreated { message, .. } => message.len(),
            Self::CompensationKept { variables: Some(variables), .. } => {
                variables.iter().map(|(name, value)| name.len() + value.as_str().len()).sum()
            }
            _ => 0,
        }
    }
}

impl Sequel {
    /// Bytes of the variables that it keeps.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Event { variables, .. } => variables.bytes(),
            Self::Leave {} | Self::Undo { .. } => 0,
        }
    }
}

impl Rows {
    /// Bytes of all values in the rows: of variables, and of what is kept for later.
    pub fn value_bytes(&self) -> usize {
        let sequels = self.elements.iter().filter_map(|row| row.sequel.as_deref());
        let sequels = sequels.chain(self.instance.sequel.as_deref()).map(Sequel::bytes);
        let changes = self.user_tasks.iter().filter_map(|task| task.pending.as_ref()?.variables.as_ref());
        let kept = self.compensables.iter().map(|row| &row.variables).chain(changes).map(Variables::bytes);
        let checkpoints = self.jobs.iter().filter_map(|job| Some(job.checkpoint.as_ref()?.value.len()));
        let variables = self.variables.iter().map(|row| row.variable.value.as_str().len());
        let loops = self.loop_values.iter().map(|row| row.value.as_str().len());
        variables.chain(sequels).chain(kept).chain(checkpoints).chain(loops).sum()
    }
}

#[cfg(test)]
mod tests {
    use types::{ElementInstanceKey, Key, PartitionId};

    use super::*;

    #[test]
    fn the_variables_of_what_follows_an_end_count() -> Result<(), types::VariablesError> {
        let key = ElementInstanceKey(Key::new(PartitionId::FIRST, 1));
        let variables = Variables::parse(&format!(r#"{{"text":"{}"}}"#, "x".repeat(1_000)))?;
        let sequel = Sequel::Event { element: "stop".into(), variables };
        assert!(sequel.bytes() >= 1_000);
        let terminating = Event::ElementTerminating { key, sequel: Some(sequel.clone()) };
        assert_eq!(terminating.text_bytes(), sequel.bytes());
        assert_eq!(Event::ScopeEmptying { key, sequel: sequel.clone() }.text_bytes(), sequel.bytes());
        assert_eq!(Event::ElementTerminating { key, sequel: Some(Sequel::Leave {}) }.text_bytes(), 0);
        Ok(())
    }
}
