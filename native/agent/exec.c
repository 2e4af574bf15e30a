#include "exec.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

const char *environment_get(const char *const *environment, const char *name)
{
	size_t length = strlen(name);

	for (; *environment; environment++)
		if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=')
			return *environment + length + 1;
	return NULL;
}

// 0 when PATH can be executed by the caller, else -errno (EISDIR for a directory).
static int check_executable(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if ((st.st_mode & 0111) == 0 || access(path, X_OK) < 0)
		return -EACCES;
	return 0;
}

static int check_named(const char *program, char *ret, size_t capacity, struct failure *failure)
{
	int r = check_executable(program);

	if (r == 0)
		r = format_string(ret, capacity, "%s", program);
	if (r >= 0)
		return 0;
	if (r == -EACCES || r == -EISDIR)
		return fail(failure, FAIL_NOT_EXECUTABLE, r, "exec: \"%s\": %s", program, error_text(r));
	return fail(failure, FAIL_NOT_FOUND, r, "exec: \"%s\": stat %s: %s", program, program, error_text(r));
}

int exec_find(const char *program, const char *const *environment, char *ret, size_t capacity, struct failure *failure)
{
	const char *path = environment_get(environment, "PATH");

	if (strchr(program, '/'))
		return check_named(program, ret, capacity, failure);
	for (const char *next = path; *program && next; path = next) {
		size_t length = strcspn(path, ":");

		next = path[length] ? path + length + 1 : NULL;
		// An empty element is the working directory.
		if (format_string(ret, capacity, "%.*s/%s", length ? (int)length : 1, length ? path : ".", program) < 0)
			continue;
		if (check_executable(ret) == 0)
			return 0;
	}
	return fail(failure, FAIL_NOT_FOUND, ENOENT, "exec: \"%s\": executable file not found in $PATH", program);
}

int exec_run(const char *const *arguments, const char *const *environment, struct failure *failure)
{
	char path[PATH_MAX];

	if (exec_find(arguments[0], environment, path, sizeof(path), failure) < 0)
		return -1;
	(void)execve(path, exec_vector(arguments), exec_vector(environment));
	return fail(failure, errno == ENOENT ? FAIL_NOT_FOUND : FAIL_NOT_EXECUTABLE, errno, "exec %s: %s", path, error_text(errno));
}
