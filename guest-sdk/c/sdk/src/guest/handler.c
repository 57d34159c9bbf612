/* The exported function: the job comes in, the worker's outcome goes out. */
#include <stdio.h>

#include "../memory.h"
#include "../outcome.h"
#include "text.h"

/* The generated code asks for this symbol, to have an object file linked that describes the component's interface.
 * `fermata worker pack` reads the description from the WIT packages instead. */
void __component_type_object_force_link_connector(void);
void __component_type_object_force_link_connector(void) {}

static const char *json_of(const fermata_json *variables) {
    return variables == NULL ? "{}" : fermata_json_write(variables);
}

static fermata_job_kind kind_of(fermata_worker_jobs_job_kind_t kind) {
    switch (kind) {
    case FERMATA_WORKER_JOBS_JOB_KIND_EXECUTION_LISTENER:
        return FERMATA_EXECUTION_LISTENER;
    case FERMATA_WORKER_JOBS_JOB_KIND_TASK_LISTENER:
        return FERMATA_TASK_LISTENER;
    case FERMATA_WORKER_JOBS_JOB_KIND_AD_HOC_SUB_PROCESS:
        return FERMATA_AD_HOC_SUB_PROCESS;
    default:
        return FERMATA_TASK;
    }
}

static sdk_raw_job take_job(exports_fermata_worker_handler_job_t *job) {
    fermata_pair *headers = fermata_alloc(job->headers.len * sizeof *headers);
    for (size_t index = 0; index < job->headers.len; index++) {
        headers[index].name = sdk_copy(job->headers.ptr[index].f0.ptr, job->headers.ptr[index].f0.len);
        headers[index].value = sdk_copy(job->headers.ptr[index].f1.ptr, job->headers.ptr[index].f1.len);
    }
    sdk_raw_job raw = {
        .key = sdk_copy(job->key.ptr, job->key.len),
        .type = sdk_copy(job->job_type.ptr, job->job_type.len),
        .kind = kind_of(job->kind),
        .variables = (const char *)job->variables.ptr,
        .variables_bytes = job->variables.len,
        .headers = headers,
        .header_count = job->headers.len,
        .idempotency_key = sdk_copy(job->idempotency_key.ptr, job->idempotency_key.len),
    };
    return raw;
}

static connector_option_list_string_t give_texts(const sdk_texts *texts) {
    connector_option_list_string_t given = {.is_some = texts->is_set};
    if (!texts->is_set) return given;
    given.val.len = texts->count;
    given.val.ptr = guest_memory(texts->count * sizeof *given.val.ptr);
    for (size_t index = 0; index < texts->count; index++) given.val.ptr[index] = guest_give(texts->texts[index]);
    return given;
}

static fermata_worker_jobs_corrections_t give_corrections(const fermata_outcome *outcome) {
    return (fermata_worker_jobs_corrections_t){
        .assignee = guest_give_option(outcome->assignee),
        .due_date = guest_give_option(outcome->due_date),
        .follow_up_date = guest_give_option(outcome->follow_up_date),
        .candidate_users = give_texts(&outcome->candidate_users),
        .candidate_groups = give_texts(&outcome->candidate_groups),
        .priority = {.is_some = outcome->has_priority, .val = outcome->priority},
    };
}

static fermata_worker_jobs_direction_t give_direction(const fermata_outcome *outcome) {
    fermata_worker_jobs_direction_t direction = {
        .activate_elements = {.len = outcome->activation_count},
        .completion_condition_fulfilled = outcome->direction.completion_condition_fulfilled,
        .cancel_remaining_instances = outcome->direction.cancel_remaining_instances,
    };
    fermata_worker_jobs_activation_t *next = guest_memory(outcome->activation_count * sizeof *next);
    direction.activate_elements.ptr = next;
    for (const sdk_activation *from = outcome->first_activation; from != NULL; from = from->next) {
        next->element_id = guest_give(from->element_id);
        next->variables = guest_give(from->variables);
        next++;
    }
    return direction;
}

static fermata_worker_jobs_option_answer_t give_answer(const fermata_outcome *outcome) {
    fermata_worker_jobs_option_answer_t answer = {.is_some = outcome->answer != SDK_NO_ANSWER};
    switch (outcome->answer) {
    case SDK_NO_ANSWER:
        break;
    case SDK_ALLOWED:
        answer.val.tag = FERMATA_WORKER_JOBS_ANSWER_TASK_LISTENER;
        answer.val.val.task_listener.tag = FERMATA_WORKER_JOBS_VERDICT_ALLOWED;
        answer.val.val.task_listener.val.allowed = give_corrections(outcome);
        break;
    case SDK_DENIED:
        answer.val.tag = FERMATA_WORKER_JOBS_ANSWER_TASK_LISTENER;
        answer.val.val.task_listener.tag = FERMATA_WORKER_JOBS_VERDICT_DENIED;
        answer.val.val.task_listener.val.denied = guest_give(outcome->reason);
        break;
    case SDK_DIRECTED:
        answer.val.tag = FERMATA_WORKER_JOBS_ANSWER_AD_HOC_SUB_PROCESS;
        answer.val.val.ad_hoc_sub_process = give_direction(outcome);
        break;
    }
    return answer;
}

static void give_failure(const fermata_outcome *outcome, fermata_worker_jobs_failure_t *failure) {
    failure->message = guest_give(outcome->message);
    failure->code = guest_give_option(outcome->code);
    failure->variables = guest_give_option(outcome->variables == NULL ? NULL : fermata_json_write(outcome->variables));
    failure->retries = (connector_option_u32_t){.is_some = outcome->has_retries, .val = outcome->retries};
    failure->retry_after_ms =
        (connector_option_u64_t){.is_some = outcome->has_retry_after, .val = outcome->retry_after_ms};
}

/* Writes the result; false when it is an error. */
static bool give_outcome(const fermata_outcome *outcome, exports_fermata_worker_handler_outcome_t *done,
                         exports_fermata_worker_handler_job_error_t *error) {
    switch (outcome->kind) {
    case SDK_COMPLETED:
        done->tag = FERMATA_WORKER_JOBS_OUTCOME_COMPLETED;
        done->val.completed.variables = guest_give(json_of(outcome->variables));
        done->val.completed.answer = give_answer(outcome);
        return true;
    case SDK_AGAIN:
        done->tag = FERMATA_WORKER_JOBS_OUTCOME_AGAIN;
        done->val.again = outcome->wait_ms;
        return true;
    case SDK_PARKED:
        done->tag = FERMATA_WORKER_JOBS_OUTCOME_PARKED;
        done->val.parked = outcome->wait_ms;
        return true;
    case SDK_BPMN_ERROR:
        error->tag = FERMATA_WORKER_JOBS_JOB_ERROR_BPMN;
        error->val.bpmn.code = guest_give(outcome->code);
        error->val.bpmn.message = guest_give(outcome->message);
        error->val.bpmn.variables = guest_give(json_of(outcome->variables));
        return false;
    case SDK_FAILED:
        break;
    }
    error->tag = FERMATA_WORKER_JOBS_JOB_ERROR_FAILED;
    give_failure(outcome, &error->val.failed);
    return false;
}

bool exports_fermata_worker_handler_handle(exports_fermata_worker_handler_job_t *job,
                                           exports_fermata_worker_handler_outcome_t *done,
                                           exports_fermata_worker_handler_job_error_t *error) {
    sdk_raw_job raw = take_job(job);
    bool is_done = give_outcome(sdk_do_job(&raw), done, error);
    exports_fermata_worker_handler_job_free(job);
    sdk_release_memory();
    /* The instance ends without running what C runs at exit. */
    fflush(NULL);
    return is_done;
}
