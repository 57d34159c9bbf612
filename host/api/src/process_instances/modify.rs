//! `POST /v2/process-instances/{key}/modification`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use engine::command::{ActivateElement, ModifyInstance, MoveElement};
use engine::state::{ElementRow, Role, Rows};
use engine::{Definition, EntityKind, Rejection};
use serde::Deserialize;
use serde::de::IgnoredAny;
use types::{ElementInstanceKey, ProcessInstanceKey, SharedStr, Variables};

use crate::extract::{Caller, Json as Body, KeyPath};
use crate::limits::INSTRUCTIONS_MAX;
use crate::problem::Problem;
use crate::state::ApiState;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct ModificationRequest {
    #[serde(rename = "operationReference")]
    _operation_reference: IgnoredAny,
    activate_instructions: Option<Vec<Activate>>,
    move_instructions: Option<Vec<Move>>,
    terminate_instructions: Option<Vec<Terminate>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Activate {
    element_id: SharedStr,
    #[serde(default)]
    variable_instructions: Option<Vec<VariableInstruction>>,
    #[serde(default)]
    ancestor_element_instance_key: Option<ElementInstanceKey>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct VariableInstruction {
    variables: Variables,
    #[serde(default)]
    scope_id: Option<SharedStr>,
}

/// Either of the two is there.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Terminate {
    #[serde(default)]
    element_id: Option<SharedStr>,
    #[serde(default)]
    element_instance_key: Option<ElementInstanceKey>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Move {
    source_element_instruction: Source,
    target_element_id: SharedStr,
    #[serde(default)]
    ancestor_scope_instruction: Option<Ancestor>,
    #[serde(default)]
    variable_instructions: Option<Vec<VariableInstruction>>,
}

#[derive(Deserialize)]
#[serde(tag = "sourceType", rename_all = "camelCase", deny_unknown_fields)]
enum Source {
    #[serde(rename_all = "camelCase")]
    ById { source_element_id: SharedStr },
    #[serde(rename_all = "camelCase")]
    ByKey { source_element_instance_key: ElementInstanceKey },
}

/// In which scope the target of a move is entered.
#[derive(Clone, Copy, Deserialize)]
#[serde(tag = "ancestorScopeType", rename_all = "camelCase", deny_unknown_fields)]
enum Ancestor {
    /// In this one.
    #[serde(rename_all = "camelCase")]
    Direct { ancestor_element_instance_key: ElementInstanceKey },
    /// In the nearest one around the source that is around the target too.
    Inferred {},
    /// In the one directly around the source.
    SourceParent {},
}

pub(crate) async fn modify(
    State(state): State<ApiState>,
    caller: Caller,
    KeyPath(key): KeyPath<ProcessInstanceKey>,
    Body(request): Body<ModificationRequest>,
) -> Result<StatusCode, Problem> {
    request.check()?;
    let command = if request.names_instances() {
        let active = Active::read(&state, key).await?;
        request.into_command(Some(&active))?
    } else {
        request.into_command(None)?
    };
    state.handle.modify_instance(key, command, caller.actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl ModificationRequest {
    fn check(&self) -> Result<(), Problem> {
        let count = self.activate_instructions.as_ref().map_or(0, Vec::len)
            + self.move_instructions.as_ref().map_or(0, Vec::len)
            + self.terminate_instructions.as_ref().map_or(0, Vec::len);
        if !(1..=INSTRUCTIONS_MAX).contains(&count) {
            return Err(Problem::invalid_argument(format!(
                "expected 1 to {INSTRUCTIONS_MAX} instructions in activateInstructions, moveInstructions and \
                 terminateInstructions, found {count}"
            )));
        }
        Ok(())
    }

    /// Whether it takes what is active now to know what is meant.
    fn names_instances(&self) -> bool {
        let moves = self.move_instructions.iter().flatten();
        let terminations = self.terminate_instructions.iter().flatten();
        moves.into_iter().any(|instruction| !instruction.is_of_all())
            || terminations.into_iter().any(|instruction| instruction.element_id.is_some())
    }

    /// The command. What has ended until it is carried out makes it fail as a whole.
    fn into_command(self, active: Option<&Active>) -> Result<ModifyInstance, Problem> {
        let mut modify = ModifyInstance::default();
        for activate in self.activate_instructions.unwrap_or_default() {
            let ancestor = activate.ancestor_element_instance_key;
            modify.activate.push(entry(activate.element_id, ancestor, activate.variable_instructions));
        }
        for instruction in self.move_instructions.unwrap_or_default() {
            instruction.add_to(&mut modify, active)?;
        }
        for instruction in self.terminate_instructions.unwrap_or_default() {
            match (instruction.element_id, instruction.element_instance_key) {
                (None, Some(key)) => modify.terminate.push(key),
                (Some(id), None) => {
                    let found = active.map(|active| active.keys_of(&id)).unwrap_or_default();
                    if found.is_empty() {
                        return Err(not_active("terminateInstructions", &id));
                    }
                    modify.terminate.extend(found);
                }
                _ => {
                    return Err(Problem::invalid_argument(
                        "terminateInstructions: exactly one of `elementId` and `elementInstanceKey` says what ends",
                    ));
                }
            }
        }
        Ok(modify)
    }
}

impl Move {
    /// Whether it moves all instances of an element, wherever they are.
    fn is_of_all(&self) -> bool {
        matches!(self.source_element_instruction, Source::ById { .. })
            && matches!(
                self.ancestor_scope_instruction,
                None | Some(Ancestor::Direct { .. } | Ancestor::Inferred {})
            )
    }

    fn add_to(self, modify: &mut ModifyInstance, active: Option<&Active>) -> Result<(), Problem> {
        let target = |ancestor| entry(self.target_element_id, ancestor, self.variable_instructions);
        match (self.source_element_instruction, self.ancestor_scope_instruction, active) {
            (Source::ById { source_element_id: source }, None | Some(Ancestor::Inferred {}), _) => {
                modify.moves.push(MoveElement { source, target: target(None) });
            }
            (
                Source::ById { source_element_id: source },
                Some(Ancestor::Direct { ancestor_element_instance_key }),
                _,
            ) => {
                let target = target(Some(ancestor_element_instance_key));
                modify.moves.push(MoveElement { source, target });
            }
            (source, ancestor, Some(active)) => {
                let sources = match source {
                    Source::ById { source_element_id } => {
                        let found = active.keys_of(&source_element_id);
                        if found.is_empty() {
                            return Err(not_active("moveInstructions", &source_element_id));
                        }
                        found
                    }
                    Source::ByKey { source_element_instance_key } => vec![source_element_instance_key],
                };
                let ancestor = ancestor.unwrap_or(Ancestor::Inferred {});
                let target = target(None);
                for source in sources {
                    let ancestor = Some(active.ancestor(source, ancestor, &target.element)?);
                    modify.activate.push(ActivateElement { ancestor, ..target.clone() });
                    modify.terminate.push(source);
                }
            }
            // `names_instances` has said that none of it needs what is active.
            (_, _, None) => {}
        }
        Ok(())
    }
}

fn entry(
    element: SharedStr,
    ancestor: Option<ElementInstanceKey>,
    variables: Option<Vec<VariableInstruction>>,
) -> ActivateElement {
    let variables = variables.unwrap_or_default();
    ActivateElement {
        element,
        after: false,
        ancestor,
        variables: variables.into_iter().map(|given| (given.scope_id, given.variables)).collect(),
    }
}

fn not_active(field: &str, element: &str) -> Problem {
    Problem::invalid_argument(format!("{field}: element `{element}` is not active in the process instance"))
}

/// What is active in an instance.
struct Active {
    rows: Rows,
    definition: Arc<Definition>,
}

impl Active {
    async fn read(state: &ApiState, key: ProcessInstanceKey) -> Result<Self, Problem> {
        let missing = || Problem::from(Rejection::NotFound { kind: EntityKind::ProcessInstance, key: key.0 });
        let rows = state.handle.store().load_instance(key).await?.ok_or_else(missing)?;
        let definition = state.handle.definition(rows.instance.definition).await?.ok_or_else(missing)?;
        Ok(Self { rows, definition })
    }

    /// The instances of an element; of a loop only the loop itself, which its items end with.
    fn keys_of(&self, element: &str) -> Vec<ElementInstanceKey> {
        let of_element = self.rows.elements.iter().filter(|row| &*row.element == element);
        of_element.filter(|row| !matches!(row.role, Role::Item { .. })).map(|row| row.key).collect()
    }

    fn row(&self, key: ElementInstanceKey) -> Option<&ElementRow> {
        self.rows.elements.iter().find(|row| row.key == key)
    }

    /// The scope instance in which `target` is entered instead of `source`.
    fn ancestor(
        &self,
        source: ElementInstanceKey,
        ancestor: Ancestor,
        target: &str,
    ) -> Result<ElementInstanceKey, Problem> {
        let root = self.rows.instance.key.root_scope();
        let row = self.row(source).ok_or_else(|| {
            Problem::from(Rejection::NotFound { kind: EntityKind::ElementInstance, key: source.0 })
        })?;
        match ancestor {
            Ancestor::Direct { ancestor_element_instance_key } => Ok(ancestor_element_instance_key),
            Ancestor::SourceParent {} => Ok(row.scope),
            Ancestor::Inferred {} => {
                let around_target = self.ids_around(target)?;
                let mut scope = row.scope;
                // Each step goes one scope outwards, so there are no more steps than scopes.
                for _ in 0..self.rows.elements.len() {
                    match self.row(scope) {
                        Some(row) if scope != root && !around_target.contains(&&*row.element) => {
                            scope = row.scope
                        }
                        _ => break,
                    }
                }
                Ok(scope)
            }
        }
    }

    /// The ids of the scopes around an element of the model.
    fn ids_around(&self, element: &str) -> Result<Vec<&str>, Problem> {
        let process = &self.definition.process;
        let mut at = process.element_by_id(element).ok_or_else(|| {
            Problem::invalid_argument(format!("moveInstructions: the process has no element `{element}`"))
        })?;
        let mut ids = Vec::new();
        // The process is its own scope.
        while process.element(at).parent != at {
            at = process.element(at).parent;
            ids.push(&*process.element(at).id);
        }
        Ok(ids)
    }
}
