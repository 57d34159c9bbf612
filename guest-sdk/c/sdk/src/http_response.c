#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "error.h"
#include "http.h"
#include "memory.h"

/* A vendor that asks to wait longer than this many seconds (over 30 years) asks for nothing that can be kept. */
#define RETRY_AFTER_DIGITS_MAX 9

bool sdk_same_header_name(const char *left, const char *right) {
    for (; *left != '\0' && tolower((unsigned char)*left) == tolower((unsigned char)*right); left++) right++;
    return *left == *right;
}

const char *fermata_response_header(const fermata_response *response, const char *name) {
    for (size_t index = 0; index < response->header_count; index++)
        if (sdk_same_header_name(response->headers[index].name, name)) return response->headers[index].value;
    return NULL;
}

const fermata_json *fermata_response_json(const fermata_response *response, fermata_error *error) {
    fermata_error reason;
    const fermata_json *value = fermata_json_parse(response->body, response->body_bytes, &reason);
    if (value == NULL)
        sdk_fail(error, reason.kind == FERMATA_TOO_LARGE ? FERMATA_TOO_LARGE : FERMATA_UNEXPECTED_BODY,
                 "the HTTP answer cannot be read: %s; its status is %d", reason.message, response->status);
    return value;
}

bool fermata_response_retry_after_ms(const fermata_response *response, uint64_t *wait_ms) {
    const char *text = fermata_response_header(response, "retry-after");
    if (text == NULL) return false;
    text += strspn(text, " \t");
    size_t digits = strspn(text, "0123456789");
    size_t space = strspn(text + digits, " \t");
    if (digits == 0 || digits > RETRY_AFTER_DIGITS_MAX || text[digits + space] != '\0') return false;
    uint64_t seconds = 0;
    for (size_t index = 0; index < digits; index++) seconds = seconds * 10 + (uint64_t)(text[index] - '0');
    *wait_ms = seconds * 1000;
    return true;
}

fermata_outcome *fermata_failed_response(const fermata_response *response, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fermata_outcome *failure = fermata_failed("%s", sdk_format_list(format, arguments));
    va_end(arguments);
    fermata_with_code(failure, fermata_format("HTTP_%d", response->status));
    uint64_t wait_ms;
    if (fermata_response_retry_after_ms(response, &wait_ms)) fermata_with_retry_after_ms(failure, wait_ms);
    return failure;
}
