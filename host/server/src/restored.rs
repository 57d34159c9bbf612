//! What becomes of data that came from a backup, and what its operator is told.

use anyhow::Context as _;
use api::OutlookView;
use runtime::Clock;
use serde::Serialize;
use store::Store;
use types::Timestamp;

use crate::output;

/// What was restored.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Restored {
    /// Where it is.
    pub(crate) place: String,
    /// What it is called in idempotency keys from now on.
    pub(crate) installation_id: String,
    /// When the backup was made, where that is known.
    #[serde(serialize_with = "optional_time")]
    pub(crate) backup_taken_at: Option<Timestamp>,
    /// Secrets whose key is still to be given.
    pub(crate) secrets_without_key: u64,
    /// Whether a host on it waits to be told to go on.
    pub(crate) suspended: bool,
    /// What a host on it would do by itself, if that could be counted in time.
    #[serde(flatten)]
    pub(crate) outlook: Option<OutlookView>,
}

impl Restored {
    /// Looks at what is in `store`, which is to be an installation of its own, whose host is suspended unless `resume`. `place` is
    /// what messages call it.
    pub(crate) async fn prepare(
        store: &dyn Store,
        clock: &dyn Clock,
        place: String,
        resume: bool,
    ) -> anyhow::Result<Self> {
        let installation_id = runtime::new_installation_id().context("the system gives no random numbers")?;
        let outlook = match store.outlook(clock.now()).await {
            Ok(outlook) => Some(outlook.into()),
            Err(store::Error::OutlookTooSlow { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        Ok(Self {
            place,
            installation_id,
            backup_taken_at: None,
            secrets_without_key: 0,
            suspended: !resume,
            outlook,
        })
    }

    /// Makes it so, all at once.
    pub(crate) async fn mark(&self, store: &dyn Store, clock: &dyn Clock) -> Result<(), store::Error> {
        store.mark_restored(&self.installation_id, self.suspended.then(|| clock.now())).await
    }

    /// Tells the operator what there is, what it may lead to, and what to do next.
    pub(crate) fn tell(&self) {
        let Self { place, installation_id, outlook, .. } = self;
        let as_of = self.backup_taken_at.map(|at| format!(" as of {}", output::time(at))).unwrap_or_default();
        if let Some(outlook) = outlook {
            let active = output::counted(outlook.active_instances, "active instance");
            output::line(format_args!(
                "restored in {place}{as_of}: {active}, installation {installation_id}"
            ));
            tell_outlook(outlook);
        } else {
            output::line(format_args!("restored in {place}{as_of}: installation {installation_id}"));
            output::line("What waits in it is too much to be counted in time.");
        }
        output::line(
            "The original may have done some of this after the backup was made, and vendors do not take a request\n\
             of this installation for one of the original's: what it does again, such as a payment, is done twice.",
        );
        if self.suspended {
            output::line(
                "A host on this data is suspended: it runs no jobs, hands none out and fires no timers.\n\
                 Start it, look (`fermata instances`), end what must not be done again (`fermata cancel KEY`),\n\
                 then let it go on: `fermata resume`.",
            );
        } else {
            output::line("A host on this data goes on as soon as it starts.");
        }
        if self.secrets_without_key > 0 {
            output::line(format_args!(
                "{} came back sealed, without the key: copy the original's secret.key into {place}, or give it in \
                 FERMATA_SECRET_KEY.",
                output::counted(self.secrets_without_key, "secret")
            ));
        }
    }
}

/// Tells what a host does by itself as soon as it goes on.
pub(crate) fn tell_outlook(outlook: &OutlookView) {
    let rows = outlook.jobs.iter().map(|jobs| {
        [jobs.r#type.clone(), jobs.waiting.to_string(), jobs.held.to_string(), jobs.running.to_string()]
    });
    output::table(["JOBS OF TYPE", "WAITING", "WITH WORKERS", "RUNNING"], rows.collect(), "no jobs wait");
    let timers = output::counted(outlook.timers, "timer");
    output::line(format_args!("{timers}, of which {}", due(outlook.timers_due)));
    if outlook.start_timers > 0 {
        let timers = output::counted(outlook.start_timers, "timer");
        output::line(format_args!(
            "{timers} that start instances, of which {}",
            due(outlook.start_timers_due)
        ));
    }
    if outlook.messages_expired > 0 {
        let messages = output::counted(outlook.messages_expired, "message");
        output::line(format_args!("{messages} whose time is over: nobody gets them any more"));
    }
}

fn due(count: u64) -> String {
    match count {
        0 => "none is due".to_owned(),
        1 => "1 is due".to_owned(),
        count => format!("{count} are due"),
    }
}

#[expect(clippy::ref_option, reason = "serde calls it with a reference to the field")]
fn optional_time<S: serde::Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => api::time::serialize(time, serializer),
        None => serializer.serialize_none(),
    }
}
