#include "engine/normalize.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/arena.h"
#include "engine/buf.h"
#include "engine/events.h"
#include "engine/family.h"
#include "engine/filter.h"
#include "engine/identity.h"
#include "engine/member.h"
#include "engine/origin.h"
#include "engine/output.h"
#include "engine/roster.h"
#include "engine/series.h"

/* A start time may differ by so much and still be the same (naming.md 3.1). */
static const double start_tolerance_seconds = 1.5;

/* What is remembered is forgotten after so long, or ten intervals. */
static const int64_t forget_ms = 300000;

/* The scrape's own values; the first three have one without a page too. */
enum own_output {
	OWN_UP,
	OWN_RESPONSE_TIME,
	OWN_RESPONSE_CODE,
	OWN_BYTES,
	OWN_SAMPLES,
	OWN_SERIES,
	OWN_BAD_LINES,
	OWN_DNS,
	OWN_CONNECT,
	OWN_TLS,
	OWN_FIRST_BYTE,
	OWN_TRANSFER,
	OWN_PARSE,
	OWN_WIRE,
	OWN_CERTIFICATE_DAYS,
	OWN_TOKEN_DAYS,
	OWN_COUNT,
};

static const struct {
	const char *type;
	const char *what;
	enum metric_kind kind;
} own_names[OWN_COUNT] = {
	[OWN_UP] = {"gauge", "up", METRIC_GAUGE},
	[OWN_RESPONSE_TIME] = {"response_time", "scrape", METRIC_GAUGE},
	[OWN_RESPONSE_CODE] = {"response_code", "scrape", METRIC_GAUGE},
	[OWN_BYTES] = {"bytes", "page", METRIC_GAUGE},
	[OWN_SAMPLES] = {"objects", "samples", METRIC_GAUGE},
	[OWN_SERIES] = {"objects", "series", METRIC_GAUGE},
	[OWN_BAD_LINES] = {"errors", "bad_lines", METRIC_DERIVE},
	[OWN_DNS] = {"response_time", "dns", METRIC_GAUGE},
	[OWN_CONNECT] = {"response_time", "connect", METRIC_GAUGE},
	[OWN_TLS] = {"response_time", "tls", METRIC_GAUGE},
	[OWN_FIRST_BYTE] = {"response_time", "first_byte", METRIC_GAUGE},
	[OWN_TRANSFER] = {"response_time", "transfer", METRIC_GAUGE},
	[OWN_PARSE] = {"response_time", "parse", METRIC_GAUGE},
	[OWN_WIRE] = {"bytes", "wire", METRIC_GAUGE},
	[OWN_CERTIFICATE_DAYS] = {"gauge", "certificate_days", METRIC_GAUGE},
	[OWN_TOKEN_DAYS] = {"gauge", "token_days", METRIC_GAUGE},
};

/* Series of one member that follow one another, as those of a histogram do. */
struct run {
	bool is_any;
	struct identity id; /* of the first; name and labels in the arena for them */
	bool is_sent;
	bool is_refused;       /* MaxValues leaves no place for it */
	struct member *member; /* NULL: nothing is kept of it so far */
	size_t parts;          /* buckets or quantiles so far */
	/* what the line above begins with up to its bound, if that stands at its end; in
	 * the arena for runs */
	struct str beginning;
};

/* A bound on this page, by its place in a histogram or summary. */
struct known_bound {
	struct str text; /* in the page */
	double bound;
};

enum { KNOWN_BOUNDS = 64 };

struct normalize {
	const struct options *options;
	const struct clock *clock;
	const struct log *log;
	struct percentile *percentiles; /* owned */
	struct roster roster;
	struct output *own[OWN_COUNT]; /* NULL: not asked for */
	struct series *series;
	struct arena *parse_arena; /* the parser's */
	struct arena *bind_arena;  /* one run of new series */
	struct arena *arena;       /* one page */
	/* the past */
	int64_t before_ms;
	bool has_before;
	bool was_restored; /* the page before is an earlier process's */
	uint32_t page_number;
	uint32_t restart;     /* number of the last page behind a restart */
	double start_seconds; /* on the page before; NaN: it had none */
	bool is_v01;          /* the last page came from controller-runtime v0.1 */
	double bad_lines;
	bool keeps_pages;
	struct buf page; /* the last one, if it is kept */
	enum expo_format page_format;
	struct complaint bad_line_said, odd, unnamed, too_many;
	size_t refused; /* series that MaxValues leaves no place for */
	struct events events;
	/* the page at hand */
	struct buf last_name; /* of the line above */
	enum expo_kind last_kind;
	enum expo_type last_type;
	size_t last_family_len;
	enum family_part last_part;
	size_t near; /* family_of_series() was there */
	struct identity last;
	struct run run;
	struct known_bound *known_bounds; /* in arena; NULL: none */
	int64_t now_ms;
	bool is_forgotten; /* the past was dropped before this page */
	size_t odd_histograms;
	bool no_memory;
	struct err first_bad; /* why the first bad line is one */
};

/* ---- reading a page ---- */

/* Is it of a family declared as that of the line above, and as long? */
static bool is_declared_as_last(const struct normalize *n, const struct expo_entry *e)
{
	return n->last_kind == e->kind && n->last_type == e->type &&
	       n->last_family_len == e->family.len;
}

/* Is what decides on it as it was on the line above? Lines of one name stand together. */
static bool is_as_last(const struct normalize *n, const struct expo_entry *e)
{
	return is_declared_as_last(n, e) && str_eq(buf_str(&n->last_name), e->name);
}

/* Does the line differ from the one above in its bound alone? */
static bool goes_on(const struct normalize *n, const struct expo_entry *e)
{
	struct str beginning = n->run.beginning;

	return beginning.len > 0 && is_declared_as_last(n, e) && e->labels.count > 0 &&
	       e->labels.at[e->labels.count - 1].value.at ==
		       e->series.at + beginning.len &&
	       str_starts(e->series, beginning);
}

static const struct identity *identity_of_next(
	struct normalize *n, const struct expo_entry *e)
{
	if (is_as_last(n, e)) {
		/* what the table does not know is called as the line begins */
		if (n->last.family == NULL)
			n->last.name.at = e->name.at;
		return &n->last;
	}
	n->run.beginning.len = 0;
	n->last.family =
		identity_family(e->name, n->last.family, &n->near, &n->last_part);
	n->last = identity_of(e, n->last.family, n->last_part);
	n->last_kind = e->kind;
	n->last_type = e->type;
	n->last_family_len = e->family.len;
	buf_reset(&n->last_name);
	buf_add(&n->last_name, e->name);
	return &n->last;
}

static void say_no_bound(struct normalize *n, const struct expo_entry *e)
{
	log_complain(n->log, &n->unnamed, n->now_ms, LOG_LEVEL_WARNING,
		"endpoint %s: le or quantile of %.*s is no number: the line is left out",
		n->options->name, STR_ARG(e->series));
}

/* From here on series are of another member. False: no memory. */
static bool begin_run(
	struct normalize *n, const struct identity *id, const struct expo_entry *e)
{
	struct run *run = &n->run;
	bool is_dropped;

	arena_reset(n->bind_arena);
	*run = (struct run){.id = *id};
	run->id.name = arena_copy(n->bind_arena, id->name);
	if (run->id.name.at == NULL || !identity_read_labels(&run->id, e, n->bind_arena))
		return false;
	run->is_sent = identity_is_sent(&run->id, n->options, &is_dropped);
	run->is_any = true;
	return true;
}

/* The member of the run, made for its first series. NULL: refused, or no memory. */
static struct member *begin_member(struct normalize *n, struct identity *id)
{
	struct run *run = &n->run;

	id->labels = run->id.labels;
	id->hash = run->id.hash;
	run->is_refused =
		run->is_sent && roster_is_full(&n->roster, id, n->options->max_values);
	if (run->is_refused)
		return NULL;
	struct member *m = roster_member(&n->roster, id, n->options, run->is_sent);
	n->no_memory |= m == NULL;
	return m;
}

/* The bound of the part that comes next. Histograms of a page mostly have the same ones
 * in the same order: those of the one before are known by their texts. */
static void read_bound(
	struct normalize *n, struct identity *id, const struct expo_entry *e)
{
	size_t place = n->run.parts++;

	if (n->run.beginning.len == 0 || n->known_bounds == NULL ||
		place >= KNOWN_BOUNDS) {
		identity_read_bound(id, e);
		return;
	}
	struct known_bound *known = &n->known_bounds[place];
	struct str text = e->labels.at[e->labels.count - 1].value;
	id->has_bound = known->text.len > 0 && str_eq(text, known->text);
	id->bound = known->bound;
	if (id->has_bound)
		return;
	identity_read_bound(id, e);
	if (id->has_bound)
		*known = (struct known_bound){text, id->bound};
}

/* Begins another run if need be, for a line that does not go on as the one above. */
static void begin_line(
	struct normalize *n, const struct identity *id, const struct expo_entry *e)
{
	struct run *run = &n->run;

	if (!run->is_any || !identity_is_of(id, e, &run->id))
		n->no_memory |= !begin_run(n, id, e);
	run->beginning = identity_beginning(id, e);
	if (run->beginning.len == 0)
		return;
	run->beginning = arena_copy(n->bind_arena, run->beginning);
	if (n->known_bounds == NULL)
		n->known_bounds =
			arena_array(n->arena, KNOWN_BOUNDS, sizeof(struct known_bound));
}

/* What the series becomes a part of; NULL: nothing is kept of it, or no memory. */
static struct member *member_of(
	struct normalize *n, const struct expo_entry *e, struct identity *id)
{
	struct run *run = &n->run;

	if (!run->is_any || (!run->is_sent && id->family == NULL))
		return NULL;
	read_bound(n, id, e);
	if (!id->has_bound) {
		say_no_bound(n, e);
		return NULL;
	}
	if (run->member == NULL && !run->is_refused)
		run->member = begin_member(n, id);
	n->refused += run->is_refused;
	return run->member;
}

static struct series_use bind(
	void *ctx, const struct expo_entry *e, bool is_seconds, uint32_t slot)
{
	struct normalize *n = ctx;
	bool is_alike = goes_on(n, e);
	const struct identity *next = is_alike ? &n->last : identity_of_next(n, e);
	struct series_use use = {
		.counts = family_part_counts(next->part, next->kind == MEMBER_COUNTER),
		.is_extra = next->part == PART_CREATED};

	if (next->is_never ||
		(next->family == NULL && !filter_knows(n->options->filter, next->name)))
		return use;
	struct identity id = *next;
	id.is_seconds = is_seconds;
	if (!is_alike)
		begin_line(n, &id, e);
	struct member *m = member_of(n, e, &id);
	use.is_wanted = m != NULL && roster_own_slot(&n->roster, m, &id, slot);
	n->no_memory |= m != NULL && !use.is_wanted;
	return use;
}

static void native(void *ctx, uint32_t slot, const struct native *histogram)
{
	struct normalize *n = ctx;

	n->no_memory |= !member_set_native(n->roster.slots[slot], histogram);
}

static void timestamp(void *ctx, uint32_t slot, double seconds)
{
	struct normalize *n = ctx;

	n->roster.slots[slot]->stamp_seconds = seconds;
}

static void bad(void *ctx, const struct expo_entry *e)
{
	struct normalize *n = ctx;

	if (n->first_bad.code == ERR_NONE)
		n->first_bad = e->error;
}

static void gone(void *ctx, uint32_t slot)
{
	struct normalize *n = ctx;

	roster_disown_slot(&n->roster, slot);
}

static int64_t memory_ms(const struct normalize *n)
{
	int64_t ten = (int64_t)(n->options->interval_seconds * 10000);

	return ten > forget_ms ? ten : forget_ms;
}

static void forget(struct normalize *n)
{
	roster_forget(&n->roster);
	series_forget(n->series);
	n->refused = 0;
	n->is_forgotten = n->has_before;
	n->has_before = false;
	n->start_seconds = (double)NAN;
}

/* The process' start time on the page that was read; NaN: it has none. */
static double start_of(const struct normalize *n)
{
	const struct member *m = n->roster.start;

	return m == NULL ? (double)NAN : series_values(n->series)[m->value_slot];
}

/* What shows all that is wrong with the page. */
static void add_check(const struct normalize *n, struct buf *text)
{
	const struct url *url = &n->options->url;

	if (url->address != NULL && url->socket_path == NULL)
		buf_addf(text, "; `operatorstat check %s` shows all", url->address);
}

static void say_bad_lines(
	struct normalize *n, const struct series_page *read, int64_t now_ms)
{
	struct buf check;

	if (read->bad_lines == 0) {
		log_recovered(n->log, &n->bad_line_said, now_ms,
			"endpoint %s: no bad lines any more", n->options->name);
		return;
	}
	buf_init(&check, 4096);
	add_check(n, &check);
	log_complain(n->log, &n->bad_line_said, now_ms, LOG_LEVEL_WARNING,
		"endpoint %s: %llu lines of the page could not be used; line %zu, column "
		"%zu: %s%.*s",
		n->options->name, (unsigned long long)read->bad_lines, n->first_bad.line,
		n->first_bad.column, n->first_bad.text, STR_ARG(buf_str(&check)));
	buf_free(&check);
}

/* What can be used, and still is not as it should be. */
static void say_oddities(
	struct normalize *n, const struct series_page *read, int64_t now_ms)
{
	size_t histograms = n->odd_histograms;
	struct buf text;

	if (read->duplicates == 0 && histograms == 0) {
		log_recovered(n->log, &n->odd, now_ms,
			"endpoint %s: no series stands twice any more, and no histogram "
			"is odd",
			n->options->name);
		return;
	}
	buf_init(&text, 4096);
	if (read->duplicates > 0)
		buf_addf(&text,
			"; %llu series stand more than once on the page: the first "
			"counts",
			(unsigned long long)read->duplicates);
	if (histograms > 0)
		buf_addf(&text,
			"; %zu histograms have buckets that fall, or none for +Inf",
			histograms);
	add_check(n, &text);
	log_complain(n->log, &n->odd, now_ms, LOG_LEVEL_WARNING, "endpoint %s: %.*s",
		n->options->name, (int)text.len - 2, text.at + 2);
	buf_free(&text);
}

static bool read_page(struct normalize *n, const struct answer *a,
	struct series_page *read, struct err *e)
{
	const struct series_owner owner = {.ctx = n,
		.bind = bind,
		.bad = bad,
		.gone = gone,
		.native = native,
		.timestamp = n->options->honor_timestamps ? timestamp : NULL};

	for (size_t i = 0; owner.timestamp != NULL && i < n->roster.member_count; i++)
		n->roster.members[i]->stamp_seconds = (double)NAN;
	n->run = (struct run){.is_any = false};
	n->known_bounds = NULL;
	n->first_bad.code = ERR_NONE;
	n->no_memory = false;
	arena_reset(n->parse_arena);
	bool done = series_read(
		n->series, a->format, a->body, n->parse_arena, &owner, read, e);
	n->no_memory |= done && !roster_settle(&n->roster);
	if (!n->no_memory)
		return done;
	forget(n);
	return err_set(e, ERR_MEMORY, "no memory for the series of the page");
}

static void say_left_out(
	struct normalize *n, const struct budget *budget, const struct origin *first)
{
	const size_t *left_out = budget->left_out;
	struct buf name;

	if (first == NULL && n->refused == 0) {
		log_recovered(n->log, &n->too_many, n->now_ms,
			"endpoint %s: no more values than MaxValues", n->options->name);
		return;
	}
	buf_init(&name, 1024);
	if (first != NULL)
		buf_addf(&name, "; the first is %s-%s%s%.*s", first->type,
			first->what == NULL ? "" : first->what,
			first->what == NULL ? "" : "-", STR_ARG(origin_subject(first)));
	log_complain(n->log, &n->too_many, n->now_ms, LOG_LEVEL_WARNING,
		"endpoint %s: more values than MaxValues %zu: left out are %zu rates of "
		"buckets, "
		"%zu values of Family rules, %zu others, and %zu series besides%.*s; "
		"choose less by Family and Buckets, or raise MaxValues",
		n->options->name, budget->limit, left_out[BUDGET_BUCKETS],
		left_out[BUDGET_RULES], left_out[BUDGET_TABLE], n->refused,
		STR_ARG(buf_str(&name)));
	buf_free(&name);
}

/* What is new on the page gets its share of MaxValues, and its identifiers. */
static void admit(struct normalize *n)
{
	struct budget budget = {.limit = n->options->max_values};
	struct err said;

	say_left_out(n, &budget, roster_share(&n->roster, &budget));
	if (!roster_claim(&n->roster, n->series, &said))
		log_complain(n->log, &n->unnamed, n->now_ms, LOG_LEVEL_WARNING,
			"endpoint %s: %s", n->options->name, said.text);
}

/* Brings those up to date that are not yet; returns how many. */
static size_t update_members(struct normalize *n, struct member *const *members,
	size_t count, const struct page_context *page, bool *done)
{
	size_t updated = 0;

	for (size_t i = 0; i < count; i++) {
		struct member *m = members[i];

		if (m->updated == page->number)
			continue;
		*done &= member_update(m, page);
		n->odd_histograms += m->is_odd;
		updated++;
	}
	return updated;
}

/* Works out all values of the page that was read. False: no memory. An origin follows on
 * its members while they are in the processor's cache. */
static bool compute(struct normalize *n, struct page_context *page, struct err *e)
{
	struct roster *r = &n->roster;
	size_t updated = 0;
	bool done = true;

	arena_reset(n->arena);
	n->odd_histograms = 0;
	if (r->claims_are_due)
		admit(n);
	for (size_t i = 0; i < r->origin_count; i++) {
		struct origin *o = r->origins[i];

		roster_prefetch(r, i);
		updated += update_members(
			n, origin_members(o), o->member_count, page, &done);
		done &= origin_compute(o, &r->rules, page, e);
	}
	if (updated < r->member_count)
		update_members(n, r->members, r->member_count, page, &done);
	return done;
}

/* With NameFilter the page of an earlier process may lack a family because that one did
 * not ask for it: then nothing tells what its counters were. */
static bool has_unknown_past(const struct normalize *n, const struct series_page *read)
{
	return n->was_restored && n->options->name_filter && read->has_new_family;
}

/* For whoever wants to look at the page itself. Without memory there is none. */
static void keep_page(struct normalize *n, const struct answer *a)
{
	if (!n->keeps_pages)
		return;
	n->page_format = a->format;
	if (a->holder != NULL) {
		buf_exchange(&n->page, a->holder);
		return;
	}
	buf_reset(&n->page);
	buf_add(&n->page, a->body);
}

/* Reads the page and works out its values. */
static bool take_page(struct normalize *n, const struct answer *a,
	struct page_context *page, struct series_page *read, struct err *e)
{
	if (n->has_before &&
		(a->time_ms <= n->before_ms || a->time_ms - n->before_ms > memory_ms(n)))
		forget(n);
	size_t origins = n->roster.origin_count;
	if (!roster_forget_old(&n->roster, a->time_ms - memory_ms(n)))
		forget(n);
	/* there is room for series of which nothing is known: they must not look as if
	 * they had counted from 0 */
	if (n->refused > 0 && n->roster.origin_count < origins)
		forget(n);
	if (!read_page(n, a, read, e))
		return false;
	double start = start_of(n);
	/* or: another process has the port */
	if (has_unknown_past(n, read) ||
		n->start_seconds - start > start_tolerance_seconds) {
		forget(n);
		if (!read_page(n, a, read, e))
			return false;
		start = start_of(n);
	}
	page->values = series_values(n->series);
	page->is_v01 = n->roster.is_v01;
	page->number = ++n->page_number;
	page->has_before = n->has_before;
	page->before_ms = n->before_ms;
	if (start - n->start_seconds > start_tolerance_seconds &&
		start > (double)n->before_ms / 1000 - start_tolerance_seconds) {
		n->restart = page->number;
		roster_release_absent(&n->roster);
	}
	page->restart = n->restart;
	n->start_seconds = start;
	n->is_v01 = page->is_v01;
	return compute(n, page, e);
}

/* ---- what goes out ---- */

static struct metric metric_at(const struct normalize *n, int64_t time_ms)
{
	return (struct metric){.host = str_of(n->options->host),
		.instance = str_of(n->options->instance),
		.time_ms = time_ms,
		.stamp_ms = time_ms,
		.interval_seconds = n->options->interval_seconds};
}

static void send_zeros(struct normalize *n, const struct sink *sink)
{
	struct metric m = metric_at(n, n->before_ms);

	if (!n->roster.outputs.has_new)
		return;
	n->roster.outputs.has_new = false;
	for (size_t i = 0; i < n->roster.outputs.count; i++) {
		struct output *o = n->roster.outputs.at[i];

		if (o != NULL && o->is_new && o->has_value && o->is_owner &&
			o->stamp_ms < n->before_ms)
			output_send_zero(o, &m, sink);
	}
}

/* With HonorTimestamps what a page says of a counter or gauge; of several series the
 * last. Never later than the page: what comes next would be too old for collectd. What is
 * too old has no value. */
static int64_t stamp_of(const struct normalize *n, struct origin *o, int64_t time_ms)
{
	bool is_plain = o->kind == ORIGIN_COUNTER || o->kind == ORIGIN_GAUGE;
	double oldest = (double)time_ms / 1000 - n->options->max_timestamp_age_seconds;

	if (!n->options->honor_timestamps || !is_plain)
		return time_ms;
	double seconds = origin_stamp(o);
	if (isnan(seconds) || seconds * 1000 >= (double)time_ms)
		return time_ms;
	if (seconds >= oldest)
		return (int64_t)rint(seconds * 1000);
	origin_withhold(o);
	return time_ms;
}

/* The values of all origins; returns how many, NaN not counted. */
static size_t send_values(struct normalize *n, const struct sink *sink, int64_t time_ms)
{
	struct metric m = metric_at(n, time_ms);
	size_t sent = 0;

	for (size_t i = 0; i < n->roster.origin_count; i++) {
		struct origin *o = n->roster.origins[i];

		m.stamp_ms = stamp_of(n, o, time_ms);
		for (size_t k = 0; k < o->output_count; k++) {
			struct output *output = origin_outputs(o)[k];

			if (m.stamp_ms == time_ms || m.stamp_ms > output->stamp_ms)
				sent += output_send(output, &m, sink);
		}
		if (o->has_retired)
			origin_tidy(o, &n->roster.rules);
	}
	return sent;
}

static void send_histograms(
	const struct normalize *n, const struct sink *sink, int64_t time_ms)
{
	if (sink->histogram == NULL)
		return;
	for (size_t i = 0; i < n->roster.origin_count; i++) {
		const struct origin *o = n->roster.origins[i];

		if (o->kind != ORIGIN_HISTOGRAM || isnan(o->spread->delta.count))
			continue;
		const struct hist *delta = &o->spread->delta;
		sink->histogram(
			sink->ctx, &(struct metric_histogram){
					   .instance = str_of(n->options->instance),
					   .what = str_of(o->what),
					   .subject = origin_subject(o),
					   .is_seconds = o->is_seconds,
					   .count = delta->buckets,
					   .upper_bound = delta->upper,
					   .increase = delta->cumulative,
					   .sum_increase = delta->sum,
					   .count_increase = delta->count,
					   .time_ms = time_ms,
					   .before_ms = o->spread->since_ms});
	}
}

static void set_own(struct normalize *n, enum own_output which, double value)
{
	struct output *o = n->own[which];

	if (o == NULL)
		return;
	o->value = value;
	o->has_value = !isnan(value);
}

static void set_own_of_page(struct normalize *n, const struct answer *a,
	const struct series_page *read, size_t sent, double parse_seconds)
{
	n->bad_lines += (double)read->bad_lines;
	set_own(n, OWN_BYTES, (double)a->body.len);
	set_own(n, OWN_SAMPLES, (double)read->samples);
	set_own(n, OWN_SERIES, (double)sent);
	set_own(n, OWN_BAD_LINES, n->bad_lines);
	set_own(n, OWN_DNS, a->dns_seconds);
	set_own(n, OWN_CONNECT, a->connect_seconds);
	set_own(n, OWN_TLS, a->tls_seconds);
	set_own(n, OWN_FIRST_BYTE, a->first_byte_seconds);
	set_own(n, OWN_TRANSFER, a->transfer_seconds);
	set_own(n, OWN_PARSE, parse_seconds);
	set_own(n, OWN_WIRE, a->wire_bytes > 0 ? (double)a->wire_bytes : (double)NAN);
	set_own(n, OWN_CERTIFICATE_DAYS, a->certificate_days);
	set_own(n, OWN_TOKEN_DAYS, a->token_days);
}

static void send_own(struct normalize *n, const struct answer *a, bool is_page,
	const struct sink *sink)
{
	struct metric m = metric_at(n, a->time_ms);

	set_own(n, OWN_UP, is_page ? 1 : 0);
	set_own(n, OWN_RESPONSE_TIME, a->duration_seconds);
	set_own(n, OWN_RESPONSE_CODE, a->status);
	for (size_t i = 0; i < OWN_COUNT; i++) {
		struct output *o = n->own[i];

		if (o == NULL)
			continue;
		output_send(o, &m, sink);
		o->has_value = false;
	}
}

/* A failed scrape: what had a value has none. */
static void send_ends(struct normalize *n, const struct sink *sink, int64_t time_ms)
{
	for (size_t i = 0; i < n->roster.outputs.count; i++)
		if (n->roster.outputs.at[i] != NULL)
			n->roster.outputs.at[i]->has_value = false;
	send_values(n, sink, time_ms);
}

static double seconds_now(const struct normalize *n)
{
	return n->clock == NULL ? (double)NAN
				: (double)n->clock->monotonic_us(n->clock->ctx) / 1e6;
}

bool normalize_run(struct normalize *n, const struct answer *a, const struct sink *sink)
{
	struct page_context page = {.arena = n->arena, .time_ms = a->time_ms};
	struct series_page read = {.samples = 0};
	struct err error = a->error;
	double begin = seconds_now(n);
	size_t sent = 0;

	n->now_ms = a->time_ms;
	n->is_forgotten = false;
	if (error.code == ERR_NONE && a->status != 200)
		err_set(&error, ERR_STATUS, "HTTP status %d", a->status);
	bool is_page = error.code == ERR_NONE && take_page(n, a, &page, &read, &error);
	/* first, so that a sink knows how the values are to be taken */
	events_tell(&n->events,
		&(struct events_attempt){.host = str_of(n->options->host),
			.instance = str_of(n->options->instance),
			.answer = a,
			.page = is_page ? &page : NULL,
			.error = &error,
			.is_forgotten = n->is_forgotten},
		&n->roster, sink);
	if (is_page) {
		say_bad_lines(n, &read, a->time_ms);
		say_oddities(n, &read, a->time_ms);
		send_zeros(n, sink);
		sent = send_values(n, sink, a->time_ms);
		send_histograms(n, sink, a->time_ms);
		set_own_of_page(n, a, &read, sent, seconds_now(n) - begin);
		n->before_ms = a->time_ms;
		n->has_before = true;
		keep_page(n, a);
		n->was_restored = false;
	} else {
		send_ends(n, sink, a->time_ms);
	}
	send_own(n, a, is_page, sink);
	if (sink->end != NULL)
		sink->end(sink->ctx,
			&(struct attempt){.instance = str_of(n->options->instance),
				.time_ms = a->time_ms,
				.is_page = is_page,
				.status = a->status,
				.duration_seconds = a->duration_seconds,
				.page_bytes = a->body.len,
				.samples = read.samples,
				.sent = sent,
				.bad_lines = read.bad_lines,
				.error = &error});
	arena_rest(n->parse_arena);
	arena_rest(n->bind_arena);
	arena_rest(n->arena);
	return is_page;
}

void normalize_restore(
	struct normalize *n, const struct answer *a, const struct sink *sink)
{
	n->was_restored = normalize_run(n, a, sink);
}

/* ---- explaining ---- */

const char *normalize_fate_text(enum normalize_fate fate)
{
	switch (fate) {
	case NORMALIZE_SENT:
		return NULL;
	case NORMALIZE_NOT_BY_DEFAULT:
		return "not sent by default: a Family rule sends it";
	case NORMALIZE_DROPPED:
		return "a Family rule drops it";
	case NORMALIZE_TOO_MANY:
		return "there are more values than MaxValues";
	case NORMALIZE_OTHER_OWNER:
		return "its identifier belongs to another series, which had it first";
	case NORMALIZE_OUTDONE:
		return "the page has a better family for the same values";
	case NORMALIZE_V01:
		return "controller-runtime v0.1 counts it in another unit than it says";
	case NORMALIZE_NEVER:
		return "series of this sort are not sent";
	case NORMALIZE_NO_NUMBER:
		return "its le or quantile is no number";
	case NORMALIZE_ONLY_READ:
		return "read, but nothing is sent of it";
	}
	return NULL;
}

/* The same for a series that nothing comes of. */
static enum normalize_fate fate_of_unwanted(
	const struct identity *id, bool is_sent, bool is_dropped)
{
	if (id->is_never)
		return NORMALIZE_NEVER;
	if (!id->has_bound)
		return NORMALIZE_NO_NUMBER;
	if (is_dropped)
		return NORMALIZE_DROPPED;
	return is_sent || id->family != NULL ? NORMALIZE_ONLY_READ
					     : NORMALIZE_NOT_BY_DEFAULT;
}

/* Does this part of a member feed that output of its origin? A summary's own quantile
 * feeds itself alone, and in the contract's table nothing. */
static bool feeds(const struct origin *o, size_t output, const struct identity *id)
{
	const struct origin_spread *s = o->spread;
	bool is_own_quantile = o->kind == ORIGIN_SUMMARY && output >= s->bound_from;

	if (id->part != PART_QUANTILE)
		return !is_own_quantile;
	return is_own_quantile && output - s->bound_from < s->bound_count &&
	       !(s->bounds[output - s->bound_from] < id->bound ||
		       s->bounds[output - s->bound_from] > id->bound);
}

/* Is nothing sent of this output on pages of that release? */
static bool is_withheld(const struct origin *o, const struct output *output, bool is_v01)
{
	return is_v01 && o->is_wrong_in_v01 && output->kind == METRIC_GAUGE;
}

enum normalize_fate normalize_explain(struct normalize *n, struct expo_entry *e,
	void (*identifier)(void *ctx, struct str type, struct str type_instance),
	void *ctx)
{
	enum normalize_fate fate;
	bool is_dropped, is_seconds, is_fed = false;

	series_declared(n->series, e, &is_seconds);
	struct identity id = *identity_of_next(n, e);
	arena_reset(n->bind_arena);
	if (!identity_read_labels(&id, e, n->bind_arena))
		return NORMALIZE_ONLY_READ;
	identity_read_bound(&id, e);
	id.is_seconds = is_seconds;
	bool is_sent = identity_is_sent(&id, n->options, &is_dropped);
	const struct member *m = id.is_never ? NULL : roster_find(&n->roster, &id);
	fate = fate_of_unwanted(&id, is_sent, is_dropped);
	if (m == NULL && is_sent && id.has_bound && n->refused > 0)
		fate = NORMALIZE_TOO_MANY;
	for (size_t i = 0; m != NULL && i < m->origin_count; i++) {
		const struct origin *o = m->origins[i];

		if (o->is_left_out)
			fate = NORMALIZE_TOO_MANY;
		for (size_t k = 0; !o->is_left_out && k < o->output_count; k++) {
			const struct output *output = origin_outputs(o)[k];

			if (!feeds(o, k, &id) || output->is_retired)
				continue;
			if (!output->is_owner)
				fate = NORMALIZE_OTHER_OWNER;
			else if (m->is_outdone)
				fate = NORMALIZE_OUTDONE;
			else if (is_withheld(o, output, n->is_v01))
				fate = NORMALIZE_V01;
			else
				identifier(ctx, str_of(output->type),
					(struct str){output->name, output->name_len});
			is_fed |= output->is_owner && !m->is_outdone &&
				  !is_withheld(o, output, n->is_v01);
		}
	}
	return is_fed ? NORMALIZE_SENT : fate;
}

/* ---- life ---- */

static bool read_percentiles(struct normalize *n)
{
	const struct option_list *list = &n->options->percentiles;
	struct percentile *percentiles = calloc(list->count + 1, sizeof(*percentiles));

	n->percentiles = percentiles;
	if (percentiles == NULL)
		return false;
	for (size_t i = 0; i < list->count; i++) {
		struct buf b;

		/* the double nearest to the decimal N/100 */
		buf_init(&b, 64);
		buf_add(&b, str_of(list->at[i]));
		buf_add(&b, STR("e-2"));
		bool done = buf_ok(&b) && str_to_double(buf_str(&b), &percentiles[i].q);
		buf_reset(&b);
		buf_add(&b, STR("percentile_"));
		buf_add(&b, str_of(list->at[i]));
		for (size_t k = 0; k < b.len; k++)
			if (b.at[k] == '.')
				b.at[k] = '_';
		done &= buf_ok(&b) && b.len < sizeof(percentiles[i].detail);
		if (done)
			memcpy(percentiles[i].detail, b.at, b.len);
		buf_free(&b);
		if (!done)
			return false;
	}
	n->roster.rules.percentiles = percentiles;
	n->roster.rules.percentile_count = list->count;
	return true;
}

/* The scrape's own identifiers come before all others. */
static bool name_own(struct normalize *n)
{
	struct err e;
	bool is_other;

	for (size_t i = 0; i < OWN_COUNT; i++) {
		struct output_name name = {
			.type = own_names[i].type, .what = str_of(own_names[i].what)};

		if (i >= OWN_DNS && !n->options->scrape_details)
			break;
		n->own[i] = outputs_add(&n->roster.outputs, &name, own_names[i].kind, &e);
		if (n->own[i] == NULL ||
			!outputs_claim(&n->roster.outputs, n->own[i], &is_other))
			return false;
	}
	return true;
}

struct normalize *normalize_new(
	const struct options *options, const struct clock *clock, const struct log *log)
{
	struct normalize *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return NULL;
	n->options = options;
	n->clock = clock;
	n->log = log;
	n->start_seconds = (double)NAN;
	buf_init(&n->page, SIZE_MAX);
	buf_init(&n->last_name, SIZE_MAX);
	n->series = series_new();
	n->parse_arena = arena_new(SIZE_MAX);
	n->bind_arena = arena_new(SIZE_MAX);
	roster_init(&n->roster, n->bind_arena);
	n->arena = arena_new(SIZE_MAX);
	if (n->series != NULL && n->parse_arena != NULL && n->bind_arena != NULL &&
		n->arena != NULL && read_percentiles(n) && name_own(n))
		return n;
	normalize_free(n);
	return NULL;
}

void normalize_move(struct normalize *n, const struct options *options)
{
	n->options = options;
}

void normalize_keep_pages(struct normalize *n)
{
	n->keeps_pages = true;
}

struct str normalize_page(const struct normalize *n, enum expo_format *format)
{
	*format = n->page_format;
	return buf_str(&n->page);
}

void normalize_free(struct normalize *n)
{
	if (n == NULL)
		return;
	roster_free(&n->roster);
	series_free(n->series);
	arena_free(n->parse_arena);
	arena_free(n->bind_arena);
	arena_free(n->arena);
	buf_free(&n->page);
	buf_free(&n->last_name);
	free(n->percentiles);
	free(n);
}
