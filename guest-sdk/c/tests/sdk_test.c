#include "sdk_test.h"

static fermata_outcome *(*current)(const fermata_job *job);

fermata_outcome *handle(const fermata_job *job) {
    return current(job);
}

const fermata_test_run *do_with(fermata_test_host *host, fermata_outcome *(*worker)(const fermata_job *job),
                                const char *variables) {
    current = worker;
    return fermata_test_do(host, variables);
}

int main(void) {
    json_tests();
    outcome_tests();
    http_tests();
    return fermata_test_summary();
}
