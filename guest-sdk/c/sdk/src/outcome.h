/* What an outcome is made of. */
#ifndef FERMATA_SDK_OUTCOME_H
#define FERMATA_SDK_OUTCOME_H

#include <fermata/job.h>

typedef enum sdk_outcome_kind {
    SDK_COMPLETED,
    SDK_AGAIN,
    SDK_PARKED,
    SDK_BPMN_ERROR,
    SDK_FAILED,
} sdk_outcome_kind;

/* What is completed with, beside variables. */
typedef enum sdk_answer_kind {
    SDK_NO_ANSWER,
    SDK_ALLOWED,
    SDK_DENIED,
    SDK_DIRECTED,
} sdk_answer_kind;

typedef struct sdk_activation {
    const char *element_id;
    /* Written JSON. */
    const char *variables;
    struct sdk_activation *next;
} sdk_activation;

typedef struct sdk_texts {
    bool is_set;
    const char **texts;
    size_t count;
} sdk_texts;

struct fermata_outcome {
    sdk_outcome_kind kind;
    /* NULL where there are none. */
    const fermata_json *variables;
    /* Of `again` and `parked`. */
    uint64_t wait_ms;
    /* Of a BPMN error and, the code NULL where there is none, of a failure. */
    const char *code;
    const char *message;

    /* Of a failure. */
    bool has_retries;
    uint32_t retries;
    bool has_retry_after;
    uint64_t retry_after_ms;
    bool backs_off;

    sdk_answer_kind answer;
    /* Of `denied`. */
    const char *reason;
    /* Of `allowed`: NULL where an attribute stays as it is. */
    const char *assignee;
    const char *due_date;
    const char *follow_up_date;
    sdk_texts candidate_users;
    sdk_texts candidate_groups;
    bool has_priority;
    uint8_t priority;
    /* Of `directed`. */
    fermata_direction direction;
    sdk_activation *first_activation;
    sdk_activation *last_activation;
    size_t activation_count;

    /* How the worker misused the functions; NULL when it did not. */
    const char *misuse;
};

/* A job as it comes from outside. */
typedef struct sdk_raw_job {
    const char *key;
    const char *type;
    fermata_job_kind kind;
    const char *variables;
    size_t variables_bytes;
    const fermata_pair *headers;
    size_t header_count;
    const char *idempotency_key;
} sdk_raw_job;

/* Has the worker do a job, and makes its answer fit to leave. */
const fermata_outcome *sdk_do_job(const sdk_raw_job *raw);

#endif
