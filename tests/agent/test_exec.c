#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exec.h"
#include "test.h"

static char base[] = "/tmp/agent-exec-XXXXXX";
static struct failure failure;
static char found[PATH_MAX];

static const char *below(const char *name)
{
	static char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", base, name);
	return path;
}

static void make_file(const char *name, mode_t mode, const char *content)
{
	int fd = open(below(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	CHECK(fd >= 0 && write(fd, content, strlen(content)) == (ssize_t)strlen(content));
	CHECK_INT(fchmod(fd, mode), 0);
	(void)close(fd);
}

static int find(const char *program, const char *path)
{
	char variable[PATH_MAX];
	const char *environment[] = {variable, NULL};

	(void)snprintf(variable, sizeof(variable), "PATH=%s", path);
	memset(&failure, 0, sizeof(failure));
	return exec_find(program, environment, found, sizeof(found), &failure);
}

static void searches_path(void)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "/nowhere:%s/one:%s/two", base, base);
	CHECK_INT(find("tool", path), 0);
	CHECK_TEXT(found, below("two/tool"));
	CHECK_INT(find("missing", path), -1);
	CHECK_TEXT(failure.text, "exec: \"missing\": executable file not found in $PATH");
	CHECK_INT(failure.kind, FAIL_NOT_FOUND);
	CHECK_INT(find("", path), -1);
	CHECK_TEXT(failure.text, "exec: \"\": executable file not found in $PATH");
}

static void takes_the_empty_element_for_the_working_directory(void)
{
	CHECK_INT(chdir(below("two")), 0);
	CHECK_INT(find("tool", "/nowhere:"), 0);
	CHECK_TEXT(found, "./tool");
	CHECK_INT(find("tool", ":/nowhere"), 0);
	CHECK_INT(chdir("/"), 0);
}

static void needs_path_in_the_environment(void)
{
	const char *environment[] = {NULL};

	CHECK_INT(exec_find("sh", environment, found, sizeof(found), &failure), -1);
	CHECK_INT(failure.kind, FAIL_NOT_FOUND);
}

static void checks_named_files(void)
{
	char expected[PATH_MAX + 64];

	CHECK_INT(find(below("two/tool"), ""), 0);
	CHECK_INT(find("/does/not/exist", ""), -1);
	CHECK_TEXT(failure.text, "exec: \"/does/not/exist\": stat /does/not/exist: no such file or directory");
	CHECK_INT(failure.kind, FAIL_NOT_FOUND);
	CHECK_INT(find(below("one/tool"), ""), -1);
	(void)snprintf(expected, sizeof(expected), "exec: \"%s\": permission denied", below("one/tool"));
	CHECK_TEXT(failure.text, expected);
	CHECK_INT(failure.kind, FAIL_NOT_EXECUTABLE);
	CHECK_INT(find(below("two"), ""), -1);
	CHECK_INT(failure.error, EISDIR);
	CHECK_INT(failure.kind, FAIL_NOT_EXECUTABLE);
}

static void reports_what_execve_says(void)
{
	char path[PATH_MAX];
	const char *arguments[] = {path, NULL};
	const char *environment[] = {NULL};
	char expected[PATH_MAX + 64];

	(void)snprintf(path, sizeof(path), "%s", below("garbage"));
	CHECK_INT(exec_run(arguments, environment, &failure), -1);
	(void)snprintf(expected, sizeof(expected), "exec %s: exec format error", path);
	CHECK_TEXT(failure.text, expected);
	CHECK_INT(failure.kind, FAIL_NOT_EXECUTABLE);
	(void)snprintf(path, sizeof(path), "%s", below("no-interpreter"));
	CHECK_INT(exec_run(arguments, environment, &failure), -1);
	CHECK_INT(failure.kind, FAIL_NOT_FOUND);
}

static void reads_the_environment(void)
{
	const char *environment[] = {"HOME2=x", "HOME=/y", NULL};

	CHECK_TEXT(environment_get(environment, "HOME"), "/y");
	CHECK(environment_get(environment, "HOM") == NULL);
}

void test_exec(void)
{
	CHECK(mkdtemp(base) != NULL);
	CHECK_INT(mkdir(below("one"), 0755), 0);
	CHECK_INT(mkdir(below("two"), 0755), 0);
	make_file("one/tool", 0644, "#!/bin/sh\n");
	make_file("two/tool", 0755, "#!/bin/sh\n");
	make_file("garbage", 0755, "\x01\x02\x03");
	make_file("no-interpreter", 0755, "#!/does/not/exist\n");
	searches_path();
	takes_the_empty_element_for_the_working_directory();
	needs_path_in_the_environment();
	checks_named_files();
	reports_what_execve_says();
	reads_the_environment();
	static const char *const files[] = {"one/tool", "two/tool", "garbage", "no-interpreter"};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		CHECK_INT(unlink(below(files[i])), 0);
	CHECK(rmdir(below("one")) == 0 && rmdir(below("two")) == 0 && rmdir(base) == 0);
}
