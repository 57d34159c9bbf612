//! All resources and their methods.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, patch, post, put};

use crate::front::{self, Front};
use crate::guard::Guard;
use crate::metrics::{self, HttpFigures};
use crate::state::ApiState;
use crate::{
    async_processes, attempts, backup, batch_operations, components, conditionals, correlated_messages,
    decisions, deployments, element_instances, grants, history, incidents, jobs, message_subscriptions,
    messages, open_jobs, process_definitions, process_instances, resources, restoration, rollouts,
    rows_set_aside, secrets, signals, topology, user_tasks, variables,
};

/// The API: Camunda's resources under `/v2`, Fermata's own under `/fermata/v1`, and the host's figures at `/metrics`.
///
/// `host_names` are names beside `localhost` and the address by which callers may know the host.
pub fn router(state: ApiState, host_names: Vec<String>) -> Router {
    let http = Arc::<HttpFigures>::default();
    let front = Front::new(Guard::new(state.listen, host_names), Arc::clone(&http));
    let figures = get(metrics::get).with_state(metrics::Sources { state: state.clone(), http });
    Router::new()
        .route("/metrics", figures)
        .nest("/v2", camunda())
        .nest("/fermata/v1", fermata())
        .with_state(state)
        .layer(from_fn_with_state(front, front::pass))
}

fn camunda() -> Router<ApiState> {
    Router::new()
        .route("/topology", get(topology::get_topology))
        .route("/status", get(topology::get_status))
        .route("/license", get(topology::get_license))
        .route("/deployments", post(deployments::deploy))
        .route("/resources/{key}", get(resources::get))
        .route("/resources/{key}/content", get(resources::get_content))
        .route("/decision-definitions/evaluation", post(decisions::evaluate))
        .route("/decision-definitions/search", post(decisions::search_definitions))
        .route("/decision-definitions/{key}", get(decisions::get_definition))
        .route("/decision-definitions/{key}/xml", get(decisions::get_definition_xml))
        .route("/decision-requirements/search", post(decisions::search_requirements))
        .route("/decision-requirements/{key}", get(decisions::get_requirements))
        .route("/decision-requirements/{key}/xml", get(decisions::get_requirements_xml))
        .route("/decision-instances/search", post(decisions::search_instances))
        .route("/decision-instances/{key}", get(decisions::get_instance))
        .route("/process-definitions/search", post(process_definitions::search))
        .route("/process-definitions/{key}", get(process_definitions::get))
        .route("/process-definitions/{key}/xml", get(process_definitions::get_xml))
        .route("/process-instances", post(process_instances::create))
        .route("/process-instances/search", post(process_instances::search))
        .route("/process-instances/cancellation", post(batch_operations::cancel_instances))
        .route("/process-instances/incident-resolution", post(batch_operations::resolve_incidents))
        .route("/process-instances/migration", post(batch_operations::migrate_instances))
        .route("/process-instances/modification", post(batch_operations::modify_instances))
        .route("/process-instances/{key}", get(process_instances::get))
        .route("/process-instances/{key}/cancellation", post(process_instances::cancel))
        .route("/process-instances/{key}/incidents/search", post(incidents::search_of_instance))
        .route(
            "/process-instances/{key}/incident-resolution",
            post(batch_operations::resolve_incidents_of_instance),
        )
        .route("/process-instances/{key}/migration", post(process_instances::migrate))
        .route("/process-instances/{key}/modification", post(process_instances::modify))
        .route("/batch-operations/search", post(batch_operations::search))
        .route("/batch-operation-items/search", post(batch_operations::search_items))
        .route("/batch-operations/{key}", get(batch_operations::get))
        .route("/batch-operations/{key}/cancellation", post(batch_operations::cancel))
        .route("/batch-operations/{key}/suspension", post(batch_operations::suspend))
        .route("/batch-operations/{key}/resumption", post(batch_operations::resume))
        .route("/messages/publication", post(messages::publish))
        .route("/messages/correlation", post(messages::correlate))
        .route("/message-subscriptions/search", post(message_subscriptions::search))
        .route("/correlated-message-subscriptions/search", post(correlated_messages::search))
        .route("/signals/broadcast", post(signals::broadcast))
        .route("/conditionals/evaluation", post(conditionals::evaluate))
        .route("/element-instances/search", post(element_instances::search))
        .route("/element-instances/{key}", get(element_instances::get))
        .route("/element-instances/ad-hoc-activities/{key}/activation", post(element_instances::activate))
        .route("/element-instances/{key}/variables", put(variables::set))
        .route("/jobs/activation", post(jobs::activate))
        .route("/jobs/search", post(jobs::search))
        .route("/jobs/{key}", patch(jobs::update))
        .route("/jobs/{key}/completion", post(jobs::complete))
        .route("/jobs/{key}/failure", post(jobs::fail))
        .route("/jobs/{key}/error", post(jobs::throw_error))
        .route("/user-tasks/search", post(user_tasks::search))
        .route("/user-tasks/{key}", get(user_tasks::get).patch(user_tasks::update))
        .route("/user-tasks/{key}/assignment", post(user_tasks::assign))
        .route("/user-tasks/{key}/assignee", axum::routing::delete(user_tasks::unassign))
        .route("/user-tasks/{key}/completion", post(user_tasks::complete))
        .route("/user-tasks/{key}/form", get(user_tasks::get_form))
        .route("/user-tasks/{key}/variables/search", post(user_tasks::search_variables))
        .route("/incidents/search", post(incidents::search))
        .route("/incidents/{key}", get(incidents::get))
        .route("/incidents/{key}/resolution", post(incidents::resolve))
        .route("/variables/search", post(variables::search))
        .route("/variables/{key}", get(variables::get))
}

fn fermata() -> Router<ApiState> {
    Router::new()
        .route("/components", get(components::list).post(components::upload))
        .route("/components/{name}", get(components::versions))
        .route("/components/{name}/{version}", get(components::get).delete(components::delete))
        .route("/components/{name}/{version}/wasm", get(components::get_wasm))
        .route("/grants/{component}", grants::resource())
        .route("/grants/{component}/history", get(grants::history))
        .route("/rollouts", get(rollouts::list))
        .route("/rollouts/{job_type}", get(rollouts::get).put(rollouts::put).delete(rollouts::delete))
        .route("/rollouts/{job_type}/rollback", post(rollouts::roll_back))
        .route("/rollouts/{job_type}/history", get(rollouts::history))
        .route("/secrets", get(secrets::list))
        .route("/secrets/{name}", put(secrets::put).delete(secrets::delete))
        .route("/secrets/{name}/history", get(secrets::history))
        .route("/processes/{id}", post(async_processes::start))
        .route("/process-instances/{key}", get(async_processes::progress))
        .route("/process-instances/{key}/suspension", post(process_instances::suspend))
        .route("/process-instances/{key}/resumption", post(process_instances::unsuspend))
        .route("/process-definitions/{key}/suspension", post(process_definitions::suspend))
        .route("/process-definitions/{key}/resumption", post(process_definitions::resume))
        .route("/process-instances/{key}/history", get(history::get))
        .route("/process-instances/{key}/attempts", get(attempts::of_instance))
        .route("/process-instances/{key}/jobs", get(open_jobs::of_instance))
        .route("/jobs/{key}", get(open_jobs::get))
        .route("/jobs/{key}/attempts", get(attempts::of_job))
        .route("/history", history::export::resource())
        .route("/backup", get(backup::get))
        .route("/rows-set-aside", get(rows_set_aside::list))
        .route("/restoration", get(restoration::get))
        .route("/resumption", post(restoration::resume))
}
