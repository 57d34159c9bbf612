/* Why something that a worker asked for did not come. */
#ifndef FERMATA_ERROR_H
#define FERMATA_ERROR_H

#include <stdbool.h>

/* What kind of thing did not come. */
typedef enum fermata_error_kind {
    /* The HTTP request cannot be built: a bad URL, header or body. */
    FERMATA_INVALID_REQUEST,
    /* The host does not send this request: a grant is missing, or something about it is never sent. */
    FERMATA_REFUSED,
    /* The HTTP host's name has no address. */
    FERMATA_DNS,
    /* Nobody accepted the connection, or it broke before the answer began. */
    FERMATA_CONNECT,
    /* The HTTP host's certificate or TLS version is not acceptable. */
    FERMATA_TLS,
    /* No answer, or not all of it, within the request's time. The request may have had its effect. */
    FERMATA_TIMEOUT,
    /* The answer is not valid HTTP, or it ended too early. The request may have had its effect. */
    FERMATA_PROTOCOL,
    /* More bytes than a limit, which the message names. */
    FERMATA_TOO_LARGE,
    /* The body of an HTTP answer is not JSON. */
    FERMATA_UNEXPECTED_BODY,
    /* A text that the worker has read is not JSON. */
    FERMATA_UNEXPECTED_JSON,
    /* What is stored as checkpoint is not JSON: something else wrote it. */
    FERMATA_UNREADABLE_CHECKPOINT,
    /* A later attempt of this job has started; this one no longer counts. */
    FERMATA_SUPERSEDED,
    /* The host's store, or its settings, did not answer. */
    FERMATA_UNAVAILABLE,
    /* The operator has not granted this use of the secret. */
    FERMATA_NOT_GRANTED,
    /* The secret is granted and has no value. */
    FERMATA_NOT_SET,
    /* The host does not record effects. */
    FERMATA_NOT_OFFERED,
    /* The call was begun before with another content. */
    FERMATA_DIGEST_DIFFERS,
    /* The call was not begun in this job. */
    FERMATA_NOT_BEGUN,
    /* What was asked for has no name, or one that is not UTF-8. */
    FERMATA_INVALID_NAME,
} fermata_error_kind;

/* What a function that can fail says; it takes NULL from who does not want to know. */
typedef struct fermata_error {
    fermata_error_kind kind;
    /* What happened and, where there is something, what to do about it. */
    const char *message;
} fermata_error;

/* Whether a retry would meet the same error, until somebody changes the worker, its input or its grants. */
bool fermata_error_is_permanent(const fermata_error *error);

#endif
