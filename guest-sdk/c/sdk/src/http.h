/* What HTTP requests are made of. */
#ifndef FERMATA_SDK_HTTP_H
#define FERMATA_SDK_HTTP_H

#include <fermata/http.h>

/* An absolute `http` or `https` URL, split as `wasi:http` wants it. */
typedef struct sdk_url {
    bool is_secure;
    /* Host and, where it is given, port. */
    const char *authority;
    /* Begins with a slash; without fragment. */
    const char *path_and_query;
} sdk_url;

/* Splits a URL. The host checks the parts themselves. */
bool sdk_url_parse(const char *text, sdk_url *url, fermata_error *error);

typedef struct sdk_header {
    const char *name;
    const char *value;
    struct sdk_header *next;
} sdk_header;

struct fermata_request {
    const char *method;
    const char *url;
    sdk_header *first_header;
    sdk_header *last_header;
    const char *body;
    size_t body_bytes;
    uint64_t timeout_ms;
    size_t body_bytes_max;
};

/* Sends a request that was checked. The host and the test double define it. */
const fermata_response *sdk_http_send(const fermata_request *request, const sdk_url *url, fermata_error *error);

bool sdk_same_header_name(const char *left, const char *right);

#endif
