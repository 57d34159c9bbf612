#include <string.h>

#include "error.h"
#include "http.h"
#include "memory.h"

fermata_request *fermata_request_new(const char *method, const char *url) {
    fermata_request *request = fermata_alloc(sizeof *request);
    request->method = sdk_copy_text(method);
    request->url = sdk_copy_text(url);
    request->timeout_ms = FERMATA_HTTP_TIMEOUT_MS;
    request->body_bytes_max = FERMATA_HTTP_BODY_BYTES_MAX;
    return request;
}

void fermata_request_header(fermata_request *request, const char *name, const char *value) {
    sdk_header *header = fermata_alloc(sizeof *header);
    header->name = sdk_copy_text(name);
    header->value = sdk_copy_text(value);
    if (request->last_header == NULL) request->first_header = header;
    else request->last_header->next = header;
    request->last_header = header;
}

void fermata_request_bearer(fermata_request *request, const char *token) {
    fermata_request_header(request, "authorization", token == NULL ? NULL : fermata_format("Bearer %s", token));
}

void fermata_request_body(fermata_request *request, const void *body, size_t bytes) {
    request->body = sdk_copy(body, bytes);
    request->body_bytes = bytes;
}

void fermata_request_json(fermata_request *request, const fermata_json *value) {
    request->body = fermata_json_write(value);
    request->body_bytes = strlen(request->body);
    fermata_request_header(request, "content-type", "application/json");
}

void fermata_request_timeout_ms(fermata_request *request, uint64_t timeout_ms) {
    request->timeout_ms = timeout_ms;
}

void fermata_request_body_bytes_max(fermata_request *request, size_t bytes) {
    request->body_bytes_max = bytes;
}

static bool is_token(const char *text) {
    if (text == NULL || *text == '\0') return false;
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        bool is_alphanumeric = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                               (byte >= '0' && byte <= '9');
        if (!is_alphanumeric && strchr("!#$%&'*+-.^_`|~", byte) == NULL) return false;
    }
    return true;
}

static bool is_header_value(const char *text) {
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        if ((byte < 0x20 && byte != '\t') || byte == 0x7f) return false;
    }
    return true;
}

static bool check_headers(const fermata_request *request, fermata_error *error) {
    for (const sdk_header *header = request->first_header; header != NULL; header = header->next) {
        if (!is_token(header->name))
            return sdk_fail(error, FERMATA_INVALID_REQUEST, "the HTTP request cannot be built: a header has no valid name");
        if (header->value == NULL || !is_header_value(header->value))
            return sdk_fail(error, FERMATA_INVALID_REQUEST,
                            "the HTTP request cannot be built: the header `%s` has %s", header->name,
                            header->value == NULL ? "no value" : "a control character in its value");
    }
    return true;
}

const fermata_response *fermata_send(const fermata_request *request, fermata_error *error) {
    sdk_url url;
    if (!is_token(request->method)) {
        sdk_fail(error, FERMATA_INVALID_REQUEST, "the HTTP request cannot be built: it has no valid method");
        return NULL;
    }
    if (!sdk_url_parse(request->url, &url, error) || !check_headers(request, error)) return NULL;
    return sdk_http_send(request, &url, error);
}
