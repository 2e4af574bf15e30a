// Seeds of the fuzzer: make_corpus VECTORS DIRECTORY writes one file for each golden vector, a Hello and the vector as
// frames behind the two bytes with which fuzz_frames.c chooses.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LINE (1 << 20)

static size_t parse_hex(const char *text, uint8_t *bytes)
{
	size_t count = 0;
	unsigned value;

	while (sscanf(text + 2 * count, "%2x", &value) == 1 && text[2 * count + 1] > ' ')
		bytes[count++] = (uint8_t)value;
	return count;
}

static void put_frame(FILE *file, const uint8_t *payload, size_t size)
{
	const uint8_t length[4] = {(uint8_t)(size >> 24), (uint8_t)(size >> 16), (uint8_t)(size >> 8), (uint8_t)size};

	(void)fwrite(length, 1, sizeof(length), file);
	(void)fwrite(payload, 1, size, file);
}

static int put_seed(const char *directory, const char *name, const uint8_t *payload, size_t size)
{
	static const uint8_t choice[2] = {0, 255};
	static uint8_t hello[128] = {0x98, 1, 1, 1, 1, 0xc4, 32};
	char path[4096];
	FILE *file;

	memcpy(hello + 39, "\x00\xce\x00\x01\x00\x00\xc4\x00", 8);
	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "wb");
	if (!file)
		return -1;
	(void)fwrite(choice, 1, sizeof(choice), file);
	put_frame(file, hello, 47);
	put_frame(file, payload, size);
	return fclose(file);
}

int main(int argc, char **argv)
{
	FILE *vectors = argc == 3 ? fopen(argv[1], "r") : NULL;
	char *line = malloc(MAX_LINE);
	char *hex = malloc(MAX_LINE);
	uint8_t *bytes = malloc(MAX_LINE);
	unsigned count = 0;

	if (!vectors || !line || !hex || !bytes) {
		perror("make_corpus VECTORS DIRECTORY");
		return 1;
	}
	while (fgets(line, MAX_LINE, vectors)) {
		char name[256];

		// KIND FROM NAME HEX
		if (line[0] == '#' || sscanf(line, "%*s %*s %255s %1048575s", name, hex) != 2)
			continue;
		if (put_seed(argv[2], name, bytes, parse_hex(hex, bytes)) != 0) {
			perror(name);
			return 1;
		}
		count++;
	}
	(void)fclose(vectors);
	free(line);
	free(hex);
	free(bytes);
	return count > 0 ? 0 : 1;
}
