/* The functions of the host, answered from a test's settings. */
#include <string.h>

#include "../error.h"
#include "../http.h"
#include "../log.h"
#include "../memory.h"
#include "host.h"

/* The attempt starts at 2026-01-01T00:00:00Z. */
#define START_MS UINT64_C(1767225600000)

static fermata_pair *copy_pairs(const fermata_pair *pairs, size_t count) {
    fermata_pair *copies = fermata_alloc(count * sizeof *copies);
    for (size_t index = 0; index < count; index++)
        copies[index] = (fermata_pair){sdk_copy_text(pairs[index].name), sdk_copy_text(pairs[index].value)};
    return copies;
}

static const char *find_pair(const fermata_pair *pairs, size_t count, const char *name) {
    for (size_t index = 0; index < count; index++)
        if (sdk_same_header_name(pairs[index].name, name)) return pairs[index].value;
    return NULL;
}

void sdk_log(fermata_level level, const char *message, const fermata_pair *fields, size_t field_count) {
    fermata_test_host *host = test_host();
    host->records = test_grow(host->records, host->record_count, sizeof *host->records);
    host->records[host->record_count++] = (fermata_test_record){
        .level = level,
        .message = sdk_copy_text(message),
        .fields = copy_pairs(fields, field_count),
        .field_count = field_count,
    };
}

const char *fermata_test_record_field(const fermata_test_record *record, const char *name) {
    return find_pair(record->fields, record->field_count, name);
}

uint32_t fermata_attempt(void) {
    return test_host()->attempt;
}

uint32_t fermata_retries_left(void) {
    return test_host()->retries_left;
}

uint64_t fermata_deadline_ms(void) {
    return START_MS + test_host()->time_left_ms;
}

const char *fermata_process_instance_key(void) {
    return "2251799813685250";
}

const char *fermata_process_definition_key(void) {
    return "2251799813685251";
}

const char *fermata_process_definition_id(void) {
    return "test-process";
}

uint32_t fermata_process_definition_version(void) {
    return 1;
}

const char *fermata_element_id(void) {
    return "test-task";
}

const char *fermata_element_instance_key(void) {
    return "2251799813685252";
}

const char *fermata_tenant_id(void) {
    return "<default>";
}

bool fermata_checkpoint_get(fermata_checkpoint *saved, fermata_error *error) {
    (void)error;
    const fermata_test_host *host = test_host();
    *saved = (fermata_checkpoint){
        .value = host->checkpoint,
        .bytes = host->checkpoint_bytes,
        .writer_version = host->checkpoint == NULL ? NULL : "0.0.0",
        .attempt = host->checkpoint_attempt,
    };
    return true;
}

bool fermata_checkpoint_put(const void *value, size_t bytes, fermata_error *error) {
    (void)error;
    fermata_test_host *host = test_host();
    host->checkpoint = sdk_copy(value, bytes);
    host->checkpoint_bytes = bytes;
    host->checkpoint_attempt = host->attempt;
    return true;
}

static const test_setting *find_setting(const test_setting *settings, const char *name) {
    while (settings != NULL && strcmp(settings->name, name) != 0) settings = settings->next;
    return settings;
}

const char *fermata_secret(const char *name, fermata_error *error) {
    if (!sdk_is_name(name, error)) return NULL;
    if (find_setting(test_host()->secrets, name) != NULL) return fermata_format("{secret %s}", name);
    sdk_fail(error, FERMATA_NOT_GRANTED, "the secret `%s` is not granted", name);
    return NULL;
}

const char *fermata_reveal_secret(const char *name, fermata_error *error) {
    if (!sdk_is_name(name, error)) return NULL;
    const test_setting *secret = find_setting(test_host()->secrets, name);
    if (secret != NULL && secret->value != NULL) return secret->value;
    sdk_fail(error, FERMATA_NOT_GRANTED, "revealing the secret `%s` is not granted", name);
    return NULL;
}

bool fermata_config(const char *key, const char **value, fermata_error *error) {
    *value = NULL;
    if (!sdk_is_name(key, error)) return false;
    const test_setting *setting = find_setting(test_host()->config, key);
    *value = setting == NULL ? NULL : setting->value;
    return true;
}

static test_effect *find_effect(const char *name) {
    test_effect *effect = test_host()->effects;
    while (effect != NULL && strcmp(effect->name, name) != 0) effect = effect->next;
    return effect;
}

bool fermata_effect_begin(const char *name, const void *digest, size_t digest_bytes, fermata_effect *effect,
                          fermata_error *error) {
    *effect = (fermata_effect){0};
    if (!sdk_is_name(name, error)) return false;
    test_effect *known = find_effect(name);
    *effect = (fermata_effect){.state = FERMATA_EFFECT_FRESH, .vendor_key = fermata_format("effect %s", name)};
    if (known == NULL) {
        known = fermata_alloc(sizeof *known);
        *known = (test_effect){.name = sdk_copy_text(name), .digest = sdk_copy(digest, digest_bytes),
                               .digest_bytes = digest_bytes, .next = test_host()->effects};
        test_host()->effects = known;
        return true;
    }
    if (known->digest_bytes != digest_bytes || memcmp(known->digest, digest, digest_bytes) != 0)
        return sdk_fail(error, FERMATA_DIGEST_DIFFERS, "the call was begun before with another content");
    effect->state = known->answer == NULL ? FERMATA_EFFECT_UNKNOWN : FERMATA_EFFECT_ANSWERED;
    if (known->answer != NULL) effect->vendor_key = NULL;
    effect->answer = known->answer;
    effect->answer_bytes = known->answer_bytes;
    return true;
}

bool fermata_effect_finish(const char *name, const void *answer, size_t answer_bytes, fermata_error *error) {
    if (!sdk_is_name(name, error)) return false;
    test_effect *known = find_effect(name);
    if (known == NULL) return sdk_fail(error, FERMATA_NOT_BEGUN, "the call was not begun in this job");
    known->answer = sdk_copy(answer, answer_bytes);
    known->answer_bytes = answer_bytes;
    return true;
}

const char *fermata_test_request_header(const fermata_test_request *request, const char *name) {
    return find_pair(request->headers, request->header_count, name);
}

static void note_request(fermata_test_host *host, const fermata_request *request, const char *url) {
    fermata_pair *headers = NULL;
    size_t header_count = 0;
    for (const sdk_header *header = request->first_header; header != NULL; header = header->next) {
        headers = test_grow(headers, header_count, sizeof *headers);
        headers[header_count++] = (fermata_pair){.name = header->name, .value = header->value};
    }
    host->requests = test_grow(host->requests, host->request_count, sizeof *host->requests);
    host->requests[host->request_count++] = (fermata_test_request){
        .method = request->method,
        .url = url,
        .headers = headers,
        .header_count = header_count,
        .body = request->body == NULL ? "" : sdk_copy(request->body, request->body_bytes),
        .body_bytes = request->body_bytes,
        .timeout_ms = request->timeout_ms,
    };
}

const fermata_response *sdk_http_send(const fermata_request *request, const sdk_url *url, fermata_error *error) {
    fermata_test_host *host = test_host();
    const char *sent = fermata_format("%s://%s%s", url->is_secure ? "https" : "http", url->authority,
                                      url->path_and_query);
    test_exchange *exchange = host->first_exchange;
    note_request(host, request, sent);
    if (exchange == NULL)
        sdk_stop(fermata_format("the worker sent %s %s, and the test expects no further request", request->method, sent));
    if (strcmp(exchange->method, request->method) != 0 || strcmp(exchange->url, sent) != 0)
        sdk_stop(fermata_format("the worker sent %s %s where the test expects %s %s", request->method, sent,
                                exchange->method, exchange->url));
    host->first_exchange = exchange->next;
    if (host->first_exchange == NULL) host->last_exchange = NULL;
    if (exchange->has_error) {
        sdk_fail(error, exchange->error.kind, "%s", exchange->error.message);
        return NULL;
    }
    if (exchange->response.body_bytes > request->body_bytes_max) {
        sdk_fail(error, FERMATA_TOO_LARGE, "the HTTP answer has more than %zu bytes", request->body_bytes_max);
        return NULL;
    }
    return &exchange->response;
}
