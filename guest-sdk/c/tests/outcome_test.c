#include <string.h>

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

static fermata_outcome *names_nobody(const fermata_job *job) {
    static const char *const users[] = {"ada", NULL};
    (void)job;
    return fermata_with_candidate_users(fermata_allowed(), users, 2);
}

static fermata_outcome *names_no_groups(const fermata_job *job) {
    (void)job;
    return fermata_with_candidate_groups(fermata_allowed(), NULL, 1);
}

static fermata_outcome *activates_nothing(const fermata_job *job) {
    (void)job;
    return fermata_with_activation(fermata_directed((fermata_direction){0}, NULL), NULL, NULL);
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
        {names_nobody, "the worker's outcome is not valid: a user or group in a list of candidates is NULL"},
        {names_no_groups, "the worker's outcome is not valid: a user or group in a list of candidates is NULL"},
        {activates_nothing, "the worker's outcome is not valid: an activity to activate has no id"},
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

static fermata_outcome *fails_by_kind(const fermata_job *job) {
    int64_t kind = 0;
    fermata_json_as_int64(fermata_json_get(job->variables, "kind"), &kind);
    return fermata_failed_by(&(fermata_error){.kind = (fermata_error_kind)kind, .message = "it"});
}

/* As README.md of the SDKs has it. */
static void every_kind_of_error_is_final_waited_out_or_tried_again(void) {
    static const fermata_error_kind final[] = {
        FERMATA_INVALID_REQUEST, FERMATA_REFUSED,        FERMATA_TOO_LARGE, FERMATA_NOT_GRANTED,
        FERMATA_NOT_SET,         FERMATA_NOT_OFFERED,    FERMATA_NOT_BEGUN, FERMATA_DIGEST_DIFFERS,
        FERMATA_INVALID_NAME,    FERMATA_UNREADABLE_CHECKPOINT,
    };
    static const fermata_error_kind outages[] = {
        FERMATA_DNS, FERMATA_CONNECT, FERMATA_TLS, FERMATA_TIMEOUT, FERMATA_PROTOCOL, FERMATA_UNEXPECTED_BODY,
    };
    for (int kind = FERMATA_INVALID_REQUEST; kind <= FERMATA_INVALID_NAME; kind++) {
        bool is_final = false, is_outage = false;
        for (size_t index = 0; index < sizeof final / sizeof *final; index++)
            is_final = is_final || (int)final[index] == kind;
        for (size_t index = 0; index < sizeof outages / sizeof *outages; index++)
            is_outage = is_outage || (int)outages[index] == kind;
        const fermata_test_run *run =
            do_with(fermata_test_host_new(), fails_by_kind, fermata_format("{\"kind\": %d}", kind));
        if (run->has_retries != is_final || run->has_retry_after != is_outage)
            fermata_test_fail(__FILE__, __LINE__, "the kind %d", kind);
    }
}

/* `\xfc` is a letter in Latin-1, and nothing in UTF-8. */
static fermata_outcome *speaks_latin(const fermata_job *job) {
    const char *end = fermata_json_as_text(fermata_json_get(job->variables, "end"));
    fermata_log(FERMATA_INFO, "gr\xfc" "n", "farbe\xfc", "gr\xfc" "n", NULL);
    if (strcmp(end, "failed") == 0) return fermata_with_code(fermata_failed("gr\xfc" "n"), "\xfc");
    if (strcmp(end, "denied") == 0) return fermata_denied("gr\xfc" "n");
    if (strcmp(end, "error") == 0) return fermata_bpmn_error("GR\xfcN", "gr\xfc" "n");
    return fermata_completed(fermata_json_set_text(fermata_json_object(), "gr\xfc" "n", "gr\xfc" "n"));
}

#define REPLACED "\xef\xbf\xbd"

static void bytes_that_are_not_utf_8_are_replaced_in_all_texts(void) {
    fermata_test_host *host = fermata_test_host_new();
    const fermata_test_run *run = do_with(host, speaks_latin, "{\"end\": \"failed\"}");
    FERMATA_EXPECT_FAILED(run, "gr" REPLACED "n");
    FERMATA_EXPECT_TEXT(run->code, REPLACED);
    FERMATA_EXPECT_TEXT(run->records[0].message, "gr" REPLACED "n");
    FERMATA_EXPECT_TEXT(fermata_test_record_field(&run->records[0], "farbe" REPLACED), "gr" REPLACED "n");
    run = do_with(host, speaks_latin, "{\"end\": \"error\"}");
    FERMATA_EXPECT_BPMN_ERROR(run, "GR" REPLACED "N");
    FERMATA_EXPECT_TEXT(run->message, "gr" REPLACED "n");
    FERMATA_EXPECT_COMPLETED(do_with(host, speaks_latin, "{\"end\": \"\"}"),
                             "{\"gr" REPLACED "n\": \"gr" REPLACED "n\"}");
    FERMATA_EXPECT_JSON(do_with(host, speaks_latin, "{\"end\": \"denied\"}")->answer,
                        "{\"denied\": \"gr" REPLACED "n\"}");
}

static fermata_outcome *asks_in_latin(const fermata_job *job) {
    const char *what = fermata_json_as_text(fermata_json_get(job->variables, "what"));
    const char *value;
    fermata_effect effect;
    fermata_error error = {.message = "nothing failed"};
    if (strcmp(what, "secret") == 0) fermata_secret("\xfc", &error);
    else if (strcmp(what, "revealed") == 0) fermata_reveal_secret("\xfc", &error);
    else if (strcmp(what, "setting") == 0) fermata_config("\xfc", &value, &error);
    else if (strcmp(what, "begin") == 0) fermata_effect_begin("\xfc", "", 0, &effect, &error);
    else if (strcmp(what, "finish") == 0) fermata_effect_finish("\xfc", "", 0, &error);
    else fermata_secret(NULL, &error);
    return fermata_failed_by(&error);
}

static void a_name_that_is_not_utf_8_names_nothing(void) {
    static const char *const asked[] = {"secret", "revealed", "setting", "begin", "finish", "nothing"};
    for (size_t index = 0; index < sizeof asked / sizeof *asked; index++) {
        const fermata_test_run *run = do_with(fermata_test_host_new(), asks_in_latin,
                                              fermata_format("{\"what\": \"%s\"}", asked[index]));
        FERMATA_EXPECT_FAILED(run, strcmp(asked[index], "nothing") == 0
                                       ? "the worker asks for something without a name"
                                       : "the name `" REPLACED "` is not UTF-8");
        FERMATA_EXPECT(run->has_retries && run->retries == 0);
    }
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
    FERMATA_TEST(every_kind_of_error_is_final_waited_out_or_tried_again);
    FERMATA_TEST(bytes_that_are_not_utf_8_are_replaced_in_all_texts);
    FERMATA_TEST(a_name_that_is_not_utf_8_names_nothing);
    FERMATA_TEST(task_listeners_correct_and_deny);
    FERMATA_TEST(ad_hoc_sub_processes_are_directed);
    FERMATA_TEST(a_job_can_go_on);
    FERMATA_TEST(a_call_is_recorded_before_and_after);
}
