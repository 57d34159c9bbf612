/* The job as a worker sees it. What the host knows beyond it is in context.h. */
#ifndef FERMATA_JOB_H
#define FERMATA_JOB_H

#include <stddef.h>

#include <fermata/json.h>
#include <fermata/outcome.h>
#include <fermata/text.h>

/* What in a model asks for the work. */
typedef enum fermata_job_kind {
    FERMATA_TASK,
    /* An element of the model is about to begin, to end or to be canceled. */
    FERMATA_EXECUTION_LISTENER,
    /* A user task is about to change: `fermata_allowed` or `fermata_denied`. */
    FERMATA_TASK_LISTENER,
    /* What happens in an ad-hoc sub-process next: `fermata_directed`. */
    FERMATA_AD_HOC_SUB_PROCESS,
} fermata_job_kind;

/* What a model asks a worker to do. */
typedef struct fermata_job {
    /* A decimal number, the same in every attempt. */
    const char *key;
    /* The type that the model gives; it chose this component. */
    const char *type;
    fermata_job_kind kind;
    /* The input, a JSON object. */
    const fermata_json *variables;
    /* The task's headers, constant in the model, in its order. */
    const fermata_pair *headers;
    size_t header_count;
    /* The same in every attempt of this job and in no other job: send it to vendors that recognise repeated calls.
     * It is not a secret. */
    const char *idempotency_key;
} fermata_job;

/* The value of a task header, NULL where there is none. */
const char *fermata_job_header(const fermata_job *job, const char *name);

/* Does one job. The worker defines it. */
fermata_outcome *handle(const fermata_job *job);

#endif
