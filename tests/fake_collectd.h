/* Stands in for the daemon: a test links this, loads the real operator.so, and does to it
 * what collectd does. What the plugin sends is kept as text.
 *
 * One daemon a process (libcheck gives each test its own). */
#ifndef TESTS_FAKE_COLLECTD_H
#define TESTS_FAKE_COLLECTD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Loads the module and lets it register. interval_seconds: collectd's own. Fails the test
 * if that cannot be done. */
void fake_load(const char *module, double interval_seconds);

/* As if collectd was compiled with other sizes of its structs: every data set looks
 * wrong. Before fake_init(). */
void fake_break_data_sets(void);

/* Hands over one <Plugin operator> block, written as in collectd.conf: what stands
 * between its two ends. Returns what the plugin did. */
int fake_config(const char *text);

int fake_init(void);

/* How many read callbacks are registered, and the interval of one. */
size_t fake_reads(void);
double fake_read_interval(size_t index);

/* Calls all read callbacks once; the sum of what they returned. */
int fake_read(void);

int fake_shutdown(void);

/* Waits until `count` value lists have come with a type instance of "up", one each
 * attempt of an endpoint; false after 20 s. */
bool fake_await_attempts(size_t count);

/* The value lists, each as `PUTVAL host/plugin-instance/type-instance interval=S
 * MS:VALUE` in the order they came, a line each; terminated, and the caller's. match:
 * only lines with these bytes in them, or NULL. */
char *fake_values(const char *match);

/* The same for what was put into the cache by uc_update(), log lines as `LEVEL text`, and
 * notifications as `SEVERITY instance message`. */
char *fake_cached(const char *match);
char *fake_log(const char *match);
char *fake_notifications(const char *match);

#endif
