/* Texts and memory that live until the job ends. */
#ifndef FERMATA_TEXT_H
#define FERMATA_TEXT_H

#include <stddef.h>

#if defined(__GNUC__)
#define FERMATA_PRINTF(text, first) __attribute__((format(printf, text, first)))
#define FERMATA_ENDS_WITH_NULL __attribute__((sentinel))
#else
#define FERMATA_PRINTF(text, first)
#define FERMATA_ENDS_WITH_NULL
#endif

/* A name with a value: a task header, a header of HTTP, a field of a log record. */
typedef struct fermata_pair {
    const char *name;
    const char *value;
} fermata_pair;

/* Zeroed memory for anything, freed when the job ends. A job that needs more than its grant fails. */
void *fermata_alloc(size_t bytes);

/* A text made like printf's. */
char *fermata_format(const char *format, ...) FERMATA_PRINTF(1, 2);

/* A text for one segment of a path or one value of a query: all but letters, digits and `-._~` as %XX. */
char *fermata_url_encode(const char *text);

#endif
