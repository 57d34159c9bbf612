//! What messages tell an operator to do: which command allows what was refused, and raises a limit that was met.

use std::fmt::Display;

use crate::Policy;
use crate::limits::Limit;

/// The command whose options messages name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Command {
    /// `fermata worker grant`, on a host.
    #[default]
    Grant,
    /// `fermata worker run`, which has made the policy of its own options.
    Run,
}

impl Policy {
    /// `what`, which says that a job has met `limit`, and how to raise that. Every such message is made here.
    pub(crate) fn met(&self, limit: Limit, what: impl Display) -> String {
        match self.raising(limit) {
            Some(raising) => format!("{what}: {raising}"),
            None => what.to_string(),
        }
    }

    /// How to raise `limit`; nothing when it is as high as can be.
    pub(crate) fn raising(&self, limit: Limit) -> Option<String> {
        let option = match limit {
            Limit::MemoryBytes => "--memory SIZE".to_owned(),
            Limit::WallTime => "--time DURATION".to_owned(),
            Limit::CpuTime => "--cpu-time DURATION".to_owned(),
            limit => format!("--limit {limit}=NUMBER"),
        };
        let can_be_raised = self.limits.get(limit) < limit.max();
        can_be_raised.then(|| format!("raise `{limit}` with `{}`", self.with(&option)))
    }

    /// How to grant what `option` grants.
    pub(crate) fn granting(&self, option: impl Display) -> String {
        let verb = match self.command {
            Command::Grant => "grant",
            Command::Run => "allow",
        };
        format!("{verb} it with `{}`", self.with(option))
    }

    /// How to set the setting `key`.
    pub(crate) fn setting(&self, key: &str) -> String {
        format!("set it with `{}`", self.with(format_args!("--setting {key}=VALUE")))
    }

    /// How to give the secret `name` a value.
    pub(crate) fn valuing(&self, name: &str) -> String {
        match self.command {
            Command::Grant => format!("set it with `fermata secret set {name}`"),
            Command::Run => format!("set it with `--secret {name}=VALUE`"),
        }
    }

    fn with(&self, option: impl Display) -> String {
        match self.command {
            Command::Grant => format!("fermata worker grant {} {option}", self.component),
            Command::Run => option.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    #[test]
    fn every_limit_that_was_met_is_named_with_the_command_that_raises_it() {
        for limit in Limit::ALL {
            let mut limits = Limits::default();
            limits.set(limit, limit.min()).unwrap();
            let mut policy = Policy { component: "mailer".into(), limits, ..Policy::default() };
            let told = policy.met(limit, "too much");
            let start = format!("too much: raise `{limit}` with `fermata worker grant mailer --");
            assert!(told.starts_with(&start), "{told}");
            policy.command = Command::Run;
            let told = policy.met(limit, "too much");
            assert!(told.starts_with(&format!("too much: raise `{limit}` with `--")), "{told}");
            policy.limits.set(limit, limit.max()).unwrap();
            assert_eq!(policy.met(limit, "too much"), "too much");
        }
    }

    #[test]
    fn the_options_are_those_of_the_command_that_runs_the_job() {
        let mut policy = Policy { component: "mailer".into(), ..Policy::default() };
        assert_eq!(policy.granting("--host a.b"), "grant it with `fermata worker grant mailer --host a.b`");
        assert_eq!(policy.setting("url"), "set it with `fermata worker grant mailer --setting url=VALUE`");
        assert_eq!(policy.valuing("KEY"), "set it with `fermata secret set KEY`");
        policy.command = Command::Run;
        assert_eq!(policy.granting("--host a.b"), "allow it with `--host a.b`");
        assert_eq!(policy.setting("url"), "set it with `--setting url=VALUE`");
        assert_eq!(policy.valuing("KEY"), "set it with `--secret KEY=VALUE`");
    }
}
