//! The processes that are started, each with its model and variables under `models`.

use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};

use crate::machine;

/// A process, and how a start of it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Scenario {
    /// One task
    OneTask,
    /// Ten tasks in a row
    TenTasks,
    /// Ten tasks, two timers, a gateway, 0.5 kB of variables; takes a second
    Typical,
    /// Five tasks, a sub-process, mappings, gateways, 11 kB of variables
    Realistic,
    /// Waits for a timer that is due in a year: instances are started, none ends
    Waiting,
    /// Waits for a timer that is due when its variables say
    #[value(skip)]
    Timers,
    /// One task, which is tried twenty times
    #[value(skip)]
    Canary,
}

/// How long the host is asked to hold an answer back until the instance has ended.
const AWAIT: Duration = Duration::from_secs(10 * 60);

impl Scenario {
    /// The process's id in the model.
    pub(crate) fn process_id(self) -> &'static str {
        match self {
            Self::OneTask => "one-task",
            Self::TenTasks => "ten-tasks",
            Self::Typical => "typical",
            Self::Realistic => "realistic",
            Self::Waiting => "waiting",
            Self::Timers => "timers",
            Self::Canary => "canary",
        }
    }

    /// The model's file name.
    pub(crate) fn file_name(self) -> String {
        format!("{}.bpmn", self.process_id())
    }

    /// The model.
    pub(crate) fn model(self) -> &'static str {
        match self {
            Self::OneTask => include_str!("../models/one-task.bpmn"),
            Self::TenTasks => include_str!("../models/ten-tasks.bpmn"),
            Self::Typical => include_str!("../models/typical.bpmn"),
            Self::Realistic => include_str!("../models/realistic.bpmn"),
            Self::Waiting => include_str!("../models/waiting.bpmn"),
            Self::Timers => include_str!("../models/timers.bpmn"),
            Self::Canary => include_str!("../models/canary.bpmn"),
        }
    }

    /// The variables that an instance is started with: a JSON object.
    pub(crate) fn variables(self) -> &'static str {
        match self {
            Self::OneTask | Self::TenTasks | Self::Waiting | Self::Timers | Self::Canary => {
                include_str!("../models/one-task.json").trim_end()
            }
            Self::Typical => include_str!("../models/typical.json").trim_end(),
            Self::Realistic => include_str!("../models/realistic.json").trim_end(),
        }
    }

    /// Whether an instance comes to its end by itself, and soon.
    pub(crate) fn ends(self) -> bool {
        !matches!(self, Self::Waiting | Self::Timers)
    }

    /// How long an instance waits for timers.
    pub(crate) fn waits(self) -> Duration {
        match self {
            Self::Typical => Duration::from_secs(1),
            _ => Duration::ZERO,
        }
    }

    /// Clients of a closed loop that keep a host busy.
    pub(crate) fn clients(self) -> usize {
        match self {
            // Most of them wait for the second timer.
            Self::Typical => 2_048,
            _ => 128,
        }
    }

    /// Clients of an open loop at so many starts a second: enough for a host that takes a quarter of a second longer
    /// than the timers.
    pub(crate) fn clients_at(self, per_second: f64) -> usize {
        const SLACK: Duration = Duration::from_millis(250);
        let under_way = per_second * (self.waits() + SLACK).as_secs_f64();
        (under_way.ceil() as usize).clamp(64, machine::connections_max())
    }

    /// The body of a start. It is answered when the instance has ended, if it [ends](Self::ends).
    pub(crate) fn start(self) -> anyhow::Result<String> {
        let start = json!({ "awaitCompletion": self.ends(), "requestTimeout": AWAIT.as_millis() as u64 });
        self.start_with(start)
    }

    /// The body of a start that is answered as soon as it is durable.
    pub(crate) fn start_only(self) -> anyhow::Result<String> {
        self.start_with(json!({}))
    }

    /// The body of a start with further fields.
    pub(crate) fn start_with(self, mut fields: Value) -> anyhow::Result<String> {
        fields["processDefinitionId"] = self.process_id().into();
        if fields.get("variables").is_none() {
            fields["variables"] =
                serde_json::from_str(self.variables()).with_context(|| format!("{self:?}'s variables"))?;
        }
        Ok(fields.to_string())
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::*;

    #[test]
    fn every_scenario_can_be_deployed_and_started() {
        for scenario in Scenario::value_variants().iter().chain([&Scenario::Timers, &Scenario::Canary]) {
            let parsed = bpmn::parse(scenario.model(), &bpmn::Options::new(&scenario.file_name()));
            assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
            assert_eq!(&*parsed.processes[0].id, scenario.process_id());
            let start: Value = serde_json::from_str(&scenario.start().unwrap()).unwrap();
            assert!(start["variables"].is_object(), "{start}");
        }
    }

    #[test]
    fn the_payloads_have_the_sizes_that_the_benches_name() {
        assert!((450..=550).contains(&Scenario::Typical.variables().len()));
        assert!((10_500..=11_500).contains(&Scenario::Realistic.variables().len()));
    }
}
