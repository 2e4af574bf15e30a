#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "path.h"
#include "test.h"
#include "util.h"

static char base[] = "/tmp/agent-path-XXXXXX";
static int root;

// The path of FD as the kernel sees it, without the root's own.
static const char *where(int fd)
{
	static char path[PATH_MAX];
	char link[64];
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (n < 0)
		return "";
	path[n] = '\0';
	return strncmp(path, base, strlen(base)) == 0 ? path + strlen(base) : path;
}

static const char *made(const char *path, enum path_kind kind)
{
	static char result[PATH_MAX];
	CLEANUP_FD int fd = path_make(root, path, kind);

	(void)snprintf(result, sizeof(result), "%s", fd < 0 ? strerror(-fd) : where(fd));
	return result;
}

static void stays_inside(void)
{
	CLEANUP_FD int up = path_open(root, "/../../../..", O_DIRECTORY);
	CLEANUP_FD int absolute = path_open(root, "/escape", 0);

	CHECK_TEXT(where(up), "");
	// The link says /etc, which is the root's own: not there.
	CHECK_INT(absolute, -ENOENT);
	CHECK_TEXT(made("/escape/passwd", PATH_FILE), "/etc/passwd");
	CHECK_TEXT(made("/relative/x", PATH_DIRECTORY), "/x");
	CHECK_TEXT(made("/../../y/../z", PATH_DIRECTORY), "/z");
}

static void makes_what_is_missing(void)
{
	struct stat st;

	CHECK_TEXT(made("/a/b/c", PATH_DIRECTORY), "/a/b/c");
	CHECK_INT(fstatat(root, "a/b", &st, 0), 0);
	CHECK_INT(st.st_mode, S_IFDIR | 0755);
	CHECK_TEXT(made("a//b/./c/file", PATH_FILE), "/a/b/c/file");
	CHECK_INT(fstatat(root, "a/b/c/file", &st, 0), 0);
	CHECK_INT(st.st_mode, S_IFREG | 0644);
	CHECK_INT(st.st_size, 0);
	CHECK_TEXT(made("/a/b/c/file", PATH_FILE), "/a/b/c/file");
}

static void follows_dangling_links(void)
{
	CHECK_TEXT(made("/dangling", PATH_FILE), "/run/resolve/stub.conf");
	CHECK_TEXT(made("/dangling-directory/sub", PATH_DIRECTORY), "/run/other/sub");
}

static void refuses_the_wrong_kind(void)
{
	CHECK_INT(path_make(root, "/a/b/c/file", PATH_DIRECTORY), -ENOTDIR);
	CHECK_INT(path_make(root, "/a/b", PATH_FILE), -EISDIR);
	CHECK_INT(path_make(root, "/a/b/c/file/below", PATH_FILE), -ENOTDIR);
	CHECK_INT(path_make(root, "/loop/x", PATH_FILE), -ELOOP);
}

static void refuses_what_is_too_long(void)
{
	char path[PATH_MAX + 10];

	memset(path, 'n', 300);
	path[0] = '/';
	path[300] = '\0';
	CHECK_INT(path_make(root, path, PATH_FILE), -ENAMETOOLONG);
	for (size_t i = 0; i + 1 < sizeof(path); i++)
		path[i] = i % 2 ? 'd' : '/';
	path[sizeof(path) - 1] = '\0';
	CHECK_INT(path_make(root, path, PATH_DIRECTORY), -ENAMETOOLONG);
}

static void does_not_open_a_fifo(void)
{
	CLEANUP_FD int fd = -1;

	CHECK_INT(mkfifoat(root, "fifo", 0644), 0);
	fd = path_make(root, "/fifo", PATH_FILE);
	CHECK(fd >= 0);
}

void test_path(void)
{
	char command[64];

	CHECK(mkdtemp(base) != NULL);
	root = open(base, O_PATH | O_DIRECTORY | O_CLOEXEC);
	CHECK(root >= 0);
	CHECK_INT(symlinkat("/etc", root, "escape"), 0);
	CHECK_INT(symlinkat("../../../..", root, "relative"), 0);
	CHECK_INT(symlinkat("../run/resolve/stub.conf", root, "dangling"), 0);
	CHECK_INT(symlinkat("/run/other", root, "dangling-directory"), 0);
	CHECK_INT(symlinkat("loop", root, "loop"), 0);
	stays_inside();
	makes_what_is_missing();
	follows_dangling_links();
	refuses_the_wrong_kind();
	refuses_what_is_too_long();
	does_not_open_a_fifo();
	(void)close(root);
	(void)snprintf(command, sizeof(command), "rm -rf %s", base);
	CHECK_INT(system(command), 0);
}
