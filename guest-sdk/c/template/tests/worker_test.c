/* The worker without a host: `make test`. */
#include <fermata/testing.h>

#define BASE_URL "https://customers.example.com"
#define VARIABLES "{\"customer\": \"C-1\"}"
#define ADA "{\"name\": \"Ada\", \"score\": 712, \"since\": 2019}"

static fermata_test_host *host_with_grants(void) {
    fermata_test_host *host = fermata_test_host_new();
    fermata_test_config(host, "base-url", BASE_URL);
    fermata_test_secret(host, "CUSTOMER_API_KEY");
    return host;
}

static void a_customer_is_checked(void) {
    fermata_test_host *host = host_with_grants();
    fermata_test_answer(host, "GET", BASE_URL "/customers/C-1", 200, ADA);
    fermata_test_answer(host, "POST", BASE_URL "/checks", 201, "{\"id\": \"chk-7\"}");
    const fermata_test_run *run = fermata_test_do(host, VARIABLES);

    FERMATA_EXPECT_COMPLETED(run, "{\"customerName\": \"Ada\", \"checkId\": \"chk-7\", \"approved\": true}");
    FERMATA_EXPECT_TEXT(fermata_test_request_header(&run->requests[0], "authorization"),
                        "Bearer {secret CUSTOMER_API_KEY}");
    const fermata_test_request *check = &run->requests[1];
    FERMATA_EXPECT_TEXT(check->body, "{\"customer\":\"C-1\",\"score\":712}");
    FERMATA_EXPECT_TEXT(fermata_test_request_header(check, "content-type"), "application/json");
    FERMATA_EXPECT_TEXT(fermata_test_request_header(check, "idempotency-key"), "test-idempotency-key");
    FERMATA_EXPECT_TEXT(run->checkpoint, "{\"name\":\"Ada\",\"score\":712}");
    FERMATA_EXPECT(run->record_count == 1);
    FERMATA_EXPECT_TEXT(run->records[0].message, "customer checked");
    FERMATA_EXPECT_TEXT(fermata_test_record_field(&run->records[0], "score"), "712");
}

static void a_low_score_is_not_approved(void) {
    fermata_test_host *host = host_with_grants();
    fermata_test_answer(host, "GET", BASE_URL "/customers/C-1", 200, "{\"name\": \"Bob\", \"score\": 599}");
    fermata_test_answer(host, "POST", BASE_URL "/checks", 201, "{\"id\": \"chk-8\"}");
    const fermata_test_run *run = fermata_test_do(host, VARIABLES);
    FERMATA_EXPECT_COMPLETED(run, "{\"customerName\": \"Bob\", \"checkId\": \"chk-8\", \"approved\": false}");
}

static void the_setting_may_end_with_a_slash_and_the_score_with_a_zero(void) {
    fermata_test_host *host = host_with_grants();
    fermata_test_config(host, "base-url", BASE_URL "/");
    fermata_test_answer(host, "GET", BASE_URL "/customers/C-1", 200, "{\"name\": \"Ada\", \"score\": 712.0}");
    fermata_test_answer(host, "POST", BASE_URL "/checks", 201, "{\"id\": \"chk-7\"}");
    const fermata_test_run *run = fermata_test_do(host, VARIABLES);
    FERMATA_EXPECT_COMPLETED(run, "{\"customerName\": \"Ada\", \"checkId\": \"chk-7\", \"approved\": true}");
    FERMATA_EXPECT_TEXT(run->requests[1].body, "{\"customer\":\"C-1\",\"score\":712}");
}

static void the_id_is_encoded(void) {
    fermata_test_host *host = host_with_grants();
    fermata_test_answer(host, "GET", BASE_URL "/customers/a%2Fb%20%C3%BC", 404, NULL);
    FERMATA_EXPECT_BPMN_ERROR(fermata_test_do(host, "{\"customer\": \"a/b \\u00fc\"}"), "CUSTOMER_NOT_FOUND");
}

static void an_unknown_customer_is_a_business_error(void) {
    fermata_test_host *host = host_with_grants();
    fermata_test_answer(host, "GET", BASE_URL "/customers/C-1", 404, NULL);
    const fermata_test_run *run = fermata_test_do(host, VARIABLES);
    FERMATA_EXPECT_BPMN_ERROR(run, "CUSTOMER_NOT_FOUND");
    FERMATA_EXPECT_TEXT(run->message, "there is no customer C-1");
    FERMATA_EXPECT_JSON(run->variables, VARIABLES);
}

static void an_outage_is_a_failure_with_the_wait_that_the_service_asks_for(void) {
    fermata_test_host *host = host_with_grants();
    fermata_test_answer(host, "GET", BASE_URL "/customers/C-1", 503, NULL);
    fermata_test_answer_header(host, "Retry-After", "7");
    const fermata_test_run *run = fermata_test_do(host, VARIABLES);
    FERMATA_EXPECT_FAILED(run, "the customer service answered 503");
    FERMATA_EXPECT_TEXT(run->code, "HTTP_503");
    FERMATA_EXPECT(!run->has_retries);
    FERMATA_EXPECT(run->has_retry_after && run->retry_after_ms == 7000);
}

static void no_answer_is_a_failure_that_says_why(void) {
    fermata_test_host *host = host_with_grants();
    fermata_test_no_answer(host, "GET", BASE_URL "/customers/C-1", FERMATA_TIMEOUT,
                           "the HTTP host did not answer in time");
    FERMATA_EXPECT_FAILED(fermata_test_do(host, VARIABLES), "the HTTP host did not answer in time");
}

static void another_answer_than_a_customer_is_final(void) {
    const char *bodies[] = {"<html>", "[]", "{\"name\": \"Ada\"}", "{\"name\": \"Ada\", \"score\": 1.5}"};
    for (size_t index = 0; index < sizeof bodies / sizeof *bodies; index++) {
        fermata_test_host *host = host_with_grants();
        fermata_test_answer(host, "GET", BASE_URL "/customers/C-1", 200, bodies[index]);
        const fermata_test_run *run = fermata_test_do(host, VARIABLES);
        FERMATA_EXPECT_FAILED(run, "the customer service answered something else than a customer");
        FERMATA_EXPECT(run->has_retries && run->retries == 0);
    }
}

static void a_later_attempt_goes_on_after_the_checkpoint(void) {
    fermata_test_host *host = host_with_grants();
    fermata_test_answer(host, "GET", BASE_URL "/customers/C-1", 200, ADA);
    fermata_test_answer(host, "POST", BASE_URL "/checks", 500, NULL);
    FERMATA_EXPECT_FAILED(fermata_test_do(host, VARIABLES), "the check service answered 500");

    fermata_test_answer(host, "POST", BASE_URL "/checks", 201, "{\"id\": \"chk-7\"}");
    const fermata_test_run *run = fermata_test_do(host, VARIABLES);
    FERMATA_EXPECT_COMPLETED(run, "{\"customerName\": \"Ada\", \"checkId\": \"chk-7\", \"approved\": true}");
    FERMATA_EXPECT(run->request_count == 1);
}

static void what_is_missing_is_named(void) {
    const fermata_test_run *run = fermata_test_do(host_with_grants(), "{}");
    FERMATA_EXPECT_FAILED(run, "variable `customer` is missing");
    FERMATA_EXPECT(run->has_retries && run->retries == 0);
    FERMATA_EXPECT_FAILED(fermata_test_do(host_with_grants(), "{\"customer\": 7}"), "variable `customer` is not a text");

    fermata_test_host *bare = fermata_test_host_new();
    FERMATA_EXPECT_FAILED(fermata_test_do(bare, VARIABLES), "setting `base-url` is missing");
    fermata_test_config(bare, "base-url", BASE_URL);
    FERMATA_EXPECT_FAILED(fermata_test_do(bare, VARIABLES), "the secret `CUSTOMER_API_KEY` is not granted");
}

int main(void) {
    FERMATA_TEST(a_customer_is_checked);
    FERMATA_TEST(a_low_score_is_not_approved);
    FERMATA_TEST(the_setting_may_end_with_a_slash_and_the_score_with_a_zero);
    FERMATA_TEST(the_id_is_encoded);
    FERMATA_TEST(an_unknown_customer_is_a_business_error);
    FERMATA_TEST(an_outage_is_a_failure_with_the_wait_that_the_service_asks_for);
    FERMATA_TEST(no_answer_is_a_failure_that_says_why);
    FERMATA_TEST(another_answer_than_a_customer_is_final);
    FERMATA_TEST(a_later_attempt_goes_on_after_the_checkpoint);
    FERMATA_TEST(what_is_missing_is_named);
    return fermata_test_summary();
}
