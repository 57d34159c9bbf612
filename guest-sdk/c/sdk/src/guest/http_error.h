/* The errors of `wasi:http` in a worker's words. */
#ifndef FERMATA_SDK_GUEST_HTTP_ERROR_H
#define FERMATA_SDK_GUEST_HTTP_ERROR_H

#include "../http.h"
#include "connector.h"

/* Fills in the error and gives the code's memory back. Always false. */
bool guest_http_failed(wasi_http_types_error_code_t *code, const fermata_request *request, const sdk_url *url,
                       fermata_error *error);

/* The answer is over the request's limit. Always false. */
bool guest_http_too_large(uint64_t bytes_max, fermata_error *error);

#endif
