//! What events, calls, loops, listeners and sub-processes of the accepted models become.

mod common;

use anyhow::{Context, Result, bail, ensure};
use common::{element, index, process, triggers_of, written};
use fermata_bpmn::Process;
use fermata_bpmn::model::{
    Binding, Catch, ElementIndex, ElementKind, Form, JobTaskElement, ListenerEvent, Loop, SubProcess, Text,
    Thrown,
};

/// What the event with this id waits for.
fn catch<'p>(process: &'p Process, id: &str) -> Result<&'p Catch> {
    Ok(match &element(process, id)?.kind {
        ElementKind::StartEvent(event) => &event.catch,
        ElementKind::CatchEvent(catch) => catch,
        ElementKind::BoundaryEvent(event) => &event.catch,
        other => bail!("`{id}` is {other:?}"),
    })
}

/// What the event with this id does.
fn throws<'p>(process: &'p Process, id: &str) -> Result<&'p [Thrown]> {
    match &element(process, id)?.kind {
        ElementKind::EndEvent(event) | ElementKind::ThrowEvent(event) => Ok(&event.throws),
        other => bail!("`{id}` is {other:?}"),
    }
}

#[track_caller]
fn assert_triggers(process: &Process, id: &str, expected: &[&str]) -> Result<()> {
    assert_eq!(triggers_of(catch(process, id)?), expected, "{id}");
    Ok(())
}

#[test]
fn a_process_begins_in_many_ways() -> Result<()> {
    let process = process("start-events.bpmn")?;
    assert_eq!(process.none_start(ElementIndex::PROCESS), Some(index(&process, "Start")?));
    for (id, expected) in [
        ("Start", &[][..]),
        // No key: it starts an instance, so there is none to correlate with.
        ("Ordered", &["message ordered"]),
        ("Stopped", &["signal stop"]),
        ("Mornings", &["cycle 0 0 9 * * MON-FRI [Europe/Berlin]"]),
        ("Once", &["date 2030-01-01T00:00:00Z"]),
        ("Soon", &["duration PT5M"]),
        ("Full", &["condition stock > 100 on All of "]),
        ("Either", &["message paid", "signal other"]),
        ("Both", &["message ordered", "message paid"]),
        ("FirstCalled", &["message called"]),
    ] {
        assert_triggers(&process, id, expected)?;
    }
    ensure!(catch(&process, "Both")?.is_parallel && !catch(&process, "Either")?.is_parallel);
    let ElementKind::StartEvent(start) = &element(&process, "Start")?.kind else { bail!("no start event") };
    ensure!(
        matches!(&start.form, Some(Form::Linked { id, binding: Binding::Deployment }) if written(id) == "order")
    );
    let ElementKind::ReceiveTask(task) = &element(&process, "Received")?.kind else {
        bail!("no receive task")
    };
    ensure!(task.instantiate && task.message.correlation_key.is_none());
    let ElementKind::EventBasedGateway(gateway) = &element(&process, "First")?.kind else {
        bail!("no gateway")
    };
    ensure!(gateway.instantiate);
    assert_eq!(gateway.events, [index(&process, "FirstCalled")?, index(&process, "FirstWritten")?]);
    Ok(())
}

#[test]
fn tokens_wait_for_events() -> Result<()> {
    let process = process("waiting.bpmn")?;
    for (id, expected) in [
        ("Paid", &["message paid by orderId"][..]),
        ("Closed", &[r#"signal ="closed-" + country"#]),
        ("Enough", &["condition stock > order.amount on Update of stock+order"]),
        ("Both", &["message paid by orderId", "duration PT1H"]),
        ("Stop", &["signal stop"]),
        ("ByMessage", &["message paid by orderId"]),
    ] {
        assert_triggers(&process, id, expected)?;
    }
    let ElementKind::ReceiveTask(task) = &element(&process, "Shipped")?.kind else {
        bail!("no receive task")
    };
    assert_eq!(written(&task.message.name), r#"="shipped-" + country"#);
    ensure!(!task.instantiate && task.message.correlation_key.is_some());
    Ok(())
}

#[test]
fn events_throw() -> Result<()> {
    let process = process("throwing.bpmn")?;
    let [Thrown::Message(job)] = throws(&process, "Send")? else { bail!("no message") };
    assert_eq!(
        (job.element, written(&job.job_type), written(&job.retries)),
        (JobTaskElement::Send, "send".into(), "5".into())
    );
    assert_eq!(
        element(&process, "Send")?.inputs.iter().map(|input| written(&input.source)).collect::<Vec<_>>(),
        ["=order.customer", "=null"]
    );
    let [Thrown::Signal { name }, Thrown::Escalation { code }] = throws(&process, "Several")? else {
        bail!("not both")
    };
    assert_eq!((written(name), written(code)), ("stop".into(), "=code".into()));
    let [Thrown::Link { target }] = throws(&process, "Away")? else { bail!("no link") };
    assert_eq!(*target, index(&process, "There")?);
    ensure!(matches!(throws(&process, "Failed")?, [Thrown::Signal { .. }, Thrown::Error { .. }]));
    ensure!(matches!(throws(&process, "All")?, [Thrown::Terminate]));
    let [Thrown::Message(job)] = throws(&process, "Sent")? else { bail!("no message") };
    assert_eq!(job.priority.as_ref().map(written), Some("10".into()));
    assert_triggers(&process, "OnLate", &["escalation LATE"])?;
    assert_triggers(&process, "OnAny", &["escalation any", "error any"])
}

#[test]
fn calls_name_their_definitions() -> Result<()> {
    let process = process("calls.bpmn")?;
    assert_eq!(process.job_priority.as_ref().map(written), Some("=urgency".into()));
    let ElementKind::CallActivity(plain) = &element(&process, "Plain")?.kind else { bail!("no call") };
    ensure!(plain.propagates_parent_variables && plain.propagates_child_variables);
    assert_eq!((written(&plain.process_id), &plain.binding), ("ship".into(), &Binding::Latest));
    let ElementKind::CallActivity(full) = &element(&process, "Full")?.kind else { bail!("no call") };
    ensure!(!full.propagates_parent_variables && !full.propagates_child_variables);
    assert_eq!(full.binding, Binding::VersionTag(Text::Static("v2".into())));
    assert_eq!(full.business_id.as_ref().map(written), Some("=orderId".into()));
    let ElementKind::DecisionTask(decision) = &element(&process, "Decide")?.kind else {
        bail!("no decision")
    };
    assert_eq!(
        (written(&decision.decision_id), &*decision.result_variable, &decision.binding),
        ("risk".into(), "risk", &Binding::Deployment)
    );
    let ElementKind::DecisionTask(decision) = &element(&process, "DecideByTag")?.kind else {
        bail!("no decision")
    };
    let Binding::VersionTag(tag) = &decision.binding else { bail!("{:?}", decision.binding) };
    assert_eq!(written(tag), "=tag");
    let ElementKind::JobTask(job) = &element(&process, "DecideByJob")?.kind else { bail!("no job") };
    assert_eq!(job.element, JobTaskElement::BusinessRule);
    Ok(())
}

#[test]
fn listeners_are_in_the_models_order() -> Result<()> {
    let process = process("listeners.bpmn")?;
    let of_process: Vec<_> =
        process.element(ElementIndex::PROCESS).listeners.iter().map(|listener| listener.on).collect();
    assert_eq!(of_process, [ListenerEvent::Start, ListenerEvent::End, ListenerEvent::Cancel]);
    let ElementKind::UserTask(task) = &element(&process, "Approve")?.kind else { bail!("no user task") };
    assert_eq!(task.listeners.len(), 5);
    assert_eq!(written(&task.listeners[0].retries), "1");
    ensure!(
        matches!(&task.form, Some(Form::Linked { binding: Binding::VersionTag(tag), .. }) if written(tag) == "v3")
    );
    let listener = &element(&process, "Approve")?.listeners[0];
    assert_eq!((listener.headers.len(), written(&listener.retries)), (1, "3".into()));
    assert_eq!(element(&process, "Fork")?.listeners.len(), 1);
    Ok(())
}

#[test]
fn activities_are_done_several_times() -> Result<()> {
    let process = process("loops.bpmn")?;
    let Some(Loop::MultiInstance(each)) = &element(&process, "Each")?.loop_characteristics else {
        bail!("not several times")
    };
    ensure!(each.is_sequential && each.completion_condition.is_some() && each.output_element.is_some());
    assert_eq!(each.input_collection.text(), "order.items");
    assert_eq!(
        (each.input_element.as_deref(), each.output_collection.as_deref()),
        (Some("item"), Some("results"))
    );
    let Some(Loop::Standard(standard)) = &element(&process, "While")?.loop_characteristics else {
        bail!("not several times")
    };
    ensure!(standard.tests_before && standard.maximum == Some(10));
    assert_eq!(standard.condition.as_ref().map(|condition| condition.text()), Some("loopCounter < limit"));
    Ok(())
}

#[test]
fn event_sub_processes_belong_to_their_scope() -> Result<()> {
    let process = process("event-sub-processes.bpmn")?;
    let scope = process.element(ElementIndex::PROCESS);
    let ids: Vec<_> = scope.event_sub_processes.iter().map(|index| &*process.element(*index).id).collect();
    assert_eq!(ids, ["OnError", "OnLate", "OnPaid", "OnEmpty", "OnHour"]);
    let (start, event) =
        process.start_of_event_sub_process(index(&process, "OnPaid")?).context("no start event")?;
    assert_eq!(start, index(&process, "OnPaidStart")?);
    ensure!(!event.is_interrupting);
    assert_triggers(&process, "OnPaidStart", &["message paid by orderId"])?;
    assert_triggers(&process, "OnUndoStart", &["compensation"])?;
    assert_triggers(&process, "Cancelled", &["cancel"])?;
    ensure!(matches!(throws(&process, "Cancel")?, [Thrown::Cancel]));
    let kind = &element(&process, "Transaction")?.kind;
    ensure!(matches!(kind, ElementKind::SubProcess(SubProcess::Transaction)));
    Ok(())
}

#[test]
fn handlers_belong_to_what_they_undo() -> Result<()> {
    let process = process("compensation.bpmn")?;
    let book = element(&process, "Book")?;
    let compensation = book.compensation.context("no compensation")?;
    assert_eq!(compensation.event, index(&process, "OnUndoBook")?);
    assert_eq!(compensation.handler, index(&process, "Cancel")?);
    assert_eq!(book.boundary_events, [index(&process, "Late")?]);
    ensure!(element(&process, "Cancel")?.is_for_compensation && !book.is_for_compensation);
    ensure!(matches!(throws(&process, "Undo")?, [Thrown::Compensation { activity: Some(activity) }]
            if *activity == index(&process, "Book")?));
    ensure!(matches!(throws(&process, "UndoAll")?, [Thrown::Compensation { activity: None }]));
    Ok(())
}

#[test]
fn activities_of_an_ad_hoc_sub_process_have_no_incoming_flow() -> Result<()> {
    let process = process("ad-hoc.bpmn")?;
    let ElementKind::SubProcess(SubProcess::AdHoc(free)) = &element(&process, "Free")?.kind else {
        bail!("not ad hoc")
    };
    assert_eq!(free.activities, [index(&process, "A")?, index(&process, "C")?]);
    ensure!(!free.cancels_remaining && free.job.is_none() && free.active_elements.is_some());
    let ElementKind::SubProcess(SubProcess::AdHoc(led)) = &element(&process, "Led")?.kind else {
        bail!("not ad hoc")
    };
    ensure!(led.cancels_remaining);
    assert_eq!(led.job.as_ref().map(|job| job.element), Some(JobTaskElement::AdHocSubProcess));
    Ok(())
}

#[test]
fn merges_know_from_where_tokens_can_come() -> Result<()> {
    let process = process("inclusive-gateways.bpmn")?;
    let merge = index(&process, "Merge")?;
    let flow = |id: &str| process.flow_by_id(id).with_context(|| format!("no flow `{id}`"));
    let upstream = |id: &str| -> Result<Vec<&str>> {
        let flow = flow(id)?;
        let elements = process.elements().filter(|(at, _)| process.can_still_come(merge, flow, *at));
        Ok(elements.map(|(_, element)| &*element.id).collect())
    };
    // From `Again`, behind the merge, a token can come back over `B` only.
    assert_eq!(upstream("Flow_A2")?, ["Start", "Choose", "A"]);
    assert_eq!(upstream("Flow_B2")?, ["Start", "Choose", "B", "Again"]);
    assert_eq!(upstream("Flow_C2")?, ["Start", "Choose", "A", "Late", "C", "Away", "There"]);
    ensure!(process.can_still_come_from_flow(merge, flow("Flow_B2")?, flow("Flow_Back")?));
    ensure!(!process.can_still_come_from_flow(merge, flow("Flow_A2")?, flow("Flow_Back")?));
    ensure!(process.can_still_come_from_flow(merge, flow("Flow_B2")?, flow("Flow_B2")?), "it is there");
    ensure!(!process.can_still_come_from_flow(merge, flow("Flow_C2")?, flow("Flow_B2")?));
    ensure!(!process.can_still_come(merge, flow("Flow_A2")?, ElementIndex::PROCESS));
    Ok(())
}

#[test]
fn activities_and_gateways_choose() -> Result<()> {
    let process = process("inclusive-gateways.bpmn")?;
    assert_eq!(element(&process, "A")?.default_flow, process.flow_by_id("Flow_A2"));
    let ElementKind::InclusiveGateway { default } = element(&process, "Choose")?.kind else {
        bail!("no inclusive gateway")
    };
    assert_eq!(default, process.flow_by_id("Flow_C"));
    let ElementKind::ComplexGateway(gateway) = &element(&process, "TwoOfThree")?.kind else {
        bail!("no complex gateway")
    };
    assert_eq!(gateway.default, process.flow_by_id("Flow_8"));
    let condition = gateway.activation_condition.as_ref().map(|condition| condition.text());
    assert_eq!(condition, Some("activationCount >= 2"));
    Ok(())
}
