#include <errno.h>

#include "failure.h"
#include "test.h"
#include "util.h"

static void parses_decimals(void)
{
	const char *max = "18446744073709551615";
	const char *over = "18446744073709551616";
	uint64_t value = 7;

	CHECK_INT(parse_decimal(max, max + strlen(max), UINT64_MAX, &value), 0);
	CHECK(value == UINT64_MAX);
	CHECK_INT(parse_decimal(over, over + strlen(over), UINT64_MAX, &value), -EINVAL);
	CHECK_INT(parse_decimal("256", (const char *)"256" + 3, 255, &value), -EINVAL);
	CHECK_INT(parse_decimal("", "", 255, &value), -EINVAL);
	CHECK_INT(parse_decimal("1 ", (const char *)"1 " + 2, 255, &value), -EINVAL);
}

static void reports_cut_strings(void)
{
	char text[4];

	CHECK_INT(format_string(text, sizeof(text), "%s", "abc"), 3);
	CHECK_INT(format_string(text, sizeof(text), "%s", "abcd"), -ENAMETOOLONG);
}

static void makes_failures_one_readable_line(void)
{
	struct failure failure;

	CHECK_INT(fail(&failure, FAIL_MOUNT, -ENOENT, "a\nb\x7f %s \xff\xc3\xa9 \xe2\x82", "c"), -1);
	CHECK_TEXT(failure.text, "a?b? c ?\xc3\xa9 ??");
	CHECK_INT(failure.error, ENOENT);
	CHECK_INT(failure.kind, FAIL_MOUNT);
	for (size_t i = 0; i < 400; i++)
		(void)fail(&failure, FAIL_INTERNAL, 0, "%*s\xe2\x82\xac", (int)(800 + i), "");
	CHECK(strlen(failure.text) < sizeof(failure.text));
}

static void speaks_as_docker(void)
{
	CHECK_TEXT(error_text(ENOENT), "no such file or directory");
	CHECK_TEXT(error_text(-EACCES), "permission denied");
	CHECK_TEXT(error_text(ENOEXEC), "exec format error");
	CHECK_TEXT(error_text(ELOOP), "too many levels of symbolic links");
	CHECK_TEXT(error_text(EISDIR), "is a directory");
}

void test_util(void)
{
	parses_decimals();
	reports_cut_strings();
	makes_failures_one_readable_line();
	speaks_as_docker();
}
