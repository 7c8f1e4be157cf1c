/* Runs a fuzz target as a plain test, where libFuzzer does not: over the files and
 * folders named, or over tests/seeds/NAME of the source tree for a program fuzz_NAME. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz.h"

static size_t run_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = NULL;
	size_t size = 0;
	size_t room = 0;

	if (file == NULL)
		return 0;
	do {
		room += 65536;
		data = realloc(data, room);
		if (data == NULL)
			abort();
		size += fread(data + size, 1, room - size, file);
	} while (size == room);
	fclose(file);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 1;
}

/* How many inputs were run. */
static size_t run(const char *path)
{
	DIR *folder = opendir(path);
	size_t count = 0;

	if (folder == NULL)
		return run_file(path);
	for (struct dirent *d; (d = readdir(folder)) != NULL;) {
		char file[4096];

		if (d->d_name[0] == '.')
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, d->d_name);
		count += run_file(file);
	}
	closedir(folder);
	return count;
}

int main(int argc, char **argv)
{
	const char *srcdir = getenv("srcdir");
	const char *name = strrchr(argv[0], '/');
	char seeds[4096];
	size_t count = 0;

	for (int i = 1; i < argc; i++)
		count += run(argv[i]);
	if (argc == 1) {
		name = strstr(name == NULL ? argv[0] : name, "fuzz_");
		snprintf(seeds, sizeof(seeds), "%s/tests/seeds/%s",
			srcdir == NULL ? "." : srcdir,
			name == NULL ? "" : name + strlen("fuzz_"));
		count = run(seeds);
	}
	printf("%zu inputs\n", count);
	return count > 0 ? 0 : 1;
}
