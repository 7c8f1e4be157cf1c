/* Any bytes drawn anywhere, under every glyph set: what stands on the canvas is UTF-8 of
 * the right width, without control bytes, and nothing outside the pane has changed. */
#include <locale.h>
#include <string.h>
#include <wchar.h>

#include "operatorstat/canvas.h"

#include "tests/fuzz.h"

#define ROWS 6
#define COLS 24

static void check_row(struct canvas *c, int y)
{
	wchar_t wide[COLS * 16];
	char bytes[COLS * 16];
	unsigned int style = 0;
	struct str run;
	int width = 0;

	for (int x = 0; canvas_run(c, y, &x, &style, &run);) {
		require(run.len < sizeof(bytes));
		memcpy(bytes, run.at, run.len);
		bytes[run.len] = '\0';
		require(strlen(bytes) == run.len);
		size_t count = mbstowcs(wide, bytes, COLS * 16);
		require(count != (size_t)-1);
		for (size_t i = 0; i < count; i++) {
			require(wcwidth(wide[i]) >= 0);
			width += wcwidth(wide[i]);
		}
	}
	require(width == COLS);
}

static void check_outside(const struct canvas *c, const char *before, struct rect pane)
{
	struct buf now;
	const char *at;

	buf_init(&now, 65536);
	canvas_styles(c, &now);
	at = now.at;
	for (int y = 0; y < ROWS; y++, at++)
		for (int x = 0; x < COLS; x++, at++)
			if (y < pane.y || y >= pane.y + pane.rows || x < pane.x ||
				x >= pane.x + pane.cols)
				require(*at == before[at - now.at]);
	buf_free(&now);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 8)
		return 0;
	setlocale(LC_CTYPE, "C.UTF-8");
	struct canvas *c = canvas_new(ROWS, COLS, (enum glyphs)(data[0] % 3));
	struct rect pane = {
		data[1] % ROWS, data[2] % COLS, data[3] % ROWS, data[4] % COLS};
	struct str text = {(const char *)data + 8, size - 8};
	struct buf before;
	int y = (int8_t)data[5], x = (int8_t)data[6];

	require(c != NULL);
	buf_init(&before, 65536);
	canvas_styles(c, &before);
	canvas_into(c, pane);
	canvas_put(c, y % (ROWS + 2), x % (COLS + 2), STYLE_FAILURE, text);
	canvas_field(c, 0, x % COLS, data[7] % COLS, STYLE_FAILURE, text);
	canvas_wrap(c, y % ROWS, data[7] % COLS, STYLE_FAILURE, text);
	check_outside(c, before.at, canvas_pane(c));
	for (int row = 0; row < ROWS; row++)
		check_row(c, row);
	buf_free(&before);
	canvas_free(c);
	return 0;
}
