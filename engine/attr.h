/* Compiler attributes, spelled once. */
#ifndef ENGINE_ATTR_H
#define ENGINE_ATTR_H

/* The caller must look at the result. */
#define MUST_CHECK __attribute__((warn_unused_result))

/* Arguments as printf takes them: format is argument number fmt, the first value number
 * first (counted from 1; 0 for a va_list). */
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))

#endif
