/* Running tests, and what they expect. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../memory.h"
#include "host.h"

static jmp_buf end_of_test;
static bool is_testing;
static unsigned passed, failed;

void fermata_test_case(const char *name, void (*test)(void)) {
    is_testing = true;
    if (setjmp(end_of_test) == 0) {
        test();
        passed++;
        printf("ok      %s\n", name);
    } else {
        failed++;
        printf("FAILED  %s\n", name);
    }
    is_testing = false;
    test_set_host(NULL);
    sdk_release_memory();
}

int fermata_test_summary(void) {
    printf("%u passed, %u failed\n", passed, failed);
    return failed == 0 && passed > 0 ? 0 : 1;
}

static _Noreturn void end_test(void) {
    fflush(stdout);
    if (!is_testing) {
        fputs("expectations belong into a test that `FERMATA_TEST` runs\n", stderr);
        fflush(stderr);
        __builtin_trap();
    }
    longjmp(end_of_test, 1);
}

void fermata_test_fail(const char *file, int line, const char *format, ...) {
    va_list arguments;
    printf("%s:%d: ", file, line);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    end_test();
}

_Noreturn void sdk_stop(const char *why) {
    printf("%s\n", why);
    end_test();
}

void fermata_test_expect_text(const char *file, int line, const char *actual, const char *expected) {
    bool is_same = actual == NULL || expected == NULL ? actual == expected : strcmp(actual, expected) == 0;
    if (!is_same)
        fermata_test_fail(file, line, "expected %s\n     got %s", expected == NULL ? "no text" : expected,
                          actual == NULL ? "no text" : actual);
}

void fermata_test_expect_json(const char *file, int line, const fermata_json *actual, const char *expected) {
    fermata_error error;
    const fermata_json *value = fermata_json_parse(expected, strlen(expected), &error);
    if (value == NULL) fermata_test_fail(file, line, "the expectation is %s", error.message);
    if (!fermata_json_equal(actual, value))
        fermata_test_fail(file, line, "expected %s\n     got %s", fermata_json_write(value),
                          actual == NULL ? "no value" : fermata_json_write(actual));
}

static const char *describe(const fermata_test_run *run) {
    switch (run->end) {
    case FERMATA_TEST_COMPLETED:
        return fermata_format("completed with %s", fermata_json_write(run->variables));
    case FERMATA_TEST_AGAIN:
        return "asked to be run again";
    case FERMATA_TEST_PARKED:
        return "parked";
    case FERMATA_TEST_BPMN_ERROR:
        return fermata_format("ended with the BPMN error %s: %s", run->code, run->message);
    default:
        return fermata_format("failed: %s", run->message);
    }
}

static void expect_end(const char *file, int line, const fermata_test_run *run, fermata_test_end end) {
    if (run->end != end) fermata_test_fail(file, line, "the job %s", describe(run));
}

void fermata_test_expect_completed(const char *file, int line, const fermata_test_run *run, const char *variables) {
    expect_end(file, line, run, FERMATA_TEST_COMPLETED);
    fermata_test_expect_json(file, line, run->variables, variables);
}

void fermata_test_expect_bpmn_error(const char *file, int line, const fermata_test_run *run, const char *code) {
    expect_end(file, line, run, FERMATA_TEST_BPMN_ERROR);
    fermata_test_expect_text(file, line, run->code, code);
}

void fermata_test_expect_failed(const char *file, int line, const fermata_test_run *run, const char *message) {
    expect_end(file, line, run, FERMATA_TEST_FAILED);
    fermata_test_expect_text(file, line, run->message, message);
}
