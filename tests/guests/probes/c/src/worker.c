/* Meets the errors that it is asked to meet, and leaves them to the SDK. */
#include <fermata.h>

#include <string.h>

/* How long a request may take where it is to be late. */
#define PATIENCE_MS 200

/* More than a host stores. */
#define CHECKPOINT_BYTES (((size_t)1 << 20) + 1)

/* Latin-1, and no UTF-8. */
#define TEXT "gr\xfc" "n"

static fermata_outcome *done(const fermata_json *found) {
    return fermata_completed(fermata_json_set(fermata_json_object(), "found", found));
}

static fermata_outcome *ask(const char *url, uint64_t timeout_ms, bool reads_json) {
    fermata_error error;
    fermata_request *request = fermata_request_new("GET", url);
    fermata_request_timeout_ms(request, timeout_ms);
    const fermata_response *response = fermata_send(request, &error);
    if (response == NULL) return fermata_failed_by(&error);
    if (!reads_json) return done(fermata_json_int64(response->status));
    const fermata_json *body = fermata_response_json(response, &error);
    return body == NULL ? fermata_failed_by(&error) : done(body);
}

static fermata_outcome *begin_effect(void) {
    fermata_error error;
    fermata_effect effect;
    return fermata_effect_begin("charge", "10 EUR", 6, &effect, &error) ? done(NULL) : fermata_failed_by(&error);
}

static fermata_outcome *use_checkpoint(bool is_large) {
    fermata_error error;
    const fermata_json *found = NULL;
    bool is_good = is_large ? fermata_checkpoint_put(fermata_alloc(CHECKPOINT_BYTES), CHECKPOINT_BYTES, &error)
                            : fermata_checkpoint_get_json(&found, &error);
    return is_good ? done(found) : fermata_failed_by(&error);
}

static fermata_outcome *ask_secret(void) {
    fermata_error error;
    const char *token = fermata_secret("NOT_GRANTED", &error);
    return token == NULL ? fermata_failed_by(&error) : done(fermata_json_text(token));
}

fermata_outcome *handle(const fermata_job *job) {
    const char *asked = fermata_json_as_text(fermata_json_get(job->variables, "case"));
    const char *url = fermata_json_as_text(fermata_json_get(job->variables, "url"));
    if (strcmp(asked, "get") == 0) return ask(url, FERMATA_HTTP_TIMEOUT_MS, false);
    if (strcmp(asked, "json") == 0) return ask(url, FERMATA_HTTP_TIMEOUT_MS, true);
    if (strcmp(asked, "late") == 0) return ask(url, PATIENCE_MS, false);
    if (strcmp(asked, "effect") == 0) return begin_effect();
    if (strcmp(asked, "secret") == 0) return ask_secret();
    if (strcmp(asked, "checkpoint") == 0) return use_checkpoint(false);
    if (strcmp(asked, "large-checkpoint") == 0) return use_checkpoint(true);
    if (strcmp(asked, "mistake") == 0) return fermata_failed("it broke");
    if (strcmp(asked, "list") == 0)
        return fermata_completed(fermata_json_add(fermata_json_array(), fermata_json_int64(1)));
    if (strcmp(asked, "log") == 0) fermata_log(FERMATA_INFO, TEXT, "field", TEXT, NULL);
    if (strcmp(asked, "log") == 0) return fermata_completed(NULL);
    if (strcmp(asked, "message") == 0) return fermata_with_code(fermata_failed("%s", TEXT), TEXT);
    if (strcmp(asked, "error") == 0) return fermata_bpmn_error(TEXT, TEXT);
    if (strcmp(asked, "result") == 0)
        return fermata_completed(fermata_json_set_text(fermata_json_object(), "text", TEXT));
    return fermata_with_retries(fermata_failed("there is no case `%s`", asked), 0);
}
