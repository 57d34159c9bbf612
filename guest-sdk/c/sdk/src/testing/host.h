/* What a test has set and what the worker has done. */
#ifndef FERMATA_SDK_TESTING_HOST_H
#define FERMATA_SDK_TESTING_HOST_H

#include <fermata/testing.h>

#include "../outcome.h"

typedef struct test_setting {
    const char *name;
    /* NULL for a secret that is not revealed. */
    const char *value;
    struct test_setting *next;
} test_setting;

typedef struct test_exchange {
    const char *method;
    const char *url;
    fermata_response response;
    /* Instead of an answer. */
    bool has_error;
    fermata_error error;
    struct test_exchange *next;
} test_exchange;

typedef struct test_effect {
    const char *name;
    const char *digest;
    size_t digest_bytes;
    const char *answer;
    size_t answer_bytes;
    struct test_effect *next;
} test_effect;

struct fermata_test_host {
    const char *job_type;
    fermata_job_kind kind;
    fermata_pair *headers;
    size_t header_count;
    uint32_t attempt;
    uint32_t retries_left;
    uint64_t time_left_ms;
    test_setting *secrets;
    test_setting *config;
    const char *checkpoint;
    size_t checkpoint_bytes;
    uint32_t checkpoint_attempt;
    test_effect *effects;
    test_exchange *first_exchange;
    test_exchange *last_exchange;
    fermata_test_request *requests;
    size_t request_count;
    fermata_test_record *records;
    size_t record_count;
};

/* The host that runs a worker at the moment; a test that has none fails. */
fermata_test_host *test_host(void);
void test_set_host(fermata_test_host *host);

/* A list with room for one more item at its end, which is zeroed. */
void *test_grow(const void *items, size_t count, size_t item_bytes);

#endif
