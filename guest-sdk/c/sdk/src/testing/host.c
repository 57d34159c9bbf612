#include "host.h"

#include <string.h>

#include "../memory.h"

/* Keys as a host on its own gives them. */
#define JOB_KEY "2251799813685249"
#define IDEMPOTENCY_KEY "test-idempotency-key"

/* How long an attempt may take unless a test says otherwise. */
#define ATTEMPT_TIME_MS 300000

static fermata_test_host *current;

fermata_test_host *test_host(void) {
    if (current == NULL) sdk_stop("there is no host here: run the worker through `fermata_test_do`");
    return current;
}

void test_set_host(fermata_test_host *host) {
    current = host;
}

void *test_grow(const void *items, size_t count, size_t item_bytes) {
    char *grown = fermata_alloc((count + 1) * item_bytes);
    if (count > 0) memcpy(grown, items, count * item_bytes);
    return grown;
}

fermata_test_host *fermata_test_host_new(void) {
    fermata_test_host *host = fermata_alloc(sizeof *host);
    host->job_type = "test";
    host->attempt = 1;
    host->retries_left = 2;
    host->time_left_ms = ATTEMPT_TIME_MS;
    return host;
}

void fermata_test_job_type(fermata_test_host *host, const char *type) {
    host->job_type = sdk_copy_text(type);
}

void fermata_test_job_kind(fermata_test_host *host, fermata_job_kind kind) {
    host->kind = kind;
}

void fermata_test_task_header(fermata_test_host *host, const char *name, const char *value) {
    host->headers = test_grow(host->headers, host->header_count, sizeof *host->headers);
    host->headers[host->header_count++] = (fermata_pair){.name = sdk_copy_text(name), .value = sdk_copy_text(value)};
}

void fermata_test_attempt(fermata_test_host *host, uint32_t attempt, uint32_t retries_left) {
    host->attempt = attempt;
    host->retries_left = retries_left;
}

void fermata_test_time_left_ms(fermata_test_host *host, uint64_t left_ms) {
    host->time_left_ms = left_ms;
}

static test_setting *setting(const char *name, const char *value, test_setting *next) {
    test_setting *setting = fermata_alloc(sizeof *setting);
    setting->name = sdk_copy_text(name);
    setting->value = sdk_copy_text(value);
    setting->next = next;
    return setting;
}

void fermata_test_secret(fermata_test_host *host, const char *name) {
    host->secrets = setting(name, NULL, host->secrets);
}

void fermata_test_revealed_secret(fermata_test_host *host, const char *name, const char *value) {
    host->secrets = setting(name, value, host->secrets);
}

void fermata_test_config(fermata_test_host *host, const char *key, const char *value) {
    host->config = setting(key, value, host->config);
}

void fermata_test_checkpoint(fermata_test_host *host, const char *value) {
    host->checkpoint = sdk_copy_text(value);
    host->checkpoint_bytes = strlen(value);
    host->checkpoint_attempt = 1;
}

static test_exchange *expect(fermata_test_host *host, const char *method, const char *url) {
    test_exchange *exchange = fermata_alloc(sizeof *exchange);
    exchange->method = sdk_copy_text(method);
    exchange->url = sdk_copy_text(url);
    if (host->last_exchange == NULL) host->first_exchange = exchange;
    else host->last_exchange->next = exchange;
    host->last_exchange = exchange;
    return exchange;
}

void fermata_test_answer(fermata_test_host *host, const char *method, const char *url, uint16_t status,
                         const char *body) {
    fermata_test_answer_bytes(host, method, url, status, body, body == NULL ? 0 : strlen(body));
}

void fermata_test_answer_bytes(fermata_test_host *host, const char *method, const char *url, uint16_t status,
                               const void *body, size_t bytes) {
    test_exchange *exchange = expect(host, method, url);
    exchange->response.status = status;
    exchange->response.body = bytes == 0 ? "" : sdk_copy(body, bytes);
    exchange->response.body_bytes = bytes;
}

void fermata_test_answer_header(fermata_test_host *host, const char *name, const char *value) {
    if (host->last_exchange == NULL) sdk_stop("`fermata_test_answer_header` needs an answer before it");
    fermata_response *response = &host->last_exchange->response;
    fermata_pair *headers = test_grow(response->headers, response->header_count, sizeof *headers);
    headers[response->header_count++] = (fermata_pair){.name = sdk_copy_text(name), .value = sdk_copy_text(value)};
    response->headers = headers;
}

void fermata_test_no_answer(fermata_test_host *host, const char *method, const char *url, fermata_error_kind kind,
                            const char *message) {
    test_exchange *exchange = expect(host, method, url);
    exchange->has_error = true;
    exchange->error = (fermata_error){.kind = kind, .message = sdk_copy_text(message)};
}

static fermata_json *texts_json(const sdk_texts *texts) {
    fermata_json *array = fermata_json_array();
    for (size_t index = 0; index < texts->count; index++) fermata_json_add(array, fermata_json_text(texts->texts[index]));
    return array;
}

static const fermata_json *corrections_json(const fermata_outcome *outcome) {
    fermata_json *corrections = fermata_json_object();
    if (outcome->assignee != NULL) fermata_json_set_text(corrections, "assignee", outcome->assignee);
    if (outcome->due_date != NULL) fermata_json_set_text(corrections, "dueDate", outcome->due_date);
    if (outcome->follow_up_date != NULL) fermata_json_set_text(corrections, "followUpDate", outcome->follow_up_date);
    if (outcome->candidate_users.is_set)
        fermata_json_set(corrections, "candidateUsers", texts_json(&outcome->candidate_users));
    if (outcome->candidate_groups.is_set)
        fermata_json_set(corrections, "candidateGroups", texts_json(&outcome->candidate_groups));
    if (outcome->has_priority) fermata_json_set_int64(corrections, "priority", outcome->priority);
    return fermata_json_set(fermata_json_object(), "allowed", corrections);
}

static const fermata_json *direction_json(const fermata_outcome *outcome) {
    fermata_json *activations = fermata_json_array();
    for (const sdk_activation *from = outcome->first_activation; from != NULL; from = from->next) {
        fermata_json *activation = fermata_json_set_text(fermata_json_object(), "elementId", from->element_id);
        fermata_json_set(activation, "variables", fermata_json_parse(from->variables, strlen(from->variables), NULL));
        fermata_json_add(activations, activation);
    }
    fermata_json *direction = fermata_json_set(fermata_json_object(), "activateElements", activations);
    fermata_json_set_bool(direction, "completionConditionFulfilled", outcome->direction.completion_condition_fulfilled);
    return fermata_json_set_bool(direction, "cancelRemainingInstances", outcome->direction.cancel_remaining_instances);
}

static const fermata_json *answer_json(const fermata_outcome *outcome) {
    switch (outcome->answer) {
    case SDK_ALLOWED:
        return corrections_json(outcome);
    case SDK_DENIED:
        return fermata_json_set_text(fermata_json_object(), "denied", outcome->reason);
    case SDK_DIRECTED:
        return direction_json(outcome);
    default:
        return NULL;
    }
}

static const fermata_test_run *run_of(const fermata_test_host *host, const fermata_outcome *outcome) {
    static const fermata_test_end ends[] = {
        [SDK_COMPLETED] = FERMATA_TEST_COMPLETED,   [SDK_AGAIN] = FERMATA_TEST_AGAIN,
        [SDK_PARKED] = FERMATA_TEST_PARKED,         [SDK_BPMN_ERROR] = FERMATA_TEST_BPMN_ERROR,
        [SDK_FAILED] = FERMATA_TEST_FAILED,
    };
    fermata_test_run *run = fermata_alloc(sizeof *run);
    *run = (fermata_test_run){
        .end = ends[outcome->kind],
        .variables = outcome->variables == NULL ? fermata_json_object() : outcome->variables,
        .wait_ms = outcome->wait_ms,
        .code = outcome->code,
        .message = outcome->message,
        .has_retries = outcome->has_retries,
        .retries = outcome->retries,
        .has_retry_after = outcome->has_retry_after,
        .retry_after_ms = outcome->retry_after_ms,
        .answer = answer_json(outcome),
        .requests = host->requests,
        .request_count = host->request_count,
        .records = host->records,
        .record_count = host->record_count,
        .checkpoint = host->checkpoint,
    };
    return run;
}

const fermata_test_run *fermata_test_do(fermata_test_host *host, const char *variables) {
    sdk_raw_job raw = {
        .key = JOB_KEY,
        .type = host->job_type,
        .kind = host->kind,
        .variables = variables,
        .variables_bytes = strlen(variables),
        .headers = host->headers,
        .header_count = host->header_count,
        .idempotency_key = IDEMPOTENCY_KEY,
    };
    host->request_count = 0;
    host->record_count = 0;
    if (!fermata_json_is(fermata_json_parse(variables, raw.variables_bytes, NULL), FERMATA_JSON_OBJECT))
        sdk_stop("the variables of a job are the text of a JSON object");
    test_set_host(host);
    const fermata_outcome *outcome = sdk_do_job(&raw);
    test_set_host(NULL);
    if (host->first_exchange != NULL)
        sdk_stop(fermata_format("the worker did not send %s %s", host->first_exchange->method, host->first_exchange->url));
    const fermata_test_run *run = run_of(host, outcome);
    host->attempt++;
    if (host->retries_left > 0) host->retries_left--;
    return run;
}
