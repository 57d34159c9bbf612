//! All metrics that there are: their names, labels and meanings.

use prometheus_client::metrics::MetricType;

/// A metric.
#[derive(Debug)]
pub(super) struct Metric {
    /// Without the ending that its kind adds.
    pub(super) name: &'static str,
    pub(super) kind: MetricType,
    /// In their order on the page.
    pub(super) labels: &'static [&'static str],
    pub(super) help: &'static str,
}

const VERSION: &[&str] = &["tenant", "component", "version"];

const fn metric(
    name: &'static str,
    kind: MetricType,
    labels: &'static [&'static str],
    help: &'static str,
) -> Metric {
    Metric { name, kind, labels, help }
}

macro_rules! metrics {
    ($($constant:ident = $name:literal, $kind:ident, $labels:expr, $help:literal;)*) => {
        $(pub(super) const $constant: &Metric = &metric($name, MetricType::$kind, $labels, $help);)*

        /// All metrics, in their order on the page.
        #[cfg(test)]
        pub(super) const ALL: &[&Metric] = &[$($constant),*];
    };
}

metrics! {
    BUILD = "fermata_build", Info, &["version"], "The version of the host";
    START_TIME = "process_start_time_seconds", Gauge, &[], "When the host was started, in seconds since 1970: what is counted began then";
    PROCESS_CPU = "process_cpu_seconds", Counter, &[], "CPU time of the host, with all that runs in it";
    PROCESS_MEMORY = "process_resident_memory_bytes", Gauge, &[], "Memory that the host has";

    ATTEMPTS = "fermata_job_attempts", Counter, &["tenant", "component", "version", "outcome"],
        "Attempts of components at jobs that have ended: completed, bpmn_error, failed, again (to be called again), parked (left to others), host_failure (nothing that the component could do about), stopped (by the host, because the job has ended otherwise, the start was not recorded, or the host itself has failed)";
    ATTEMPT_TIMES = "fermata_job_duration_seconds", Histogram, VERSION, "How long attempts that have run in the sandbox took, waiting included";
    ATTEMPT_CPU = "fermata_job_cpu_seconds", Counter, VERSION, "How long attempts have computed";
    ATTEMPT_MEMORY = "fermata_job_memory_peak_bytes", Gauge, VERSION, "The most memory that one attempt had";
    RUNNING = "fermata_jobs_running", Gauge, VERSION, "Attempts at work";
    QUEUED = "fermata_jobs_queued", Gauge, &["tenant", "component"], "Jobs in memory that wait for a component; one that was withdrawn counts until its turn comes, and more may wait in the database, see fermata_partitions_behind";
    PLACES = "fermata_job_places", Gauge, &[], "Jobs that may run in components at the same time";
    PLACES_TAKEN = "fermata_job_places_taken", Gauge, &[], "Jobs that have begun and whose answers are not durable yet";
    BEHIND = "fermata_partitions_behind", Gauge, &[], "Partitions whose jobs wait in the database, because there is no room for more of them in memory";
    ACTIVATED = "fermata_jobs_activated", Counter, &["job_type"], "Jobs that were handed to external workers, by type where that is a text of the model";

    STARTED = "fermata_instances_started", Counter, &[], "Process instances that were started, called ones included";
    COMPLETED = "fermata_instances_completed", Counter, &[], "Process instances that have come to their end";
    TERMINATED = "fermata_instances_terminated", Counter, &[], "Process instances that were ended from outside";
    INCIDENTS = "fermata_incidents_opened", Counter, &[], "Incidents that were opened";
    RESOLVED = "fermata_incidents_resolved", Counter, &[], "Incidents that were resolved; one that goes with the element that it is about is not among them";
    COMMANDS = "fermata_commands", Counter, &[], "Requests that partitions have taken: those of clients, and the host's own such as starts and answers of jobs";
    INBOX = "fermata_inbox_commands", Gauge, &["from"], "Requests that wait for a partition: of clients, or of the host";
    COMMITS = "fermata_commits", Counter, &["result"], "Transactions of partitions: written, or failed as far as the host knows";
    COMMIT_TIMES = "fermata_commit_duration_seconds", Histogram, &[], "How long those transactions took, those that failed included";
    CONNECTIONS = "fermata_database_connections", Gauge, &["state"], "Connections to the database for what callers read: in_use, idle, and limit, how many there may be";

    RESPONSES = "fermata_http_responses", Counter, &["status"], "Answers over HTTP, by class of status";
    TURNED_AWAY = "fermata_requests_turned_away", Counter, &["reason"],
        "Requests that were answered with 503 for want of room: for commands in the inboxes, for the variables of commands there (command_bytes), for request bodies (body_bytes)";
}
