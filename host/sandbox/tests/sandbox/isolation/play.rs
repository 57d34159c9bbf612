//! Plays cases: all in one sandbox, one after the other.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use async_trait::async_trait;
use fermata_sandbox::{Component, Config, Policy, Report, Resolve, Sandbox};
use types::{JobError, JobOutcome};

use super::case::{Guest, Open, Run, Says, fits};
use crate::support::{COMPONENT, Server, TestHost, built, config, job};

/// The secret `KEY`. No contained attack brings it to light.
const SECRET: &str = "s3cr3t-value";

pub(super) struct Stage {
    sandbox: Sandbox,
    hostile: Component,
}

/// What became of a run, as far as cases speak of it.
struct Seen {
    report: Option<Report>,
    log: Vec<String>,
    /// How it ended, in the form of [`Says`].
    ending: String,
}

impl Stage {
    pub(super) async fn new() -> Self {
        let sandbox =
            Sandbox::new(Config { resolver: Arc::new(Names), ..config() }).expect("the sandbox starts");
        let hostile = sandbox.compile(built("hostile")).await.expect("the component is accepted");
        Self { sandbox, hostile }
    }

    /// What is wrong with a case; nothing when it is as it says.
    pub(super) async fn play(&self, run: &Run) -> Vec<String> {
        let mut wrong = Vec::new();
        let site = run.site.start().await;
        let seen = self.run(run.guest, run.input, run.policy, site.as_ref()).await;
        check("contained", run.says, &seen, site.as_ref(), &mut wrong);
        let told = format!("{:?} {:?}", seen.report, seen.log);
        if told.contains(SECRET) {
            wrong.push(format!("the secret came to light: {told}"));
        }
        let arrived = site.as_ref().map_or(0, |site| site.requests().len());
        if !run.requests.fits(arrived) {
            wrong.push(format!("{arrived} requests arrived, expected {:?}", run.requests));
        }
        let (guest, input, policy, says) = match run.open {
            Open::Policy(policy, says) => (run.guest, run.input, policy, says),
            Open::Input(input, says) => (run.guest, input, run.policy, says),
            Open::Guest(made, says) => (Guest::Made(made), run.input, run.policy, says),
            Open::Test(_) | Open::Told => return wrong,
        };
        let site = run.site.start().await;
        let seen = self.run(guest, input, policy, site.as_ref()).await;
        check("open", says, &seen, site.as_ref(), &mut wrong);
        wrong
    }

    async fn run(&self, guest: Guest, input: &str, policy: &str, site: Option<&Server>) -> Seen {
        let component = match guest {
            Guest::Hostile => self.hostile.clone(),
            Guest::Made(make) => match self.sandbox.compile(make()).await {
                Ok(component) => component,
                Err(error) => {
                    return Seen { report: None, log: Vec::new(), ending: format!("refused: {error}") };
                }
            },
        };
        let input = serde_json::from_str(&filled(input, site)).expect("the input is JSON");
        let mut policy: Policy = serde_json::from_str(&filled(policy, site)).expect("the policy is one");
        policy.component = COMPONENT.to_owned();
        let host = Arc::new(TestHost::default());
        host.set_secret("KEY", SECRET);
        host.set_secret("LINES", "one\r\nx-injected: two");
        host.set_model_token(MODEL_TOKEN, "KEY");
        let memory_max = policy.limits.memory_bytes;
        let report = self.sandbox.run(&component, job(&input), Arc::new(policy), host.clone()).await;
        assert!(report.memory_peak_bytes <= memory_max, "{report:?}");
        let ending = match &report.result {
            Ok(JobOutcome::Completed(variables)) => format!("completed: {}", variables.to_json()),
            Ok(other) => format!("other: {other:?}"),
            Err(JobError::Failed(failure)) => format!("failed: {}", failure.message),
            Err(JobError::Bpmn(error)) => format!("threw: {}: {}", error.code, error.message),
        };
        let log = host.log().iter().map(|line| line.message.clone()).collect();
        Seen { report: Some(report), log, ending }
    }
}

/// A token in the job's model that stands for `KEY`.
const MODEL_TOKEN: &str = "fermata-secret-0123456789abcdef0123456789abcdef";

/// `text` with the server's address in the place of what stands for it.
fn filled(text: &str, site: Option<&Server>) -> String {
    let Some(site) = site else { return text.to_owned() };
    text.replace("{server}", &site.url(""))
        .replace("{address}", &site.address.to_string())
        .replace("{port}", &site.address.port().to_string())
}

fn check(what: &str, says: Says, seen: &Seen, site: Option<&Server>, wrong: &mut Vec<String>) {
    let pattern = filled(says.pattern(), site);
    let kind = match says {
        Says::Refused(_) => "refused: ",
        Says::Fails(_) => "failed: ",
        Says::Throws(_) => "threw: ",
        Says::Completes(_) | Says::Logs(_) => "completed: ",
    };
    let fine = match (seen.ending.strip_prefix(kind), says) {
        (Some(_), Says::Logs(_)) => seen.log.iter().any(|message| fits(&pattern, message)),
        (Some(ending), _) => fits(&pattern, ending),
        (None, _) => false,
    };
    if !fine {
        let log = format!("{:?}", seen.log);
        let (shown, log) = (shown(&seen.ending), shown(&log));
        wrong.push(format!("{what}: expected {kind}{pattern}\n      got {shown}\n      log {log}"));
    }
}

/// The beginning of a text.
fn shown(text: &str) -> &str {
    &text[..text.floor_char_boundary(600)]
}

/// Names that lead where no honest one does.
struct Names;

#[async_trait]
impl Resolve for Names {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let metadata = Ipv4Addr::new(169, 254, 169, 254);
        Ok(match name {
            "localhost" | "inside.test" | "vendor.test" => vec![Ipv4Addr::LOCALHOST.into()],
            "mixed.test" => vec![Ipv4Addr::LOCALHOST.into(), Ipv4Addr::new(1, 1, 1, 1).into()],
            "metadata.test" => vec![metadata.into()],
            "mapped.test" => vec![Ipv4Addr::LOCALHOST.to_ipv6_mapped().into()],
            "nobody.test" => vec![Ipv4Addr::UNSPECIFIED.into()],
            _ => return Err(io::Error::new(io::ErrorKind::NotFound, "no such name")),
        })
    }
}
