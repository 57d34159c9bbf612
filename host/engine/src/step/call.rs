//! Call activities: another process runs as an instance of its own, in the same partition.

use bpmn::model::{Binding, CalledDecision, CalledProcess};
use types::{ElementInstanceKey, ProcessDefinitionKey, ProcessInstanceKey, SharedStr, Variables};

use super::complete::Leave;
use super::run::Run;
use super::trouble::Trouble;
use crate::event::Event;
use crate::outgoing::{CallProcess, EvaluateDecision, Outgoing};
use crate::rejection::{EntityKind, Rejection};
use crate::state::{Caller, ElementState, IncidentKind};

/// How many instances may be called inside each other: a process that calls itself without end is stopped there.
const CALL_DEPTH_MAX: u32 = 1_000;

/// What a call activity calls, evaluated.
pub(super) struct Call {
    process_id: SharedStr,
    business_id: Option<SharedStr>,
    version: Version,
    propagates_all: bool,
}

/// Which version of what is called is meant; the latest when it says nothing.
#[derive(Default)]
pub(super) struct Version {
    pub(super) version_tag: Option<SharedStr>,
    pub(super) deployed_with: Option<ProcessDefinitionKey>,
}

impl Run<'_> {
    pub(super) fn prepare_call(
        &self,
        called: &CalledProcess,
        scope: ElementInstanceKey,
    ) -> Result<Call, Trouble> {
        let depth =
            self.state.instance().and_then(|instance| instance.caller).map_or(0, |caller| caller.depth);
        if depth >= CALL_DEPTH_MAX {
            let message =
                format!("{CALL_DEPTH_MAX} instances are called inside each other, which is the limit");
            return Err(Trouble::new(IncidentKind::CalledElementError, message));
        }
        Ok(Call {
            process_id: self.string(&called.process_id, scope, "id of the called process")?,
            business_id: match &called.business_id {
                Some(text) => self.optional_string(text, scope, "business id")?,
                None => None,
            },
            version: self.version(&called.binding, scope)?,
            propagates_all: called.propagates_parent_variables,
        })
    }

    pub(super) fn call(&mut self, key: ElementInstanceKey, call: Call) {
        let Some(instance) = self.state.instance() else { return };
        let caller = Caller {
            instance: instance.key,
            element_instance: key,
            root: instance.caller.map_or(instance.key, |caller| caller.root),
            depth: instance.caller.map_or(0, |caller| caller.depth) + 1,
        };
        let tenant = instance.tenant.clone();
        let variables = if call.propagates_all {
            self.state.visible_variables(key)
        } else {
            self.state.local_variables(key).map(|(name, row)| (name.clone(), row.value.clone())).collect()
        };
        let Version { version_tag, deployed_with } = call.version;
        self.send(Outgoing::CallProcess(CallProcess {
            caller,
            tenant,
            bpmn_process_id: call.process_id,
            version_tag,
            deployed_with,
            variables,
            business_id: call.business_id,
        }));
    }

    pub(super) fn version(&self, binding: &Binding, scope: ElementInstanceKey) -> Result<Version, Trouble> {
        Ok(match binding {
            Binding::Latest => Version::default(),
            Binding::Deployment => Version { deployed_with: Some(self.definition.key), ..Version::default() },
            Binding::VersionTag(tag) => {
                let tag = self.string(tag, scope, "version tag")?;
                Version { version_tag: Some(tag), ..Version::default() }
            }
        })
    }

    pub(super) fn process_called(
        &mut self,
        key: ElementInstanceKey,
        called: Result<ProcessInstanceKey, String>,
    ) -> Result<(), Rejection> {
        if self.state.element(key).is_none_or(|instance| instance.state == ElementState::Terminating) {
            // The call activity ended before what it has called began.
            if let Ok(instance) = called {
                self.send(Outgoing::CancelCalled { instance });
            }
            return Ok(());
        }
        match called {
            Ok(instance) => self.emit(Event::ProcessCalled { key, instance }),
            Err(why) => self.raise(key, None, Trouble::new(IncidentKind::CalledElementError, why)),
        }
        Ok(())
    }

    pub(super) fn called_completed(
        &mut self,
        key: ElementInstanceKey,
        variables: Variables,
    ) -> Result<(), Rejection> {
        if self.state.is_doomed(key) {
            self.forget_called(key);
            return Ok(());
        }
        let Some((_, element)) = self.element_of(key) else {
            return Err(Rejection::NotFound { kind: EntityKind::ElementInstance, key: key.0 });
        };
        let bpmn::model::ElementKind::CallActivity(called) = &element.kind else { return Ok(()) };
        if self.is_terminating(key) {
            // It was about to be ended when it came to its end by itself.
            self.called_terminated(key);
            return Ok(());
        }
        if called.propagates_child_variables {
            self.set_results(key, element, variables);
        } else {
            self.set_local(key, variables);
        }
        self.complete(key, Leave::All);
        Ok(())
    }

    /// The instance has ended: whoever waits for that hears it.
    pub(super) fn tell_of_end(&mut self) {
        let Some(instance) = self.state.instance() else { return };
        let Some(mailbox) = instance.started_by.clone() else { return };
        let (bpmn_process_id, instance) = (instance.bpmn_process_id.clone(), instance.key);
        self.send(Outgoing::StartedInstanceEnded { mailbox, bpmn_process_id, instance });
    }

    pub(super) fn prepare_decision(
        &self,
        decision: &CalledDecision,
        scope: ElementInstanceKey,
    ) -> Result<EvaluateDecision, Trouble> {
        let decision_id = self.string(&decision.decision_id, scope, "id of the called decision")?;
        let Version { version_tag, deployed_with } = self.version(&decision.binding, scope)?;
        let instance = self.state.instance();
        Ok(EvaluateDecision {
            instance: instance.map_or(ProcessInstanceKey::from_i64(0), |instance| instance.key),
            element_instance: scope,
            tenant: instance.map(|instance| instance.tenant.clone()).unwrap_or_default(),
            decision_id,
            version_tag,
            deployed_with,
        })
    }

    pub(super) fn ask_for_decision(&mut self, key: ElementInstanceKey, decision: EvaluateDecision) {
        self.send(Outgoing::EvaluateDecision(EvaluateDecision { element_instance: key, ..decision }));
    }
}
