//! The page with all figures.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeCounterValue, EncodeGaugeValue, MetricEncoder, NoLabelSet, prometheus_text, text,
};
use prometheus_client::registry::Registry;
use runtime::{Distribution, RuntimeFigures};
use types::{SharedStr, TenantId};

use super::catalog::{self, Metric};
use super::format::Format;
use super::http::{CLASSES, HttpCounts};
use super::process::ProcessFigures;
use crate::platform::{AttemptEnd, OTHERS, VersionFigures};

/// Upper bounds of the histograms, in microseconds. What is counted is finer; these are bounds of it.
const BUCKETS_US: [u64; 20] = [
    100,
    250,
    500,
    1_000,
    2_500,
    5_000,
    10_000,
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    500_000_000,
];

/// All figures at one moment.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) version: &'static str,
    pub(super) process: ProcessFigures,
    pub(super) runtime: RuntimeFigures,
    pub(super) versions: Vec<VersionFigures>,
    pub(super) http: HttpCounts,
}

impl Page {
    /// The figures as text.
    pub(super) fn write(self, format: Format) -> Result<String, fmt::Error> {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(self));
        let mut text = String::new();
        match format {
            Format::Prometheus => prometheus_text::encode(&mut text, &registry)?,
            Format::OpenMetrics => text::encode(&mut text, &registry)?,
        }
        Ok(text)
    }
}

impl Collector for Page {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        self.host(&mut encoder)?;
        self.attempts(&mut encoder)?;
        self.jobs(&mut encoder)?;
        self.engine(&mut encoder)?;
        self.http(&mut encoder)
    }
}

impl Page {
    fn host(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let mut build =
            encoder.encode_descriptor(catalog::BUILD.name, catalog::BUILD.help, None, catalog::BUILD.kind)?;
        build.encode_info(&[("version", self.version)])?;
        let since = self.runtime.since.as_millis() as f64 / 1e3;
        family(encoder, catalog::START_TIME)?.gauge([], since)?;
        if let Some(cpu) = self.process.cpu {
            family(encoder, catalog::PROCESS_CPU)?.counter([], cpu.as_secs_f64())?;
        }
        if let Some(bytes) = self.process.resident_bytes {
            family(encoder, catalog::PROCESS_MEMORY)?.gauge([], bytes)?;
        }
        Ok(())
    }

    fn attempts(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let mut attempts = family(encoder, catalog::ATTEMPTS)?;
        for VersionFigures { tenant, component, version, figures } in &self.versions {
            for end in AttemptEnd::ALL {
                attempts.counter([tenant.as_str(), component, version, end.name()], figures.ended(end))?;
            }
        }
        let mut times = family(encoder, catalog::ATTEMPT_TIMES)?;
        for (labels, version) in self.labelled() {
            times.histogram(labels, &version.figures.times)?;
        }
        let mut cpu = family(encoder, catalog::ATTEMPT_CPU)?;
        for (labels, version) in self.labelled() {
            cpu.counter(labels, version.figures.cpu.as_secs_f64())?;
        }
        let mut memory = family(encoder, catalog::ATTEMPT_MEMORY)?;
        for (labels, version) in self.labelled() {
            memory.gauge(labels, version.figures.memory_peak_bytes)?;
        }
        let mut running = family(encoder, catalog::RUNNING)?;
        for (labels, version) in self.labelled() {
            running.gauge(labels, version.figures.running)?;
        }
        Ok(())
    }

    fn labelled(&self) -> impl Iterator<Item = ([&str; 3], &VersionFigures)> {
        self.versions
            .iter()
            .map(|version| ([version.tenant.as_str(), &*version.component, &*version.version], version))
    }

    fn jobs(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let mut queued = family(encoder, catalog::QUEUED)?;
        for ((tenant, component), jobs) in queued_by_component(&self.versions, &self.runtime.queued) {
            queued.gauge([tenant, component], jobs)?;
        }
        family(encoder, catalog::PLACES)?.gauge([], self.runtime.places)?;
        family(encoder, catalog::PLACES_TAKEN)?.gauge([], self.runtime.places_taken)?;
        family(encoder, catalog::BEHIND)?.gauge([], self.runtime.partitions_behind)?;
        let mut activated = family(encoder, catalog::ACTIVATED)?;
        let others = self.runtime.activated_others;
        for (job_type, jobs) in &self.runtime.activated {
            // A type that is really called so cannot have a line of its own beside theirs.
            let more = if **job_type == *OTHERS { others } else { 0 };
            activated.counter([&**job_type], jobs + more)?;
        }
        if others > 0 && !self.runtime.activated.contains_key(OTHERS) {
            activated.counter([OTHERS], others)?;
        }
        Ok(())
    }

    fn engine(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let runtime = &self.runtime;
        for (metric, count) in [
            (catalog::STARTED, runtime.instances_started),
            (catalog::COMPLETED, runtime.instances_completed),
            (catalog::TERMINATED, runtime.instances_terminated),
            (catalog::INCIDENTS, runtime.incidents_opened),
            (catalog::RESOLVED, runtime.incidents_resolved),
            (catalog::COMMANDS, runtime.commands),
        ] {
            family(encoder, metric)?.counter([], count)?;
        }
        let mut inbox = family(encoder, catalog::INBOX)?;
        inbox.gauge(["clients"], runtime.waiting_of_clients)?;
        inbox.gauge(["host"], runtime.waiting_of_host)?;
        let mut commits = family(encoder, catalog::COMMITS)?;
        commits.counter(["written"], runtime.commits)?;
        commits.counter(["failed"], runtime.commits_failed)?;
        family(encoder, catalog::COMMIT_TIMES)?.histogram([], &runtime.commit_times)?;
        if let Some(connections) = &runtime.read_connections {
            let mut states = family(encoder, catalog::CONNECTIONS)?;
            states.gauge(["in_use"], connections.in_use)?;
            states.gauge(["idle"], connections.idle)?;
            states.gauge(["limit"], connections.limit)?;
        }
        Ok(())
    }

    fn http(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let mut responses = family(encoder, catalog::RESPONSES)?;
        for (class, count) in CLASSES.into_iter().zip(self.http.by_class) {
            responses.counter([class], count)?;
        }
        let mut turned_away = family(encoder, catalog::TURNED_AWAY)?;
        turned_away.counter(["commands"], self.runtime.refused_for_commands)?;
        turned_away.counter(["command_bytes"], self.runtime.refused_for_bytes)?;
        turned_away.counter(["body_bytes"], self.http.refused_for_bodies)
    }
}

/// A metric with its lines on the page.
struct Family<'e> {
    metric: &'static Metric,
    encoder: MetricEncoder<'e>,
}

fn family<'e>(
    encoder: &'e mut DescriptorEncoder<'_>,
    metric: &'static Metric,
) -> Result<Family<'e>, fmt::Error> {
    let encoder = encoder.encode_descriptor(metric.name, metric.help, None, metric.kind)?;
    Ok(Family { metric, encoder })
}

impl Family<'_> {
    /// One value for each label of the metric.
    fn line<const LABELS: usize>(
        &mut self,
        values: [&str; LABELS],
        write: impl FnOnce(&mut MetricEncoder<'_>) -> fmt::Result,
    ) -> fmt::Result {
        if LABELS == 0 {
            return write(&mut self.encoder);
        }
        let labels: Vec<(&str, &str)> = self.metric.labels.iter().copied().zip(values).collect();
        write(&mut self.encoder.encode_family(&labels)?)
    }

    fn counter<const LABELS: usize>(
        &mut self,
        labels: [&str; LABELS],
        value: impl EncodeCounterValue,
    ) -> fmt::Result {
        self.line(labels, |line| line.encode_counter::<NoLabelSet, _, f64>(&value, None))
    }

    fn gauge<const LABELS: usize>(
        &mut self,
        labels: [&str; LABELS],
        value: impl EncodeGaugeValue,
    ) -> fmt::Result {
        self.line(labels, |line| line.encode_gauge(&value))
    }

    fn histogram<const LABELS: usize>(
        &mut self,
        labels: [&str; LABELS],
        times: &Distribution,
    ) -> fmt::Result {
        let mut before = 0;
        let mut buckets = Vec::with_capacity(BUCKETS_US.len() + 1);
        for bound in BUCKETS_US {
            let up_to = times.up_to(Duration::from_micros(bound));
            buckets.push((bound as f64 / 1e6, up_to - before));
            before = up_to;
        }
        let count = times.count();
        buckets.push((f64::INFINITY, count - before));
        let sum = times.sum().as_secs_f64();
        self.line(labels, |line| line.encode_histogram::<NoLabelSet>(sum, count, &buckets, None))
    }
}

/// Jobs that wait, by tenant and component. Components have lines of their own as long as versions of them have, so that a
/// line does not go when nothing waits.
fn queued_by_component<'a>(
    versions: &'a [VersionFigures],
    queued: &'a BTreeMap<(TenantId, SharedStr), usize>,
) -> BTreeMap<(&'a str, &'a str), usize> {
    let named = versions.iter().map(|of| ((of.tenant.as_str(), &*of.component), 0));
    let mut by_component: BTreeMap<_, _> = named.collect();
    for ((tenant, component), jobs) in queued {
        match by_component.get_mut(&(tenant.as_str(), &**component)) {
            Some(own) => *own += jobs,
            None => *by_component.entry((OTHERS, OTHERS)).or_default() += jobs,
        }
    }
    by_component
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::AttemptFigures;

    #[test]
    fn components_whose_versions_have_names_have_a_line_of_jobs_that_wait() {
        let versions = [("echo", "1.0.0"), ("echo", "2.0.0"), ("pay", "1.0.0")];
        let versions = versions.map(|(component, version)| VersionFigures {
            tenant: TenantId::default(),
            component: component.into(),
            version: version.into(),
            figures: AttemptFigures::default(),
        });
        let waiting = |(component, jobs): (&str, usize)| ((TenantId::default(), component.into()), jobs);
        let queued = [("echo", 3), ("new", 1), ("old", 4)].map(waiting).into();
        let own = TenantId::default();
        let expected = [((own.as_str(), "echo"), 3), ((own.as_str(), "pay"), 0), ((OTHERS, OTHERS), 5)];
        assert_eq!(queued_by_component(&versions, &queued), expected.into());
    }
}
