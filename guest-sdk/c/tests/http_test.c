#include <string.h>

#include "sdk_test.h"

/* A request whose URL and header are the job's. */
static fermata_outcome *sends(const fermata_job *job) {
    fermata_error error;
    const char *method = fermata_json_as_text(fermata_json_get(job->variables, "method"));
    const char *header = fermata_json_as_text(fermata_json_get(job->variables, "header"));
    fermata_request *request = fermata_request_new(
        method == NULL ? "GET" : method, fermata_json_as_text(fermata_json_get(job->variables, "url")));
    if (header != NULL) fermata_request_header(request, "x-test", header);
    if (fermata_json_get(job->variables, "secret") != NULL)
        fermata_request_bearer(request, fermata_secret("UNKNOWN", NULL));
    fermata_request_body_bytes_max(request, 4);
    const fermata_response *response = fermata_send(request, &error);
    if (response == NULL) return fermata_failed_by(&error);
    return fermata_completed(fermata_json_set_text(fermata_json_object(), "body", response->body));
}

static void urls_are_split_without_their_fragment(void) {
    static const struct {
        const char *variables;
        const char *sent;
    } cases[] = {
        {"{\"url\": \"https://api.example.org/v1/a?b=c#d\"}", "https://api.example.org/v1/a?b=c"},
        {"{\"url\": \"HTTPS://api.example.org\"}", "https://api.example.org/"},
        {"{\"url\": \"http://[::1]:8080?x=1\"}", "http://[::1]:8080/?x=1"},
    };
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        fermata_test_host *host = fermata_test_host_new();
        fermata_test_answer(host, "GET", cases[index].sent, 200, "good");
        FERMATA_EXPECT_COMPLETED(do_with(host, sends, cases[index].variables), "{\"body\": \"good\"}");
    }
}

static void what_cannot_be_sent_is_named_and_not_retried(void) {
    static const struct {
        const char *variables;
        const char *message;
    } cases[] = {
        {"{}", "it has no URL"},
        {"{\"url\": \"/a\"}", "`/a` is not an absolute URL"},
        {"{\"url\": \"ftp://a/b\"}", "`ftp://a/b` is neither http nor https"},
        {"{\"url\": \"https:///b\"}", "`https:///b` names no host"},
        {"{\"url\": \"https://me:pw@a/\"}", "its URL carries credentials; send them in a header"},
        {"{\"url\": \"https://a/\", \"method\": \"G T\"}", "it has no valid method"},
        {"{\"url\": \"https://a/\", \"header\": \"a\\r\\nb: c\"}",
         "the header `x-test` has a control character in its value"},
        {"{\"url\": \"https://a/\", \"secret\": true}", "the header `authorization` has no value"},
    };
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        const fermata_test_run *run = do_with(fermata_test_host_new(), sends, cases[index].variables);
        FERMATA_EXPECT_FAILED(run, fermata_format("the HTTP request cannot be built: %s", cases[index].message));
        FERMATA_EXPECT(run->has_retries && run->retries == 0 && run->request_count == 0);
    }
}

static fermata_outcome *sends_latin(const fermata_job *job) {
    fermata_error error;
    (void)job;
    fermata_send(fermata_request_new("GET", "https://a/gr\xfc" "n"), &error);
    return fermata_failed_by(&error);
}

static void a_url_that_is_not_utf_8_is_not_sent(void) {
    const fermata_test_run *run = do_with(fermata_test_host_new(), sends_latin, "{}");
    FERMATA_EXPECT_FAILED(run, "the HTTP request cannot be built: `https://a/gr\xef\xbf\xbdn` is not UTF-8;"
                               " encode its parts");
    FERMATA_EXPECT(run->has_retries && run->retries == 0);
}

static void an_answer_over_the_limit_is_no_answer(void) {
    fermata_test_host *host = fermata_test_host_new();
    fermata_test_answer(host, "GET", "https://a/", 200, "12345");
    FERMATA_EXPECT_FAILED(do_with(host, sends, "{\"url\": \"https://a/\"}"), "the HTTP answer has more than 4 bytes");
}

static void a_wait_is_read_in_whole_seconds(void) {
    static const struct {
        const char *text;
        bool is_read;
        uint64_t wait_ms;
    } cases[] = {
        {"7", true, 7000}, {" 0 ", true, 0}, {"999999999", true, UINT64_C(999999999000)}, {"9999999999", false, 0},
        {"-1", false, 0}, {"1.5", false, 0}, {"", false, 0}, {"Wed, 21 Oct 2026 07:28:00 GMT", false, 0},
    };
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        const fermata_pair header = {.name = "Retry-After", .value = cases[index].text};
        const fermata_response response = {.status = 503, .headers = &header, .header_count = 1, .body = ""};
        uint64_t wait_ms = 0;
        FERMATA_EXPECT(fermata_response_retry_after_ms(&response, &wait_ms) == cases[index].is_read);
        FERMATA_EXPECT(wait_ms == cases[index].wait_ms);
    }
}

static void an_answer_that_is_no_json_says_where(void) {
    const fermata_response response = {.status = 200, .body = "<html>", .body_bytes = 6};
    fermata_error error;
    FERMATA_EXPECT(fermata_response_json(&response, &error) == NULL);
    FERMATA_EXPECT_TEXT(error.message,
                        "the HTTP answer cannot be read: not JSON at byte 0: expected a value; its status is 200");
    FERMATA_EXPECT(error.kind == FERMATA_UNEXPECTED_BODY && !fermata_error_is_permanent(&error));
}

static void an_answer_with_more_json_than_is_read_is_not_asked_for_again(void) {
    const size_t bytes = FERMATA_JSON_BYTES_MAX + 1;
    const fermata_response response = {.status = 200, .body = fermata_alloc(bytes), .body_bytes = bytes};
    fermata_error error;
    FERMATA_EXPECT(fermata_response_json(&response, &error) == NULL);
    FERMATA_EXPECT_TEXT(error.message, "the HTTP answer cannot be read: JSON of 16777217 bytes; 16777216 are the limit;"
                                       " its status is 200");
    FERMATA_EXPECT(error.kind == FERMATA_TOO_LARGE && fermata_error_is_permanent(&error));
}

static fermata_outcome *is_refused(const fermata_job *job) {
    (void)job;
    const fermata_response *response = fermata_send(fermata_request_new("GET", "https://a.example/"), NULL);
    return fermata_failed_response(response, "%s answered %d", "it", response->status);
}

static void an_unwelcome_answer_is_a_failure_that_waits_as_long_as_it_says(void) {
    fermata_test_host *host = fermata_test_host_new();
    fermata_test_answer(host, "GET", "https://a.example/", 503, NULL);
    const fermata_test_run *now = do_with(host, is_refused, "{}");
    FERMATA_EXPECT_FAILED(now, "it answered 503");
    FERMATA_EXPECT_TEXT(now->code, "HTTP_503");
    FERMATA_EXPECT(!now->has_retry_after && !now->has_retries);
    fermata_test_answer(host, "GET", "https://a.example/", 503, NULL);
    fermata_test_answer_header(host, "Retry-After", "20");
    const fermata_test_run *later = do_with(host, is_refused, "{}");
    FERMATA_EXPECT(later->has_retry_after && later->retry_after_ms == 20000 && !later->has_retries);
}

static fermata_outcome *counts_bytes(const fermata_job *job) {
    (void)job;
    const fermata_response *response = fermata_send(fermata_request_new("GET", "https://a.example/"), NULL);
    bool ends_with_zero = response->body[response->body_bytes - 1] == '\0';
    fermata_json *variables = fermata_json_set_bool(fermata_json_object(), "zero", ends_with_zero);
    fermata_json_set_int64(variables, "left", (int64_t)(fermata_deadline_ms() - UINT64_C(1767225600000)));
    return fermata_completed(fermata_json_set_int64(variables, "bytes", (int64_t)response->body_bytes));
}

static void a_test_answers_bytes_and_says_how_long_an_attempt_may_take(void) {
    fermata_test_host *host = fermata_test_host_new();
    fermata_test_answer_bytes(host, "GET", "https://a.example/", 200, "a\0b\0", 4);
    fermata_test_time_left_ms(host, 500);
    FERMATA_EXPECT_COMPLETED(do_with(host, counts_bytes, "{}"), "{\"zero\": true, \"bytes\": 4, \"left\": 500}");
}

void http_tests(void) {
    FERMATA_TEST(an_unwelcome_answer_is_a_failure_that_waits_as_long_as_it_says);
    FERMATA_TEST(a_test_answers_bytes_and_says_how_long_an_attempt_may_take);
    FERMATA_TEST(urls_are_split_without_their_fragment);
    FERMATA_TEST(a_url_that_is_not_utf_8_is_not_sent);
    FERMATA_TEST(what_cannot_be_sent_is_named_and_not_retried);
    FERMATA_TEST(an_answer_over_the_limit_is_no_answer);
    FERMATA_TEST(a_wait_is_read_in_whole_seconds);
    FERMATA_TEST(an_answer_that_is_no_json_says_where);
    FERMATA_TEST(an_answer_with_more_json_than_is_read_is_not_asked_for_again);
}
