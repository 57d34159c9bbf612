/* UTF-8, as RFC 3629 has it. */
#ifndef FERMATA_SDK_UTF8_H
#define FERMATA_SDK_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* How many bytes the first character takes; 0 when the bytes are not UTF-8 there. */
size_t sdk_utf8_length(const char *bytes, size_t count);

/* A copy in which every byte that is not UTF-8 is replaced by U+FFFD. */
char *sdk_utf8_copy(const char *bytes, size_t count, size_t *copied);

/* The same of a text that ends with a zero byte; NULL for NULL. */
char *sdk_utf8_text(const char *text);

bool sdk_is_utf8(const char *text);

#endif
