#include "sdk_test.h"

static fermata_outcome *returns_nothing(const fermata_job *job) {
    (void)job;
    return NULL;
}

static fermata_outcome *completes_with_a_text(const fermata_job *job) {
    (void)job;
    return fermata_completed(fermata_json_text("done"));
}

static fermata_outcome *retries_what_is_done(const fermata_job *job) {
    (void)job;
    return fermata_with_retries(fermata_completed(NULL), 3);
}

static fermata_outcome *throws_without_a_code(const fermata_job *job) {
    (void)job;
    return fermata_bpmn_error("", "what happened");
}

static fermata_outcome *corrects_without_allowing(const fermata_job *job) {
    (void)job;
    return fermata_with_assignee(fermata_completed(NULL), "ada");
}

static void misuse_is_a_failure_without_retries_that_says_how(void) {
    static const struct {
        fermata_outcome *(*worker)(const fermata_job *job);
        const char *message;
    } cases[] = {
        {returns_nothing, "the worker returned no outcome"},
        {completes_with_a_text, "the worker's outcome is not valid: its variables are not a JSON object"},
        {retries_what_is_done, "the worker's outcome is not valid: retries are set, and it is no failure"},
        {throws_without_a_code, "the worker's outcome is not valid: its BPMN error has no code"},
        {corrects_without_allowing,
         "the worker's outcome is not valid: an attribute of a user task is set without `fermata_allowed`"},
    };
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        const fermata_test_run *run = do_with(fermata_test_host_new(), cases[index].worker, "{}");
        FERMATA_EXPECT_FAILED(run, cases[index].message);
        FERMATA_EXPECT(run->has_retries && run->retries == 0);
    }
}

static fermata_outcome *fails_by_an_outage(const fermata_job *job) {
    (void)job;
    return fermata_failed_by(&(fermata_error){.kind = FERMATA_CONNECT, .message = "nobody is there"});
}

static fermata_outcome *fails_by_a_missing_grant(const fermata_job *job) {
    (void)job;
    return fermata_failed_by(&(fermata_error){.kind = FERMATA_REFUSED, .message = "not granted"});
}

static void an_outage_waits_longer_with_each_attempt_unless_the_model_says_how_long(void) {
    static const uint64_t waits_ms[] = {1000, 5000, 30000, 30000};
    fermata_test_host *host = fermata_test_host_new();
    for (size_t attempt = 0; attempt < sizeof waits_ms / sizeof *waits_ms; attempt++) {
        const fermata_test_run *run = do_with(host, fails_by_an_outage, "{}");
        FERMATA_EXPECT_FAILED(run, "nobody is there");
        FERMATA_EXPECT(run->has_retry_after && run->retry_after_ms == waits_ms[attempt]);
        FERMATA_EXPECT(!run->has_retries);
    }
    fermata_test_task_header(host, "retryBackoff", "PT10S");
    FERMATA_EXPECT(!do_with(host, fails_by_an_outage, "{}")->has_retry_after);
    const fermata_test_run *run = do_with(fermata_test_host_new(), fails_by_a_missing_grant, "{}");
    FERMATA_EXPECT(run->has_retries && run->retries == 0 && !run->has_retry_after);
}

static fermata_outcome *corrects(const fermata_job *job) {
    static const char *const users[] = {"ada", "bob"};
    if (job->kind != FERMATA_TASK_LISTENER) return fermata_failed("another kind of job");
    fermata_outcome *allowed = fermata_with_assignee(fermata_allowed(), "");
    fermata_with_candidate_users(allowed, users, 2);
    fermata_with_candidate_groups(allowed, NULL, 0);
    fermata_with_due_date(allowed, "2026-01-02T03:04:05Z");
    return fermata_with_priority(allowed, 100);
}

static fermata_outcome *denies(const fermata_job *job) {
    (void)job;
    return fermata_denied("not on Sundays");
}

static void task_listeners_correct_and_deny(void) {
    fermata_test_host *host = fermata_test_host_new();
    fermata_test_job_kind(host, FERMATA_TASK_LISTENER);
    const fermata_test_run *run = do_with(host, corrects, "{}");
    FERMATA_EXPECT_COMPLETED(run, "{}");
    FERMATA_EXPECT_JSON(run->answer,
                        "{\"allowed\": {\"assignee\": \"\", \"dueDate\": \"2026-01-02T03:04:05Z\","
                        " \"candidateUsers\": [\"ada\", \"bob\"], \"candidateGroups\": [], \"priority\": 100}}");
    FERMATA_EXPECT_JSON(do_with(host, denies, "{}")->answer, "{\"denied\": \"not on Sundays\"}");
}

static fermata_outcome *directs(const fermata_job *job) {
    fermata_direction direction = {.cancel_remaining_instances = true};
    fermata_outcome *directed = fermata_directed(direction, job->variables);
    fermata_with_activation(directed, "first", fermata_json_set_int64(fermata_json_object(), "a", 1));
    return fermata_with_activation(directed, "second", NULL);
}

static void ad_hoc_sub_processes_are_directed(void) {
    fermata_test_host *host = fermata_test_host_new();
    fermata_test_job_kind(host, FERMATA_AD_HOC_SUB_PROCESS);
    const fermata_test_run *run = do_with(host, directs, "{\"x\": 1}");
    FERMATA_EXPECT_COMPLETED(run, "{\"x\": 1}");
    FERMATA_EXPECT_JSON(run->answer,
                        "{\"activateElements\": [{\"elementId\": \"first\", \"variables\": {\"a\": 1}},"
                        " {\"elementId\": \"second\", \"variables\": {}}],"
                        " \"completionConditionFulfilled\": false, \"cancelRemainingInstances\": true}");
}

static fermata_outcome *goes_on(const fermata_job *job) {
    return fermata_json_get(job->variables, "park") != NULL ? fermata_parked(60000) : fermata_again(500);
}

static void a_job_can_go_on(void) {
    const fermata_test_run *run = do_with(fermata_test_host_new(), goes_on, "{}");
    FERMATA_EXPECT(run->end == FERMATA_TEST_AGAIN && run->wait_ms == 500);
    run = do_with(fermata_test_host_new(), goes_on, "{\"park\": true}");
    FERMATA_EXPECT(run->end == FERMATA_TEST_PARKED && run->wait_ms == 60000);
}

static fermata_outcome *charges_once(const fermata_job *job) {
    fermata_effect effect;
    fermata_error error;
    const char *digest = fermata_json_write(job->variables);
    if (!fermata_effect_begin("charge", digest, fermata_json_count(job->variables), &effect, &error))
        return fermata_failed_by(&error);
    if (effect.state == FERMATA_EFFECT_ANSWERED)
        return fermata_completed(fermata_json_set_text(fermata_json_object(), "charge", effect.answer));
    if (effect.state == FERMATA_EFFECT_FRESH) return fermata_failed("%s: no answer", effect.vendor_key);
    if (!fermata_effect_finish("charge", "ch-1", 4, &error)) return fermata_failed_by(&error);
    return fermata_failed("%s: too late", effect.vendor_key);
}

static void a_call_is_recorded_before_and_after(void) {
    fermata_test_host *host = fermata_test_host_new();
    FERMATA_EXPECT_FAILED(do_with(host, charges_once, "{}"), "effect charge: no answer");
    FERMATA_EXPECT_FAILED(do_with(host, charges_once, "{\"a\": 1}"), "the call was begun before with another content");
    FERMATA_EXPECT_FAILED(do_with(host, charges_once, "{}"), "effect charge: too late");
    FERMATA_EXPECT_COMPLETED(do_with(host, charges_once, "{}"), "{\"charge\": \"ch-1\"}");
}

void outcome_tests(void) {
    FERMATA_TEST(misuse_is_a_failure_without_retries_that_says_how);
    FERMATA_TEST(an_outage_waits_longer_with_each_attempt_unless_the_model_says_how_long);
    FERMATA_TEST(task_listeners_correct_and_deny);
    FERMATA_TEST(ad_hoc_sub_processes_are_directed);
    FERMATA_TEST(a_job_can_go_on);
    FERMATA_TEST(a_call_is_recorded_before_and_after);
}
