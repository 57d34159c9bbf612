//! What the accepted models become.

mod common;

use anyhow::{Context, Result, bail, ensure};
use common::{element, process, read, triggers_of, written};
use fermata_bpmn::model::{
    ElementIndex, ElementKind, Form, JobTask, JobTaskElement, Mapping, Throw, Thrown, UserTask,
    UserTaskImplementation,
};
use fermata_bpmn::{Options, Process};

fn job_task<'p>(process: &'p Process, id: &str) -> Result<&'p JobTask> {
    match &element(process, id)?.kind {
        ElementKind::JobTask(task) => Ok(task),
        other => bail!("`{id}` is {other:?}"),
    }
}

fn user_task<'p>(process: &'p Process, id: &str) -> Result<&'p UserTask> {
    match &element(process, id)?.kind {
        ElementKind::UserTask(task) => Ok(task),
        other => bail!("`{id}` is {other:?}"),
    }
}

fn mappings(mappings: &[Mapping]) -> Vec<(String, String)> {
    mappings.iter().map(|mapping| (written(&mapping.source), mapping.target.join("."))).collect()
}

fn owned<const N: usize>(pairs: [(&str, &str); N]) -> Vec<(String, String)> {
    pairs.map(|(first, second)| (first.to_owned(), second.to_owned())).to_vec()
}

#[test]
fn a_process_lists_itself_and_its_elements_in_document_order() -> Result<()> {
    let process = process("tasks.bpmn")?;
    assert_eq!((&*process.id, process.name.as_deref()), ("tasks", Some("All kinds of task")));
    assert_eq!(process.version_tag.as_deref(), Some("v1.2"));
    let types: Vec<_> = process
        .elements()
        .map(|(_, element)| format!("{} {}", element.kind.type_name(), element.id))
        .collect();
    assert_eq!(
        types,
        [
            "PROCESS tasks",
            "START_EVENT Start",
            "SERVICE_TASK Service",
            "SEND_TASK Send",
            "SCRIPT_TASK Script",
            "SCRIPT_TASK JobScript",
            "MANUAL_TASK Manual",
            "TASK Undefined",
            "END_EVENT End",
        ]
    );
    for (index, element) in process.elements() {
        assert_eq!(process.element_by_id(&element.id), Some(index));
        assert_eq!(element.parent, ElementIndex::PROCESS);
    }
    Ok(())
}

#[test]
fn flows_and_elements_refer_to_each_other() -> Result<()> {
    for model in ["tasks.bpmn", "gateways.bpmn", "events.bpmn", "sub-processes.bpmn"] {
        let process = process(model)?;
        for (index, flow) in process.flows() {
            assert_eq!(process.flow_by_id(&flow.id), Some(index));
            ensure!(process.element(flow.source).outgoing.contains(&index), "{model}: {}", flow.id);
            ensure!(process.element(flow.target).incoming.contains(&index), "{model}: {}", flow.id);
        }
        let ends: usize =
            process.elements().map(|(_, element)| element.incoming.len() + element.outgoing.len()).sum();
        assert_eq!(ends, 2 * process.flows().len(), "{model}");
    }
    Ok(())
}

#[test]
fn a_job_task_has_type_retries_headers_and_mappings() -> Result<()> {
    let process = process("tasks.bpmn")?;
    let service = job_task(&process, "Service")?;
    assert_eq!((written(&service.job_type), written(&service.retries)), ("charge-card".into(), "5".into()));
    let headers: Vec<_> =
        service.headers.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
    let error_expression = r#"if error.code = "402" then bpmnError("DECLINED", "declined") else null"#;
    let expected = owned([
        ("currency", "EUR"),
        ("resultVariable", "response"),
        ("resultExpression", "={receipt: response.body.id}"),
        ("errorExpression", error_expression),
    ]);
    assert_eq!(headers, expected);
    assert_eq!(service.response.result_variable.as_deref(), Some("response"));
    let text =
        |expression: &Option<feel::Expression>| expression.as_ref().map(|found| found.text().to_owned());
    assert_eq!(text(&service.response.result_expression).as_deref(), Some("{receipt: response.body.id}"));
    assert_eq!(text(&service.response.error_expression).as_deref(), Some(error_expression));
    let service = element(&process, "Service")?;
    assert_eq!(service.name.as_deref(), Some("Charge\ncard"));
    assert_eq!(
        mappings(&service.inputs),
        owned([("=order.total", "amount"), ("noAuth", "authentication.type")])
    );
    assert_eq!(mappings(&service.outputs), owned([("=receipt", "order.receipt")]));

    let send = job_task(&process, "Send")?;
    assert_eq!(
        (written(&send.job_type), written(&send.retries)),
        (r#"="send-" + channel"#.into(), "=attempts".into())
    );
    let script = job_task(&process, "JobScript")?;
    assert_eq!((script.element, written(&script.retries)), (JobTaskElement::Script, "3".into()));
    Ok(())
}

#[test]
fn a_job_task_may_say_how_long_to_wait_after_a_failure() -> Result<()> {
    let process = process("connector-expressions.bpmn")?;
    let backoff = |id| job_task(&process, id).map(|task| task.retry_backoff.as_ref().map(written));
    assert_eq!(backoff("Call")?.as_deref(), Some("PT10S"));
    assert_eq!(backoff("Work")?.as_deref(), Some("=pause"));
    let header = &job_task(&process, "Work")?.headers[0];
    assert_eq!((&*header.0, &*header.1), ("retryBackoff", "=pause"), "the worker sees it too");
    Ok(())
}

#[test]
fn a_script_task_has_an_expression_and_a_result_variable() -> Result<()> {
    let process = process("tasks.bpmn")?;
    match &element(&process, "Script")?.kind {
        ElementKind::ScriptTask(script) => {
            assert_eq!((script.expression.text(), &*script.result_variable), ("amount * 2", "doubled"));
            Ok(())
        }
        other => bail!("{other:?}"),
    }
}

#[test]
fn user_tasks_are_managed_or_jobs() -> Result<()> {
    let process = process("user-tasks.bpmn")?;
    let managed = user_task(&process, "Managed")?;
    assert_eq!(managed.implementation, UserTaskImplementation::Managed);
    let texts = [
        &managed.assignee,
        &managed.candidate_groups,
        &managed.candidate_users,
        &managed.due_date,
        &managed.follow_up_date,
        &managed.priority,
    ]
    .map(|text| text.as_ref().map(written).unwrap_or_default());
    assert_eq!(
        texts,
        [
            "=approver",
            "sales, support",
            r#"=["ann", "bob"]"#,
            r#"=now() + duration("P1D")"#,
            "2030-01-01T00:00:00Z",
            "80"
        ]
    );
    ensure!(
        matches!(&managed.form, Some(Form::Key(key)) if written(key) == "camunda-forms:bpmn:Form_Approve")
    );
    ensure!(managed.headers == [("area".into(), "billing".into())]);

    let job = user_task(&process, "Job")?;
    assert_eq!(job.implementation, UserTaskImplementation::Job);
    ensure!(matches!(&job.form, Some(Form::Key(key)) if written(key) == "custom:form"));
    let external = user_task(&process, "External")?;
    ensure!(matches!(&external.form, Some(Form::External(_))) && external.assignee.is_none());
    ensure!(user_task(&process, "Plain")?.form.is_none());
    Ok(())
}

#[test]
fn embedded_forms_keep_their_json() -> Result<()> {
    let process = process("user-tasks.bpmn")?;
    let forms: Vec<_> = process.forms.iter().map(|(id, form)| (&**id, &**form)).collect();
    assert_eq!(
        forms,
        [
            (
                "Form_Approve",
                r#"{ "type": "default", "components": [{ "type": "checkbox", "key": "approved", "label": "Fish & chips?" }] }"#
            ),
            ("Form_Other", r#"{ "type": "default", "components": [] }"#),
        ]
    );
    Ok(())
}

#[test]
fn exclusive_gateways_choose_by_condition_or_default() -> Result<()> {
    let process = process("gateways.bpmn")?;
    let choose = element(&process, "Choose")?;
    let ElementKind::ExclusiveGateway { default } = choose.kind else { bail!("{:?}", choose.kind) };
    assert_eq!(default, process.flow_by_id("Flow_Small"));
    let conditions: Vec<_> = choose
        .outgoing
        .iter()
        .map(|flow| process.flow(*flow).condition.as_ref().map(|condition| condition.text().to_owned()))
        .collect();
    assert_eq!(
        conditions,
        [None, Some("amount > 1000".to_owned()), Some(" amount > 1000000 and amount < 2000000".to_owned())]
    );
    assert_eq!(element(&process, "Join")?.incoming.len(), 2);
    Ok(())
}

#[test]
fn events_have_their_triggers() -> Result<()> {
    let process = process("events.bpmn")?;
    let work = element(&process, "Work")?;
    let attached: Vec<_> = work.boundary_events.iter().map(|event| &*process.element(*event).id).collect();
    assert_eq!(attached, ["Declined", "AnyError", "Reminder", "Deadline"]);
    let mut triggers = Vec::new();
    for index in &work.boundary_events {
        let ElementKind::BoundaryEvent(event) = &process.element(*index).kind else {
            bail!("no boundary event")
        };
        assert_eq!(Some(event.attached_to), process.element_by_id("Work"));
        let trigger = triggers_of(&event.catch).join(" ");
        triggers.push((trigger, event.interrupting));
    }
    assert_eq!(
        triggers,
        [
            ("error DECLINED".to_owned(), true),
            ("error any".to_owned(), true),
            ("cycle R3/PT10S".to_owned(), false),
            ("date 2030-01-01T00:00:00+01:00[Europe/Berlin]".to_owned(), true),
        ]
    );
    let declined = element(&process, "Declined")?;
    assert_eq!(mappings(&declined.outputs), owned([("=reason", "declined.reason")]));

    for (id, code) in [("Failed", "DECLINED"), ("FailedDynamically", "=code")] {
        let kind = &element(&process, id)?.kind;
        ensure!(matches!(kind, ElementKind::EndEvent(Throw { throws })
                if matches!(&throws[..], [Thrown::Error { code: found }] if written(found) == code)));
    }
    ensure!(
        matches!(&element(&process, "End")?.kind, ElementKind::EndEvent(event) if event.throws.is_empty())
    );
    ensure!(
        matches!(&element(&process, "Passed")?.kind, ElementKind::ThrowEvent(event) if event.throws.is_empty())
    );
    let ElementKind::CatchEvent(wait) = &element(&process, "Wait")?.kind else { bail!("no catch event") };
    assert_eq!(triggers_of(wait), ["duration P7D"]);
    Ok(())
}

#[test]
fn sub_processes_are_scopes() -> Result<()> {
    let process = process("sub-processes.bpmn")?;
    let index = |id: &str| process.element_by_id(id);
    assert_eq!(Some(element(&process, "Inner")?.parent), index("Outer"));
    assert_eq!(Some(element(&process, "InnerEnd")?.parent), index("Inner"));
    assert_eq!(process.none_start(ElementIndex::PROCESS), index("Start"));
    let inner = index("Inner").context("no `Inner`")?;
    assert_eq!(process.none_start(inner), index("InnerStart"));
    assert_eq!(mappings(&element(&process, "Outer")?.inputs), owned([("=1", "level")]));
    Ok(())
}

#[test]
fn a_file_can_hold_several_processes() -> Result<()> {
    let parsed = read("collaboration.bpmn", Options::new("collaboration.bpmn"))?;
    let ids: Vec<_> = parsed.processes.iter().map(|process| &*process.id).collect();
    assert_eq!(ids, ["shop", "carrier"]);
    Ok(())
}

#[test]
fn secrets_of_the_models_own_text_become_tokens() -> Result<()> {
    let token = |name: &str| format!("<{name} \"\\>");
    let options = Options { resource: "secrets.bpmn", secret_token: Some(&token) };
    let parsed = read("secrets.bpmn", options)?;
    assert_eq!(
        parsed.secrets.iter().collect::<Vec<_>>(),
        ["HOOK", "OTHER_KEY", "RESULT", "SENDGRID_API_KEY", "crm_token_1"]
    );
    let process = parsed.processes.first().context("no process")?;
    assert_eq!(process.name.as_deref(), Some("{{secrets.NOT_A_VALUE}}"), "names are shown to people");
    let expected = owned([
        (r#"<SENDGRID_API_KEY "\>"#, "apiKey"),
        (r#"="Bearer <crm_token_1 \"\\>""#, "authorization"),
        ("Hello {{customer.name}}", "greeting"),
        (r#"={key: "<OTHER_KEY \"\\>"}"#, "other"),
        ("secrets.OLD_KEY", "old"),
        (r#"="Bearer secrets.OLD_TOKEN""#, "older"),
        ("=secrets.variable", "data"),
    ]);
    assert_eq!(mappings(&element(process, "Mail")?.inputs), expected);
    let mail = job_task(process, "Mail")?;
    ensure!(&*mail.headers[0].1 == r#"https://example.com/<HOOK "\>"#);
    let result = mail.response.result_expression.as_ref().context("no result expression")?;
    assert_eq!(result.text(), r#"{key: "<RESULT \"\\>"}"#);
    Ok(())
}

#[test]
fn without_tokens_secrets_stay_as_written() -> Result<()> {
    let parsed = read("secrets.bpmn", Options::new("secrets.bpmn"))?;
    assert_eq!(parsed.secrets.len(), 5);
    let process = parsed.processes.first().context("no process")?;
    let inputs = mappings(&element(process, "Mail")?.inputs);
    assert_eq!(inputs[0].0, "{{secrets.SENDGRID_API_KEY}}");
    assert_eq!(inputs[1].0, r#"="Bearer {{ secrets.crm_token_1 }}""#);
    Ok(())
}
