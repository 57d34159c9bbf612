#include <string.h>

#include <fermata.h>

#include "outcome.h"

/* The task header by which a model says how long to wait before the next attempt. The host reads it. */
#define BACKOFF_HEADER "retryBackoff"

const char *fermata_job_header(const fermata_job *job, const char *name) {
    for (size_t index = 0; index < job->header_count; index++)
        if (strcmp(job->headers[index].name, name) == 0) return job->headers[index].value;
    return NULL;
}

/* An outage outlasts attempts that follow each other within milliseconds. */
static uint64_t wait_after_ms(uint32_t attempt) {
    static const uint64_t waits_ms[] = {1000, 5000, 30000};
    size_t last = sizeof waits_ms / sizeof *waits_ms - 1;
    size_t index = attempt == 0 ? 0 : attempt - 1;
    return waits_ms[index < last ? index : last];
}

static void decide_wait(fermata_outcome *outcome, const fermata_job *job) {
    const char *model_says = fermata_job_header(job, BACKOFF_HEADER);
    bool is_decided = outcome->has_retry_after || (model_says != NULL && *model_says != '\0');
    bool is_last = outcome->has_retries && outcome->retries == 0;
    if (!outcome->backs_off || is_decided || is_last) return;
    fermata_with_retry_after_ms(outcome, wait_after_ms(fermata_attempt()));
}

const fermata_outcome *sdk_do_job(const sdk_raw_job *raw) {
    fermata_error error;
    const fermata_json *variables = fermata_json_parse(raw->variables, raw->variables_bytes, &error);
    if (variables == NULL)
        return fermata_with_retries(fermata_failed("the job's variables cannot be read: %s", error.message), 0);
    fermata_job job = {
        .key = raw->key,
        .type = raw->type,
        .kind = raw->kind,
        .variables = variables,
        .headers = raw->headers,
        .header_count = raw->header_count,
        .idempotency_key = raw->idempotency_key,
    };
    fermata_outcome *outcome = handle(&job);
    if (outcome == NULL) return fermata_with_retries(fermata_failed("the worker returned no outcome"), 0);
    if (outcome->misuse != NULL)
        return fermata_with_retries(fermata_failed("the worker's outcome is not valid: %s", outcome->misuse), 0);
    if (outcome->kind == SDK_FAILED) decide_wait(outcome, &job);
    return outcome;
}
