//! The models of the histories: those of the engine's scenarios, and one that has a bit of everything.

/// A model and what is known of it.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    /// The file.
    pub file: &'static str,
    /// Its content.
    pub xml: &'static str,
    /// Variables that instances start with; some of them lead to incidents.
    pub starts: &'static [&'static str],
    /// The types of its jobs.
    pub job_types: &'static [&'static str],
}

macro_rules! scenario {
    ($file:literal, $starts:expr, $job_types:expr) => {
        Model {
            file: $file,
            xml: include_str!(concat!("../../models/scenarios/", $file)),
            starts: &$starts,
            job_types: &$job_types,
        }
    };
}

/// Variables with which an operator puts right whatever has stopped an instance of any of the models.
pub(crate) const REPAIR: &str = r#"{"x": 1, "amount": 5, "customer": {"vip": false}, "cycle": "R2/PT10S",
    "other": "R1/PT10S", "ready": true, "times": 2, "interval": "PT20S", "pause": "PT5S",
    "order": {"total": 1}, "boss": "mary", "price": 10, "odd": false, "a": 1, "b": 2}"#;

/// All models.
pub const MODELS: [Model; 19] = [
    scenario!("one-task.bpmn", ["{}", r#"{"a": 1}"#], ["work"]),
    scenario!("errors.bpmn", [r#"{"amount": 7}"#], ["charge", "ask", "alarm"]),
    scenario!("timers.bpmn", ["{}"], ["wait-for-it", "escalate", "remind"]),
    scenario!(
        "timers-cycle.bpmn",
        [r#"{"cycle": "R3/PT10S", "other": "R2/PT1M"}"#, r#"{"cycle": "R2/PT1S", "other": 5}"#],
        ["work"]
    ),
    scenario!(
        "timers-delayed.bpmn",
        [
            r#"{"ready": true, "times": 3, "interval": "PT20S"}"#,
            r#"{"ready": false, "times": 2, "interval": "PT1S"}"#
        ],
        ["work"]
    ),
    scenario!("parallel.bpmn", ["{}"], ["a", "b", "c"]),
    scenario!(
        "sub-process.bpmn",
        [r#"{"amount": 4, "bad": false, "added": 1}"#],
        ["left", "right", "after", "repair"]
    ),
    scenario!("retry-backoff.bpmn", [r#"{"pause": "PT5S"}"#, "{}"], ["fixed", "computed", "none"]),
    scenario!("no-default.bpmn", [r#"{"x": 1}"#, r#"{"x": 2}"#, r#"{"x": 3}"#], ["a", "b"]),
    scenario!(
        "exclusive.bpmn",
        [r#"{"amount": 50, "customer": {"vip": true}}"#, r#"{"amount": 500}"#, "{}"],
        ["cheap", "dear", "vip"]
    ),
    scenario!("mappings.bpmn", [r#"{"order": {"total": 7}}"#], ["map"]),
    scenario!("pause.bpmn", [r#"{"pause": "PT30S"}"#, r#"{"pause": "PT0S"}"#, "{}"], []),
    scenario!("loop.bpmn", [r#"{"n": 0, "limit": 5}"#, r#"{"n": 0, "limit": 600}"#], []),
    scenario!(
        "bound.bpmn",
        [r#"{"n": 0, "limit": 3, "odd": true}"#, r#"{"n": 0, "limit": 499, "odd": false}"#],
        []
    ),
    scenario!("user-tasks.bpmn", [r#"{"boss": "mary"}"#, "{}"], ["io.camunda.zeebe:userTask"]),
    scenario!("connector.bpmn", ["{}"], ["http"]),
    scenario!("tasks.bpmn", [r#"{"a": 1, "b": 2}"#], ["send-mail", "legacy"]),
    Model {
        file: "order.bpmn",
        xml: include_str!("../models/order.bpmn"),
        starts: &[r#"{"amount": 3, "bad": false}"#, r#"{"amount": 3, "bad": true}"#],
        job_types: &["pick", "nudge", "refund", "repair"],
    },
    Model {
        file: "trade.bpmn",
        xml: include_str!("../models/trade.bpmn"),
        starts: &[r#"{"order": "0"}"#, r#"{"order": "1"}"#],
        job_types: &["carry"],
    },
];
