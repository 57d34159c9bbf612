/* Log records of the job. */
#ifndef FERMATA_LOG_H
#define FERMATA_LOG_H

#include <fermata/text.h>

/* How much a record matters, least first. */
typedef enum fermata_level {
    /* Every step, for the author of the worker. */
    FERMATA_TRACE,
    /* Details that explain a result. */
    FERMATA_DEBUG,
    /* What happened, in the words of the operator. */
    FERMATA_INFO,
    /* Something unexpected that the worker got over. */
    FERMATA_WARN,
    /* Something that made the job fail. */
    FERMATA_ERROR,
} fermata_level;

/* How many fields a record may have; further ones are left out. */
#define FERMATA_LOG_FIELDS_MAX 32

/* Writes one record with fields: names and values in turn, and NULL after the last. A value is a text and never NULL.
 *
 *     fermata_log(FERMATA_INFO, "charged", "order", order, "cents", fermata_format("%d", cents), NULL);
 */
void fermata_log(fermata_level level, const char *message, ...) FERMATA_ENDS_WITH_NULL;

#endif
