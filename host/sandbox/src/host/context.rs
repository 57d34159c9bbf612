//! `fermata:host/job-context`: where the running job stands.

use crate::bindings::host::fermata::host::job_context::Host;
use crate::host::JobState;

impl Host for JobState {
    fn attempt(&mut self) -> u32 {
        self.job.attempt
    }

    fn retries_left(&mut self) -> u32 {
        self.job.retries_left
    }

    fn deadline_ms(&mut self) -> u64 {
        u64::try_from(self.job.deadline.as_millis()).unwrap_or(0)
    }

    fn process_instance_key(&mut self) -> String {
        self.job.process_instance.to_string()
    }

    fn process_definition_key(&mut self) -> String {
        self.job.process_definition.to_string()
    }

    fn process_definition_id(&mut self) -> String {
        self.job.bpmn_process_id.to_string()
    }

    fn process_definition_version(&mut self) -> u32 {
        self.job.process_version
    }

    fn element_id(&mut self) -> String {
        self.job.element_id.to_string()
    }

    fn element_instance_key(&mut self) -> String {
        self.job.element_instance.to_string()
    }

    fn tenant_id(&mut self) -> String {
        self.job.tenant.to_string()
    }
}
