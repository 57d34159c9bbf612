//! What of BPMN is executed, as data that documentation is generated from.

pub use fermata_xml::Support;

/// A part of BPMN, or an extension of Camunda's to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// What a modeller calls it.
    pub name: &'static str,
    /// Whether it is executed.
    pub support: Support,
    /// Where it is in a model: names of elements, the outer one first, separated by `/`, each optionally with an
    /// attribute that it has, `subProcess[triggeredByEvent=true]`. Extensions have the prefix `zeebe:`.
    pub path: &'static str,
    /// What is worth knowing; may be empty.
    pub note: &'static str,
}

/// The parts of one kind, under their heading.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// What they are, such as `Tasks`.
    pub heading: &'static str,
    /// The parts.
    pub parts: &'static [Part],
}

/// Every part of BPMN that a model can have.
pub fn kinds() -> &'static [Kind] {
    KINDS
}

/// The parts as tables of a Markdown page.
pub fn markdown() -> String {
    let mut page = String::new();
    for Kind { heading, parts } in KINDS {
        page += &format!("\n## {heading}\n\n| what | here | in a model | note |\n|---|---|---|---|\n");
        for Part { name, support, path, note } in *parts {
            page += &format!("| {name} | {support} | `{path}` | {note} |\n");
        }
    }
    page
}

macro_rules! kinds {
    ($($heading:literal { $($name:literal: $support:ident $path:literal $(, $note:literal)?;)* })*) => {
        const KINDS: &[Kind] = &[$(Kind {
            heading: $heading,
            parts: &[$(Part {
                name: $name,
                support: Support::$support,
                path: $path,
                note: concat!($($note)?),
            }),*],
        }),*];
    };
}

kinds! {
    "Tasks and calls" {
        "service task": Supported "serviceTask/zeebe:taskDefinition", "work for a component or an external worker";
        "send task": Supported "sendTask/zeebe:taskDefinition";
        "receive task": Supported "receiveTask[messageRef]";
        "receive task that starts an instance": BeyondCamunda "receiveTask[instantiate=true]";
        "user task": Supported "userTask/zeebe:userTask";
        "user task as a job": Supported "userTask", "without `zeebe:userTask` it is a job of type `io.camunda.zeebe:userTask`";
        "script task with FEEL": Supported "scriptTask/zeebe:script";
        "script task as a job": Supported "scriptTask/zeebe:taskDefinition";
        "business rule task with a decision": Supported "businessRuleTask/zeebe:calledDecision";
        "business rule task as a job": Supported "businessRuleTask/zeebe:taskDefinition";
        "manual task": Supported "manualTask", "passed through";
        "task": Supported "task", "passed through";
        "call activity": Supported "callActivity/zeebe:calledElement";
        "choreography": Refused "choreographyTask", "Camunda refuses it too";
    }

    "Sub-processes" {
        "sub-process": Supported "subProcess";
        "event sub-process": Supported "subProcess[triggeredByEvent=true]";
        "ad-hoc sub-process": Supported "adHocSubProcess", "with a completion condition, an output collection, or led by a job worker";
        "transaction": BeyondCamunda "transaction";
    }

    "Done several times, and undone" {
        "multi-instance, at once": Supported "multiInstanceLoopCharacteristics/zeebe:loopCharacteristics[inputCollection]", "`loopCardinality` has no effect";
        "multi-instance, one after the other": Supported "multiInstanceLoopCharacteristics[isSequential=true]";
        "multi-instance with a completion condition": Supported "multiInstanceLoopCharacteristics/completionCondition";
        "standard loop": BeyondCamunda "standardLoopCharacteristics/loopCondition", "with a condition, a maximum, or both";
        "compensation handler": Supported "serviceTask[isForCompensation=true]", "the association of a compensation boundary event leads to it";
    }

    "Gateways and flows" {
        "exclusive gateway": Supported "exclusiveGateway";
        "parallel gateway": Supported "parallelGateway";
        "inclusive gateway": Supported "inclusiveGateway", "a merge waits for every token that can still come";
        "complex gateway": BeyondCamunda "complexGateway/activationCondition", "the condition sees `activationCount`";
        "event-based gateway": Supported "eventBasedGateway", "receive tasks behind it are beyond Camunda";
        "event-based gateway that starts an instance": BeyondCamunda "eventBasedGateway[instantiate=true]";
        "event-based gateway that starts an instance by all of its events": Refused "eventBasedGateway[eventGatewayType=Parallel]", "Camunda refuses it too";
        "sequence flow": Supported "sequenceFlow";
        "condition behind a gateway": Supported "sequenceFlow/conditionExpression";
        "conditional flow of an activity, and its default flow": BeyondCamunda "task[default]", "taken as those of an inclusive gateway";
        "loop without a wait state": BeyondCamunda "manualTask", "Camunda refuses a loop that never waits; here others have their turn in between";
    }

    "Start events" {
        "of a process, none": Supported "process/startEvent";
        "of a process, message": Supported "process/startEvent/messageEventDefinition";
        "of a process, timer with a date": Supported "process/startEvent/timeDate";
        "of a process, timer with a cycle": Supported "process/startEvent/timeCycle";
        "of a process, timer with a duration": BeyondCamunda "process/startEvent/timeDuration";
        "of a process, signal": Supported "process/startEvent/signalEventDefinition";
        "of a process, condition": Supported "process/startEvent/conditionalEventDefinition", "`POST /v2/conditionals/evaluation` evaluates it";
        "of an event sub-process, message": Supported "subProcess[triggeredByEvent=true]/startEvent/messageEventDefinition";
        "of an event sub-process, timer": Supported "subProcess[triggeredByEvent=true]/startEvent/timerEventDefinition";
        "of an event sub-process, signal": Supported "subProcess[triggeredByEvent=true]/startEvent/signalEventDefinition";
        "of an event sub-process, error": Supported "subProcess[triggeredByEvent=true]/startEvent/errorEventDefinition";
        "of an event sub-process, escalation": Supported "subProcess[triggeredByEvent=true]/startEvent/escalationEventDefinition";
        "of an event sub-process, condition": Supported "subProcess[triggeredByEvent=true]/startEvent/conditionalEventDefinition";
        "of an event sub-process, compensation": BeyondCamunda "subProcess[triggeredByEvent=true]/startEvent/compensateEventDefinition";
        "non-interrupting": Supported "startEvent[isInterrupting=false]";
        "multiple": BeyondCamunda "startEvent/signalEventDefinition", "several definitions: each makes it happen";
        "parallel multiple": BeyondCamunda "startEvent[parallelMultiple=true]", "several definitions: all have to happen";
        "second none start event": Refused "process/startEvent", "Camunda refuses it too";
    }

    "Intermediate catch events" {
        "message": Supported "intermediateCatchEvent/messageEventDefinition";
        "timer": Supported "intermediateCatchEvent/timerEventDefinition";
        "signal": Supported "intermediateCatchEvent/signalEventDefinition";
        "condition": Supported "intermediateCatchEvent/conditionalEventDefinition";
        "link": Supported "intermediateCatchEvent/linkEventDefinition", "names are unique within a scope; Camunda wants them unique within the process";
        "multiple and parallel multiple": BeyondCamunda "intermediateCatchEvent[parallelMultiple=true]";
    }

    "Boundary events" {
        "message": Supported "boundaryEvent/messageEventDefinition";
        "timer": Supported "boundaryEvent/timerEventDefinition";
        "signal": Supported "boundaryEvent/signalEventDefinition";
        "condition": Supported "boundaryEvent/conditionalEventDefinition";
        "error": Supported "boundaryEvent/errorEventDefinition";
        "escalation": Supported "boundaryEvent/escalationEventDefinition", "on a task, which throws none, it gives a warning";
        "compensation": Supported "boundaryEvent/compensateEventDefinition";
        "cancel": BeyondCamunda "boundaryEvent/cancelEventDefinition", "on a transaction";
        "non-interrupting": Supported "boundaryEvent[cancelActivity=false]";
        "multiple and parallel multiple": BeyondCamunda "boundaryEvent/escalationEventDefinition", "several definitions";
    }

    "Intermediate throw events" {
        "none": Supported "intermediateThrowEvent";
        "message": Supported "intermediateThrowEvent/messageEventDefinition", "work for a job worker";
        "signal": Supported "intermediateThrowEvent/signalEventDefinition";
        "escalation": Supported "intermediateThrowEvent/escalationEventDefinition";
        "compensation": Supported "intermediateThrowEvent/compensateEventDefinition";
        "compensation that is not waited for": Refused "intermediateThrowEvent/compensateEventDefinition[waitForCompletion=false]", "Camunda refuses it too";
        "link": Supported "intermediateThrowEvent/linkEventDefinition";
        "multiple": BeyondCamunda "intermediateThrowEvent/escalationEventDefinition", "several definitions";
        "implicit throw event": Refused "implicitThrowEvent", "Camunda refuses it too";
    }

    "End events" {
        "none": Supported "endEvent";
        "message": Supported "endEvent/messageEventDefinition", "work for a job worker";
        "signal": Supported "endEvent/signalEventDefinition";
        "error": Supported "endEvent/errorEventDefinition";
        "escalation": Supported "endEvent/escalationEventDefinition";
        "compensation": Supported "endEvent/compensateEventDefinition";
        "terminate": Supported "endEvent/terminateEventDefinition";
        "cancel": BeyondCamunda "endEvent/cancelEventDefinition", "directly in a transaction";
        "multiple": BeyondCamunda "endEvent/signalEventDefinition", "several definitions";
    }

    "What elements share" {
        "shared event definition": BeyondCamunda "eventDefinitionRef", "definitions of the file that several events refer to";
        "message with a correlation key": Supported "message/zeebe:subscription[correlationKey]";
        "signal, error, escalation": Supported "escalation[escalationCode]";
        "timer by cron expression": Supported "timeCycle", "six fields or a macro, in UTC; all of Spring's but `L-3`, some days before the last";
        "timer by cron expression in a time zone": BeyondCamunda "timeCycle", "`0 0 9 * * MON-FRI [Europe/Berlin]`";
    }

    "What describes" {
        "collaboration, participant": Ignored "collaboration/participant";
        "message flow": Ignored "collaboration/messageFlow";
        "lanes": Ignored "laneSet/lane";
        "documentation": Ignored "documentation";
        "text annotation, association": Ignored "textAnnotation";
        "group": Ignored "group";
        "data object": Ignored "dataObjectReference";
        "data store": Ignored "dataStoreReference";
        "data associations": Ignored "dataOutputAssociation";
        "process that is not executable": Ignored "process[isExecutable=false]", "with a warning";
    }

    "Extensions" {
        "input and output mappings": Supported "zeebe:ioMapping/zeebe:input";
        "task headers": Supported "zeebe:taskHeaders/zeebe:header", "`retryBackoff` is the wait after a failure: `PT10S`, or growing as `PT10S..PT1H`; `workerVersion` is a range of versions of the component, such as `^1.2`";
        "job priority": Supported "zeebe:jobPriorityDefinition", "of a process and of what is done by jobs";
        "linked resources": Supported "serviceTask/zeebe:linkedResources/zeebe:linkedResource[resourceId]", "of tasks that workers do";
        "linked resources of message events and ad-hoc sub-processes": Ignored "endEvent/zeebe:linkedResources/zeebe:linkedResource", "with a warning: as in Camunda, their workers are not told of them";
        "execution listeners": Supported "zeebe:executionListeners/zeebe:executionListener[eventType=start]", "`start` and `end`";
        "execution listeners for `beforeAll`": Supported "zeebe:executionListener[eventType=beforeAll]", "of multi-instance activities";
        "execution listeners for `cancel`": Supported "process/zeebe:executionListener[eventType=cancel]", "of processes";
        "task listeners": Supported "zeebe:taskListeners/zeebe:taskListener", "`creating`, `assigning`, `updating`, `completing` and `canceling`";
        "assignment, dates and priority of user tasks": Supported "userTask/zeebe:assignmentDefinition";
        "forms": Supported "zeebe:formDefinition[formId]", "linked, embedded, by key or by external reference";
        "start forms": Supported "startEvent/zeebe:formDefinition";
        "version tag": Supported "zeebe:versionTag[value]";
        "binding to the latest version, the deployment or a version tag": Supported "zeebe:calledElement[bindingType=versionTag]";
        "binding of a call to a version tag that is an expression": Supported "zeebe:calledDecision[bindingType=versionTag]", "of forms, tags are plain text";
        "business id of a called process": Supported "zeebe:calledElement[businessId]";
        "filter of a condition": Supported "zeebe:conditionalFilter";
        "properties": Ignored "zeebe:properties";
        "inbound connectors": Refused "zeebe:property[name=inbound.type]", "nothing here would deliver their messages";
    }
}
