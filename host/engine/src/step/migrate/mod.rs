//! Migration: an instance goes on with another version of its process.
//!
//! All that is active keeps its state: jobs, user tasks, timers that run, subscriptions with the name and key that they
//! have, called instances, variables. Only what it is called, and what lies behind it, is the new version's.
//! Events that are waited for beside an activity or scope, on its border or as event sub-processes, are kept where the new
//! version has the same, closed where it has not, and opened where it has others.
//!
//! A migration is checked as a whole first. Opening what is new comes last, and when it fails all is as it was.

mod fit;

use std::collections::{BTreeMap, BTreeSet};

use bpmn::Process;
use bpmn::model::{Element, ElementIndex, ElementKind};
use types::{ElementInstanceKey, SharedStr};

use super::run::Run;
use super::{Definition, catch};
use crate::command::MigrateInstance;
use crate::event::{Event, Renamed};
use crate::rejection::{EntityKind, Rejection};
use crate::state::{ElementState, Role};

/// What elements and flows are called in the new version.
struct Names<'m>(BTreeMap<&'m str, &'m str>);

impl Names<'_> {
    fn new_name<'s>(&'s self, old: &'s str) -> &'s str {
        self.0.get(old).copied().unwrap_or(old)
    }

    /// Whether the caller has named it, and did not leave it to have the same id.
    fn is_explicit(&self, old: &str) -> bool {
        self.0.contains_key(old)
    }
}

fn refuse(message: String) -> Rejection {
    Rejection::InvalidArgument { field: "mappingInstructions", message }
}

impl<'a> Run<'a> {
    pub(super) fn migrate_instance(&mut self, migrate: MigrateInstance) -> Result<(), Rejection> {
        let tenant = self.active_instance()?.tenant.clone();
        if let Some(ending) = self.state.elements().find(|instance| instance.state.is_ending()) {
            return Err(Rejection::InvalidState {
                kind: EntityKind::ElementInstance,
                key: ending.key.0,
                found: "being ended: it waits for listeners",
                expected: "an instance in which nothing is being ended: migrate it when that is over",
            });
        }
        let key = migrate.definition;
        let definition = self.context.definitions.get(key).filter(|definition| definition.tenant == tenant);
        let Some(definition) = definition else {
            return Err(Rejection::NotFound { kind: EntityKind::ProcessDefinition, key: key.0 });
        };
        let names = self.new_names(&migrate.mappings, definition)?;
        self.check_elements(&names, &definition.process)?;
        self.check_tokens(&names, &definition.process)?;
        self.check_compensables(&names, &definition.process)?;
        self.all_or_nothing(|run| run.migrate(&names, definition))
    }

    fn new_names<'m>(
        &self,
        mappings: &'m [(SharedStr, SharedStr)],
        definition: &Definition,
    ) -> Result<Names<'m>, Rejection> {
        let mut names = BTreeMap::new();
        for (from, to) in mappings {
            let has = |process: &Process, id: &str| {
                process.element_by_id(id).is_some() || process.flow_by_id(id).is_some()
            };
            if !has(self.process, from) {
                return Err(refuse(format!("the version that the instance runs has no element `{from}`")));
            }
            if !has(&definition.process, to) {
                return Err(refuse(format!("the new version has no element `{to}`")));
            }
            if names.insert(&**from, &**to).is_some() {
                return Err(refuse(format!("element `{from}` is mapped twice")));
            }
        }
        Ok(Names(names))
    }

    /// Everything that is active is in the new version, of the same kind and in the same scope.
    fn check_elements(&self, names: &Names<'_>, target: &Process) -> Result<(), Rejection> {
        // Instances of one element fit, or do not, all alike.
        let mut checked = BTreeSet::new();
        for instance in self.state.elements() {
            let old = self.process.element(instance.index());
            if instance.index() == ElementIndex::PROCESS {
                continue;
            }
            let new = new_element(names, target, &old.id)?;
            if !checked.insert(instance.index()) {
                continue;
            }
            fit::check(old, new)
                .map_err(|why| refuse(format!("`{}` cannot become `{}`: {why}", old.id, new.id)))?;
            let scope = match old.parent {
                ElementIndex::PROCESS => Some(ElementIndex::PROCESS),
                parent => target.element_by_id(names.new_name(&self.process.element(parent).id)),
            };
            if Some(new.parent) != scope {
                return Err(refuse(format!(
                    "`{}` cannot become `{}`: it is in `{}` there, and active elements stay in their scopes",
                    old.id,
                    new.id,
                    target.element(new.parent).id
                )));
            }
            for event in self.events_beside(old) {
                self.check_event(names, target, new, event)?;
            }
        }
        let process = self.process.element(ElementIndex::PROCESS);
        for event in self.events_beside(process) {
            self.check_event(names, target, target.element(ElementIndex::PROCESS), event)?;
        }
        Ok(())
    }

    /// An event that the caller maps is one of the same activity or scope, and of the same kind.
    fn check_event(
        &self,
        names: &Names<'_>,
        target: &Process,
        owner: &Element,
        event: ElementIndex,
    ) -> Result<(), Rejection> {
        let old = self.process.element(event);
        if !names.is_explicit(&old.id) {
            return Ok(());
        }
        let new = new_element(names, target, &old.id)?;
        if !events_beside(target, owner).any(|event| target.element(event).id == new.id) {
            return Err(refuse(format!(
                "event `{}` cannot become `{}`: that is not on `{}`",
                old.id, new.id, owner.id
            )));
        }
        fit::check(old, new)
            .map_err(|why| refuse(format!("event `{}` cannot become `{}`: {why}", old.id, new.id)))
    }

    /// The events that may be waited for beside an activity or scope.
    fn events_beside(&self, element: &'a Element) -> impl Iterator<Item = ElementIndex> + 'a {
        events_beside(self.process, element)
    }

    /// Every waiting token has a flow in the new version, and waits there for what it has waited for.
    fn check_tokens(&self, names: &Names<'_>, target: &Process) -> Result<(), Rejection> {
        for (place, _) in self.state.tokens() {
            let Some(old) = self.process.flow_by_id(&place.flow).map(|flow| self.process.flow(flow)) else {
                continue;
            };
            let id = names.new_name(&old.id);
            let Some(new) = target.flow_by_id(id).map(|flow| target.flow(flow)) else {
                return Err(refuse(format!(
                    "a token waits on flow `{}`, and the new version has no flow `{id}`",
                    old.id
                )));
            };
            let (old_end, new_end) = (self.process.element(old.target), target.element(new.target));
            if names.new_name(&old_end.id) != &*new_end.id {
                return Err(refuse(format!(
                    "a token waits on flow `{}` for `{}`, and flow `{id}` of the new version leads to `{}`",
                    old.id, old_end.id, new_end.id
                )));
            }
            let waits = |element: &Element| {
                (element.is_join(), element.is_merge_of_some(), element.waits_for_reset())
            };
            if waits(old_end) != waits(new_end) {
                return Err(refuse(format!(
                    "tokens wait for `{}`, which does not join flows in the new version as it does now",
                    old_end.id
                )));
            }
            let scope = self.element_of(place.scope).map(|(index, _)| index);
            let is_process = scope == Some(ElementIndex::PROCESS);
            let scope = scope.map(|index| &self.process.element(index).id);
            let parent = target.element(new_end.parent);
            let is_same = match is_process {
                true => new_end.parent == ElementIndex::PROCESS,
                false => scope.is_some_and(|scope| names.new_name(scope) == &*parent.id),
            };
            if !is_same {
                return Err(refuse(format!(
                    "a token waits on flow `{}`, which is in another scope there",
                    old.id
                )));
            }
        }
        Ok(())
    }

    /// What was completed and can be undone can be in the new version too.
    fn check_compensables(&self, names: &Names<'_>, target: &Process) -> Result<(), Rejection> {
        for kept in self.state.compensables() {
            let new = new_element(names, target, &kept.activity)?;
            let Some(old) =
                self.process.element_by_id(&kept.activity).map(|index| self.process.element(index))
            else {
                continue;
            };
            if old.compensation.is_some() != new.compensation.is_some() {
                return Err(refuse(format!(
                    "`{}` was completed and can be undone, which `{}` cannot in the same way",
                    old.id, new.id
                )));
            }
            fit::check(old, new).map_err(|why| {
                refuse(format!("`{}`, which can be undone, cannot become `{}`: {why}", old.id, new.id))
            })?;
        }
        Ok(())
    }

    fn migrate(&mut self, names: &Names<'_>, definition: &'a Definition) -> Result<(), Rejection> {
        let target = &definition.process;
        // For each that waits: the events that it has in the new version, and none in this.
        let mut fresh: Vec<(ElementInstanceKey, Vec<ElementIndex>)> = Vec::new();
        let owners: Vec<(ElementInstanceKey, Role)> = self
            .state
            .elements()
            .filter(|instance| instance.state == ElementState::Active)
            .map(|instance| (instance.key, instance.role))
            .collect();
        for (owner, role) in owners {
            let Some((index, old)) = self.element_of(owner) else { continue };
            let new_index = match index {
                ElementIndex::PROCESS => Some(ElementIndex::PROCESS),
                _ => target.element_by_id(names.new_name(&old.id)),
            };
            let Some(new) = new_index.map(|index| target.element(index)) else { continue };
            let kept: BTreeMap<ElementIndex, ElementIndex> = self
                .events_waited_for(old, role)
                .filter_map(|event| Some((event, self.kept_as(names, target, new, event)?)))
                .collect();
            let is_beside: BTreeSet<ElementIndex> = self.events_waited_for(old, role).collect();
            self.close_waits(owner, |event| is_beside.contains(&event) && !kept.contains_key(&event));
            let is_interrupted = self.is_interrupted(owner);
            let new_events = waited_for(target, new, role).filter(|event| {
                let is_start = matches!(target.element(*event).kind, ElementKind::StartEvent(_));
                let is_closed = is_start && is_interrupted;
                !is_closed && !kept.values().any(|kept| kept == event)
            });
            fresh.push((owner, new_events.collect()));
        }
        let renamed = self.renamed(names);
        self.switch_to(definition);
        self.emit(Event::InstanceMigrated {
            definition: definition.key,
            bpmn_process_id: SharedStr::from(&definition.process.id),
            version: definition.version,
            version_tag: definition.process.version_tag.as_ref().map(SharedStr::from),
            renamed,
        });
        for (owner, events) in fresh {
            let mut waits: Vec<catch::Wait> = Vec::new();
            for event in events {
                self.prepare_waits(event, owner, &mut waits).map_err(|trouble| {
                    let id = &self.process.element(event).id;
                    refuse(format!(
                        "event `{id}` of the new version cannot be waited for: {}",
                        trouble.message
                    ))
                })?;
            }
            self.open_waits(owner, waits);
        }
        Ok(())
    }

    fn events_waited_for(&self, element: &'a Element, role: Role) -> impl Iterator<Item = ElementIndex> + 'a {
        waited_for(self.process, element, role)
    }

    /// What an event that is waited for becomes, when the new version has the same. Whether it still waits stays as it is.
    fn kept_as(
        &self,
        names: &Names<'_>,
        target: &Process,
        owner: &Element,
        event: ElementIndex,
    ) -> Option<ElementIndex> {
        let old = self.process.element(event);
        let index = target.element_by_id(names.new_name(&old.id))?;
        let is_beside = events_beside(target, owner).any(|event| event == index);
        (is_beside && fit::check(old, target.element(index)).is_ok()).then_some(index)
    }

    /// The names that change, of what the instance has.
    fn renamed(&self, names: &Names<'_>) -> Vec<Renamed> {
        let mut used: BTreeSet<&str> = self.state.elements().map(|instance| &*instance.element).collect();
        used.extend(self.state.tokens().map(|(place, _)| &*place.flow));
        used.extend(self.state.timers().map(|timer| &*timer.element));
        used.extend(self.state.subscriptions().map(|subscription| &*subscription.element));
        used.extend(self.state.compensables().map(|kept| &*kept.activity));
        let changed = names.0.iter().filter(|(from, to)| from != to && used.contains(*from));
        changed.map(|(from, to)| Renamed { from: SharedStr::from(*from), to: SharedStr::from(*to) }).collect()
    }
}

fn new_element<'p>(names: &Names<'_>, target: &'p Process, id: &str) -> Result<&'p Element, Rejection> {
    let new = names.new_name(id);
    match target.element_by_id(new) {
        Some(index) => Ok(target.element(index)),
        None => Err(refuse(format!(
            "`{id}` is active and the new version has no element `{new}`: map it to another"
        ))),
    }
}

/// The events on the border of an activity, those behind an event-based gateway, and the starts of event sub-processes.
fn events_beside<'p>(process: &'p Process, element: &'p Element) -> impl Iterator<Item = ElementIndex> + 'p {
    let behind = match &element.kind {
        ElementKind::EventBasedGateway(gateway) => &gateway.events[..],
        _ => &[],
    };
    let starts = element
        .event_sub_processes
        .iter()
        .filter_map(|index| process.start_of_event_sub_process(*index).map(|(start, _)| start));
    element.boundary_events.iter().copied().chain(behind.iter().copied()).chain(starts)
}

/// Those of them that an instance with this part in a loop waits for: the loop as a whole has the boundary events.
fn waited_for<'p>(
    process: &'p Process,
    element: &'p Element,
    role: Role,
) -> impl Iterator<Item = ElementIndex> + 'p {
    events_beside(process, element).filter(move |event| {
        let is_on_border = matches!(process.element(*event).kind, ElementKind::BoundaryEvent(_));
        match role {
            Role::Plain => true,
            Role::Loop => is_on_border,
            Role::Item { .. } => !is_on_border,
            Role::Path => false,
        }
    })
}
