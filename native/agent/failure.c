#include "failure.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

// Length of the UTF-8 sequence at P, 0 if it is none (overlong forms and surrogates of three bytes pass: what matters is
// that no reader loses its place).
static size_t sequence_length(const char *p)
{
	unsigned char first = (unsigned char)*p;
	size_t length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;

	for (size_t i = 1; i < length; i++)
		if (((unsigned char)p[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

// The text may quote what the host or the image says: it stays one line of readable text.
static void make_printable(char *text)
{
	while (*text) {
		size_t length = sequence_length(text);

		if (length == 0 || (unsigned char)*text < 0x20 || *text == 0x7f) {
			*text = '?';
			length = 1;
		}
		text += length;
	}
}

int fail(struct failure *failure, enum failure_kind kind, int error, const char *format, ...)
{
	va_list args;

	failure->kind = kind;
	failure->error = (uint32_t)(error < 0 ? -error : error);
	va_start(args, format);
	(void)vsnprintf(failure->text, sizeof(failure->text), format, args);
	va_end(args);
	make_printable(failure->text);
	return -1;
}

const char *error_text(int error)
{
	static char text[64];

	error = error < 0 ? -error : error;
	switch (error) {
	// Where the C library's words are others than Go's.
	case ELOOP:
		return "too many levels of symbolic links";
	case ENAMETOOLONG:
		return "file name too long";
	case EIO:
		return "input/output error";
	case ENOMEM:
		return "cannot allocate memory";
	case EBUSY:
		return "device or resource busy";
	default:
		(void)snprintf(text, sizeof(text), "%s", strerror(error));
		if (isupper((unsigned char)text[0]) && !isupper((unsigned char)text[1]))
			text[0] = (char)tolower((unsigned char)text[0]);
		return text;
	}
}
