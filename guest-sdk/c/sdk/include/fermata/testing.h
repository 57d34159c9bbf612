/*
 * A stand-in for the host, so that `make test` tests a worker natively.
 *
 *     static void an_order_is_stored(void) {
 *         fermata_test_host *host = fermata_test_host_new();
 *         fermata_test_config(host, "base-url", "https://orders.example");
 *         fermata_test_answer(host, "POST", "https://orders.example/orders", 201, "{\"id\": 7}");
 *         const fermata_test_run *run = fermata_test_do(host, "{\"amount\": 120}");
 *         FERMATA_EXPECT_COMPLETED(run, "{\"order\": 7}");
 *     }
 *
 *     int main(void) {
 *         FERMATA_TEST(an_order_is_stored);
 *         return fermata_test_summary();
 *     }
 *
 * An expectation that is not met ends its test. What a test was given lives until the test ends.
 */
#ifndef FERMATA_TESTING_H
#define FERMATA_TESTING_H

#include <fermata.h>

/* ---- the host ---- */

typedef struct fermata_test_host fermata_test_host;

/* A host that grants nothing, before the first attempt of a task's job. */
fermata_test_host *fermata_test_host_new(void);

/* The type of the job, and what in the model asks for it; `test` and a task without. */
void fermata_test_job_type(fermata_test_host *host, const char *type);
void fermata_test_job_kind(fermata_test_host *host, fermata_job_kind kind);

/* Adds a task header. */
void fermata_test_task_header(fermata_test_host *host, const char *name, const char *value);

/* The number of the next attempt, and how many are left after it. */
void fermata_test_attempt(fermata_test_host *host, uint32_t attempt, uint32_t retries_left);

/* How long an attempt may take from its start, 2026-01-01T00:00:00Z; 300,000 ms unless a test says otherwise. */
void fermata_test_time_left_ms(fermata_test_host *host, uint64_t left_ms);

/* Grants a secret as a placeholder, which reads `{secret NAME}` in sent requests. */
void fermata_test_secret(fermata_test_host *host, const char *name);

/* Grants a secret as a placeholder and as its value. */
void fermata_test_revealed_secret(fermata_test_host *host, const char *name, const char *value);

/* Sets a setting. */
void fermata_test_config(fermata_test_host *host, const char *key, const char *value);

/* What an earlier attempt has stored. */
void fermata_test_checkpoint(fermata_test_host *host, const char *value);

/* Expects a request, the next one in order, and answers it. */
void fermata_test_answer(fermata_test_host *host, const char *method, const char *url, uint16_t status,
                         const char *body);

/* The same with bytes, such as a document. */
void fermata_test_answer_bytes(fermata_test_host *host, const char *method, const char *url, uint16_t status,
                               const void *body, size_t bytes);

/* Adds a header to the answer that was set last. */
void fermata_test_answer_header(fermata_test_host *host, const char *name, const char *value);

/* Expects a request and lets it have no answer. */
void fermata_test_no_answer(fermata_test_host *host, const char *method, const char *url, fermata_error_kind kind,
                            const char *message);

/* ---- what the worker did ---- */

/* How the job ended. */
typedef enum fermata_test_end {
    FERMATA_TEST_COMPLETED,
    FERMATA_TEST_AGAIN,
    FERMATA_TEST_PARKED,
    FERMATA_TEST_BPMN_ERROR,
    FERMATA_TEST_FAILED,
} fermata_test_end;

/* A request as the worker sent it. */
typedef struct fermata_test_request {
    const char *method;
    const char *url;
    const fermata_pair *headers;
    size_t header_count;
    const char *body;
    size_t body_bytes;
    uint64_t timeout_ms;
} fermata_test_request;

/* The first header of this name, in any casing; NULL where there is none. */
const char *fermata_test_request_header(const fermata_test_request *request, const char *name);

/* A record that the worker logged. */
typedef struct fermata_test_record {
    fermata_level level;
    const char *message;
    const fermata_pair *fields;
    size_t field_count;
} fermata_test_record;

/* The value of a field; NULL where there is none. */
const char *fermata_test_record_field(const fermata_test_record *record, const char *name);

/* What the worker did in one attempt. */
typedef struct fermata_test_run {
    fermata_test_end end;
    /* An object, without members where the outcome has no variables. */
    const fermata_json *variables;
    /* Of `again` and `parked`. */
    uint64_t wait_ms;
    /* Of BPMN errors and failures; NULL where there is none. */
    const char *code;
    const char *message;
    /* Of failures. */
    bool has_retries;
    uint32_t retries;
    bool has_retry_after;
    uint64_t retry_after_ms;
    /* Of listeners and ad-hoc sub-processes; NULL where there is none:
     * {"allowed":{"assignee":…}}, {"denied":"…"} or
     * {"activateElements":[{"elementId":…,"variables":…}],"completionConditionFulfilled":…,
     *  "cancelRemainingInstances":…}. */
    const fermata_json *answer;

    /* The requests that this attempt sent, and what it logged. */
    const fermata_test_request *requests;
    size_t request_count;
    const fermata_test_record *records;
    size_t record_count;
    /* What is stored now; NULL where nothing is. */
    const char *checkpoint;
} fermata_test_run;

/* Has the worker's `handle` do the job, with the text of a JSON object as variables. Another call on the same host is
 * the next attempt: it finds the checkpoint. */
const fermata_test_run *fermata_test_do(fermata_test_host *host, const char *variables);

/* ---- tests and expectations ---- */

/* Runs a function as a test of its name. */
#define FERMATA_TEST(test) fermata_test_case(#test, test)

/* Something that must be true. */
#define FERMATA_EXPECT(truth) \
    ((truth) ? (void)0 : fermata_test_fail(__FILE__, __LINE__, "expected %s", #truth))
/* Two texts that must be the same. */
#define FERMATA_EXPECT_TEXT(actual, expected) fermata_test_expect_text(__FILE__, __LINE__, actual, expected)
/* A JSON value against the text of another. */
#define FERMATA_EXPECT_JSON(actual, expected) fermata_test_expect_json(__FILE__, __LINE__, actual, expected)
/* How a run must have ended: with these variables, as the text of a JSON object; with this code; with this message. */
#define FERMATA_EXPECT_COMPLETED(run, variables) fermata_test_expect_completed(__FILE__, __LINE__, run, variables)
#define FERMATA_EXPECT_BPMN_ERROR(run, code) fermata_test_expect_bpmn_error(__FILE__, __LINE__, run, code)
#define FERMATA_EXPECT_FAILED(run, message) fermata_test_expect_failed(__FILE__, __LINE__, run, message)

/* Says how many tests passed, and returns what `main` returns: 0 when all did. */
int fermata_test_summary(void);

/* What the macros above call. */
void fermata_test_case(const char *name, void (*test)(void));
_Noreturn void fermata_test_fail(const char *file, int line, const char *format, ...) FERMATA_PRINTF(3, 4);
void fermata_test_expect_text(const char *file, int line, const char *actual, const char *expected);
void fermata_test_expect_json(const char *file, int line, const fermata_json *actual, const char *expected);
void fermata_test_expect_completed(const char *file, int line, const fermata_test_run *run, const char *variables);
void fermata_test_expect_bpmn_error(const char *file, int line, const fermata_test_run *run, const char *code);
void fermata_test_expect_failed(const char *file, int line, const fermata_test_run *run, const char *message);

#endif
