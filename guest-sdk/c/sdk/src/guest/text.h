/* Texts on their way through the generated bindings. */
#ifndef FERMATA_SDK_GUEST_TEXT_H
#define FERMATA_SDK_GUEST_TEXT_H

#include "connector.h"

/* Lends a text to an import for the time of the call. */
connector_string_t guest_lend(const char *text);
connector_list_u8_t guest_lend_bytes(const void *bytes, size_t count);

/* Takes what an import or the caller handed over into the job's memory. A zero byte follows that does not count. */
const char *guest_take(connector_string_t *text);
const char *guest_take_bytes(connector_list_u8_t *bytes);

/* Texts of a result, which the generated code frees after the call. */
connector_string_t guest_give(const char *text);
connector_option_string_t guest_give_option(const char *text);

/* `malloc`, which does not fail. */
void *guest_memory(size_t bytes);

#endif
