//! Which element of a process an instance of another version's element can go on as.

use std::mem::discriminant;

use bpmn::model::{Catch, Element, ElementKind, Loop, SubProcess, Throw};

/// Says why an instance of `old` cannot go on as one of `new`.
pub(super) fn check(old: &Element, new: &Element) -> Result<(), &'static str> {
    if discriminant(&old.kind) != discriminant(&new.kind) || old.kind.type_name() != new.kind.type_name() {
        return Err("it is another kind of element there");
    }
    if !loops_alike(old.loop_characteristics.as_ref(), new.loop_characteristics.as_ref()) {
        return Err("it is done several times in another way there");
    }
    if old.is_for_compensation != new.is_for_compensation {
        return Err("only one of them undoes another activity");
    }
    match (&old.kind, &new.kind) {
        (ElementKind::StartEvent(old), ElementKind::StartEvent(new)) => {
            if old.is_interrupting != new.is_interrupting {
                return Err("only one of them interrupts");
            }
            catches_alike(&old.catch, &new.catch)
        }
        (ElementKind::BoundaryEvent(old), ElementKind::BoundaryEvent(new)) => {
            if old.interrupting != new.interrupting {
                return Err("only one of them interrupts");
            }
            catches_alike(&old.catch, &new.catch)
        }
        (ElementKind::CatchEvent(old), ElementKind::CatchEvent(new)) => catches_alike(old, new),
        (ElementKind::EndEvent(old), ElementKind::EndEvent(new))
        | (ElementKind::ThrowEvent(old), ElementKind::ThrowEvent(new)) => throws_alike(old, new),
        (ElementKind::UserTask(old), ElementKind::UserTask(new)) => {
            match old.implementation == new.implementation {
                true => Ok(()),
                false => Err("one is a job, and the other is managed by the engine"),
            }
        }
        (
            ElementKind::SubProcess(SubProcess::AdHoc(old)),
            ElementKind::SubProcess(SubProcess::AdHoc(new)),
        ) => match old.job.is_some() == new.job.is_some() {
            true => Ok(()),
            false => Err("a job worker says what is activated in only one of them"),
        },
        _ => Ok(()),
    }
}

fn loops_alike(old: Option<&Loop>, new: Option<&Loop>) -> bool {
    match (old, new) {
        (None, None) | (Some(Loop::Standard(_)), Some(Loop::Standard(_))) => true,
        (Some(Loop::MultiInstance(old)), Some(Loop::MultiInstance(new))) => {
            old.is_sequential == new.is_sequential
        }
        _ => false,
    }
}

fn catches_alike(old: &Catch, new: &Catch) -> Result<(), &'static str> {
    let kinds = |catch: &Catch| catch.triggers.iter().map(discriminant).collect::<Vec<_>>();
    match old.is_parallel == new.is_parallel && kinds(old) == kinds(new) {
        true => Ok(()),
        false => Err("it waits for something else there"),
    }
}

fn throws_alike(old: &Throw, new: &Throw) -> Result<(), &'static str> {
    let kinds = |throw: &Throw| throw.throws.iter().map(discriminant).collect::<Vec<_>>();
    match kinds(old) == kinds(new) {
        true => Ok(()),
        false => Err("it does something else there"),
    }
}
