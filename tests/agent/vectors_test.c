// Holds the agent's codec to the golden vectors: vectors_test FILE. Prints "N passed, N failed".
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generated/messages.h"

struct vector {
	const char *kind;
	const char *from;
	const char *name;
	const char *canonical;	// may be NULL
	uint8_t *bytes;
	size_t size;
};

struct vectors {
	struct vector *items;
	size_t count;
};

static int passed;
static int failed;

static void check(bool condition, const struct vector *vector, const char *what)
{
	if (condition) {
		passed++;
		return;
	}
	failed++;
	(void)fprintf(stderr, "%s: %s\n", vector->name, what);
}

// Of its exact size, so that the sanitizer sees a read behind it.
static uint8_t *copy_of(const uint8_t *bytes, size_t size)
{
	uint8_t *copy = malloc(size);

	if (!copy && size > 0)
		abort();
	if (size > 0)
		memcpy(copy, bytes, size);
	return copy;
}

static int hex_digit(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

static void parse_hex(struct vector *vector, const char *hex)
{
	size_t digits = strcmp(hex, "-") == 0 ? 0 : strlen(hex);

	vector->size = digits / 2;
	vector->bytes = calloc(1, vector->size + 1);
	if (!vector->bytes)
		abort();
	for (size_t i = 0; i < vector->size; i++)
		vector->bytes[i] = (uint8_t)(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
}

// The words stay in LINE.
static struct vector parse_line(char *line)
{
	char *rest = NULL;
	struct vector vector = {.kind = strtok_r(line, " \n", &rest)};
	const char *hex;

	vector.from = strtok_r(NULL, " \n", &rest);
	vector.name = strtok_r(NULL, " \n", &rest);
	hex = strtok_r(NULL, " \n", &rest);
	vector.canonical = strtok_r(NULL, " \n", &rest);
	if (!hex)
		abort();
	parse_hex(&vector, hex);
	return vector;
}

static struct vectors read_all(FILE *file)
{
	struct vectors vectors = {.items = NULL};
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, file) > 0) {
		if (line[0] == '#' || line[0] == '\n')
			continue;
		vectors.items = realloc(vectors.items, (vectors.count + 1) * sizeof(*vectors.items));
		if (!vectors.items)
			abort();
		vectors.items[vectors.count++] = parse_line(line);
		line = NULL;
		size = 0;
	}
	free(line);
	return vectors;
}

static const struct vector *find(const struct vectors *vectors, const char *name)
{
	for (size_t i = 0; name && i < vectors->count; i++)
		if (strcmp(vectors->items[i].name, name) == 0)
			return &vectors->items[i];
	return NULL;
}

static int decode(uint8_t *bytes, size_t size, bool from_host, struct msg *ret)
{
	static _Alignas(16) uint8_t memory[MSG_ARENA_SIZE];
	struct mp_arena arena = {.data = memory, .size = sizeof(memory)};

	return msg_decode(bytes, size, from_host, &arena, ret);
}

static void check_encoding(const struct vector *vector, const struct msg *message, const struct vector *expected)
{
	uint8_t *buffer = malloc(expected->size);
	ssize_t size;

	if (!buffer)
		abort();
	size = msg_encode(message, buffer, expected->size);
	check(size == (ssize_t)expected->size && memcmp(buffer, expected->bytes, expected->size) == 0, vector,
		"does not encode to its bytes");
	check(msg_encode(message, buffer, expected->size - 1) == -ENOBUFS, vector, "encodes into too small a buffer");
	if (message->type == MSG_DATA) {
		size = msg_encode_data_head(message, buffer, expected->size);
		check(size == (ssize_t)(expected->size - message->data.bytes.length) &&
			memcmp(buffer, expected->bytes, (size_t)size) == 0, vector, "the head of its data differs");
	}
	free(buffer);
}

static void check_accepted(const struct vector *vector, const struct vector *expected, bool from_host)
{
	uint8_t *bytes = copy_of(vector->bytes, vector->size);
	struct msg message;
	int r = decode(bytes, vector->size, from_host, &message);

	check(r == 0, vector, "does not decode");
	if (r == 0)
		check_encoding(vector, &message, expected);
	free(bytes);
}

static void check_refused(const struct vector *vector, size_t size, bool from_host, const char *what)
{
	uint8_t *bytes = copy_of(vector->bytes, size);
	struct msg message;

	check(decode(bytes, size, from_host, &message) == -EPROTO, vector, what);
	free(bytes);
}

static void check_parts(const struct vector *vector, bool from_host)
{
	size_t step = 1 + vector->size / 400;

	for (size_t size = 0; size < vector->size; size += step)
		check_refused(vector, size, from_host, "a part of it decodes");
}

static void check_direction(const struct vectors *vectors, const struct vector *vector, bool from_host)
{
	const struct vector *expected = vector->canonical ? find(vectors, vector->canonical) : vector;

	if (!expected) {
		check(false, vector, "its canonical vector is missing");
	} else if (strcmp(vector->kind, "refuse") == 0) {
		check_refused(vector, vector->size, from_host, "decodes");
	} else {
		check_accepted(vector, expected, from_host);
		check_parts(vector, from_host);
	}
}

static void check_vector(const struct vectors *vectors, const struct vector *vector)
{
	bool both = strcmp(vector->from, "both") == 0;
	bool host = strcmp(vector->from, "host") == 0;

	check_direction(vectors, vector, both || host);
	if (both)
		check_direction(vectors, vector, false);
	else
		check_refused(vector, vector->size, !host, "decodes in the other direction");
}

// Field by field, once: a codec that swaps two fields both ways would pass the rest.
static void check_fields(const struct vectors *vectors)
{
	const struct vector *vector = find(vectors, "start.plain");
	struct msg m;

	if (!vector || decode(vector->bytes, vector->size, true, &m) != 0 || m.type != MSG_START)
		abort();
	check(m.id == 3 && m.start.process == 1 && m.start.init, vector, "process");
	check(m.start.arguments_count == 3 && strcmp(m.start.arguments[1], "-c") == 0 && !m.start.arguments[3], vector, "arguments");
	check(m.start.environment_count == 3 && strcmp(m.start.environment[2], "EMPTY=") == 0, vector, "environment");
	check(strcmp(m.start.working_directory, "/srv") == 0 && strcmp(m.start.user, "www-data:33") == 0, vector, "user");
	check(m.start.capabilities == 0xa80425fb && m.start.no_new_privileges && m.start.terminal, vector, "rights");
	check(m.start.resource_limits_count == 2 && m.start.resource_limits[1].resource == 4 &&
		m.start.resource_limits[1].soft == 0 && m.start.resource_limits[1].hard == UINT64_MAX, vector, "limits");
	check(m.start.rows == 24 && m.start.columns == 80 && m.start.stdin == 1 && m.start.stdout == 2 &&
		m.start.stderr == 3 && m.start.oom_score_adjust == -500 && m.start.reaper, vector, "numbers");
}

static void release(struct vectors *vectors)
{
	for (size_t i = 0; i < vectors->count; i++) {
		free(vectors->items[i].bytes);
		free((void *)(uintptr_t)vectors->items[i].kind);	// where its line starts
	}
	free(vectors->items);
}

int main(int argc, char **argv)
{
	FILE *file = argc == 2 ? fopen(argv[1], "re") : NULL;
	struct vectors vectors;

	if (!file) {
		(void)fprintf(stderr, "usage: vectors_test FILE\n");
		return EXIT_FAILURE;
	}
	vectors = read_all(file);
	(void)fclose(file);
	for (size_t i = 0; i < vectors.count; i++)
		check_vector(&vectors, &vectors.items[i]);
	check_fields(&vectors);
	release(&vectors);
	(void)printf("%d passed, %d failed\n", passed, failed);
	return failed == 0 && passed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
