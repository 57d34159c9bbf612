/* What the files of these tests share. */
#ifndef SDK_TEST_H
#define SDK_TEST_H

#include <fermata/testing.h>

/* Has the function do a job on the host, as `fermata_test_do` does with a worker. */
const fermata_test_run *do_with(fermata_test_host *host, fermata_outcome *(*worker)(const fermata_job *job),
                                const char *variables);

void json_tests(void);
void outcome_tests(void);
void http_tests(void);

#endif
