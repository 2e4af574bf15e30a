#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "copy.h"
#include "test.h"
#include "tree.h"
#include "util.h"

static char base[] = "/tmp/agent-copy-XXXXXX";
static int root;

static int make_directory(const char *name)
{
	CHECK_INT(mkdirat(root, name, 0700), 0);
	return openat(root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void write_text(int directory, const char *name, const char *text, mode_t mode)
{
	CLEANUP_FD int fd = openat(directory, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	CHECK_INT(write_all(fd, text, strlen(text)), 0);
	CHECK_INT(fchmod(fd, mode), 0);
}

static void check_text(int directory, const char *name, const char *expected)
{
	char text[64];

	CHECK(read_file(directory, name, text, sizeof(text)) >= 0);
	CHECK_TEXT(text, expected);
}

static void copies_all_kinds_with_their_attributes(void)
{
	const struct timespec times[] = {{.tv_sec = 5}, {.tv_sec = 1000000000, .tv_nsec = 123456789}};
	CLEANUP_FD int from = make_directory("from");
	CLEANUP_FD int to = make_directory("to");
	struct stat st;
	char target[16] = "";

	write_text(from, "file", "content", 04751);
	CHECK_INT(mkdirat(from, "sub", 0700), 0);
	CHECK_INT(linkat(from, "file", from, "sub/link", 0), 0);
	CHECK_INT(symlinkat("file", from, "symlink"), 0);
	CHECK_INT(symlinkat("/nowhere", from, "dangling"), 0);
	CHECK_INT(mkfifoat(from, "fifo", 0600), 0);
	CHECK_INT(fchmodat(from, "sub", 02550, 0), 0);
	CHECK_INT(utimensat(from, "sub", times, 0), 0);
	CHECK_INT(utimensat(from, "file", times, 0), 0);
	CHECK_INT(fchmod(from, 01770), 0);

	CHECK_INT(copy_tree(from, to), 0);
	check_text(to, "file", "content");
	CHECK_INT(fstatat(to, "sub/link", &st, 0), 0);
	CHECK_INT(st.st_mode, S_IFREG | 04751);
	CHECK_INT(st.st_nlink, 2);
	CHECK_INT(st.st_mtim.tv_sec, 1000000000);
	CHECK_INT(st.st_mtim.tv_nsec, 123456789);
	CHECK_INT(fstatat(to, "sub", &st, 0), 0);
	CHECK_INT(st.st_mode, S_IFDIR | 02550);
	CHECK_INT(st.st_mtim.tv_sec, 1000000000);
	CHECK_INT(readlinkat(to, "symlink", target, sizeof(target)), 4);
	CHECK_TEXT(target, "file");
	CHECK_INT(fstatat(to, "dangling", &st, AT_SYMLINK_NOFOLLOW), 0);
	CHECK_INT(fstatat(to, "fifo", &st, 0), 0);
	CHECK_INT(st.st_mode & S_IFMT, S_IFIFO);
	CHECK_INT(fstat(to, &st), 0);
	CHECK_INT(st.st_mode, S_IFDIR | 01770);
}

static void copies_owners(void)
{
	CLEANUP_FD int from = make_directory("owned");
	CLEANUP_FD int to = make_directory("owned-copy");
	struct stat st;

	if (geteuid() != 0)
		return;
	write_text(from, "file", "x", 0644);
	CHECK_INT(fchownat(from, "file", 1234, 2345, 0), 0);
	CHECK_INT(fchmodat(from, "file", 06755, 0), 0);
	CHECK_INT(fchown(from, 7, 8), 0);
	CHECK_INT(copy_tree(from, to), 0);
	CHECK_INT(fstatat(to, "file", &st, 0), 0);
	CHECK_INT(st.st_uid, 1234);
	CHECK_INT(st.st_gid, 2345);
	// To change the owner takes these bits away: they must come last.
	CHECK_INT(st.st_mode & 07777, 06755);
	CHECK_INT(fstat(to, &st), 0);
	CHECK_INT(st.st_uid, 7);
	CHECK_INT(st.st_gid, 8);
}

static void goes_down_and_up_again(void)
{
	CLEANUP_FD int from = make_directory("deep");
	CLEANUP_FD int to = make_directory("deep-copy");
	struct stat st;

	CHECK_INT(mkdirat(from, "a", 0755), 0);
	CHECK_INT(mkdirat(from, "a/b", 0755), 0);
	CHECK_INT(mkdirat(from, "a/c", 0755), 0);
	CHECK_INT(mkdirat(from, "z", 0755), 0);
	write_text(from, "a/b/f", "1", 0644);
	write_text(from, "a/c/f", "2", 0644);
	write_text(from, "a/g", "3", 0644);
	write_text(from, "z/f", "4", 0644);
	CHECK_INT(copy_tree(from, to), 0);
	check_text(to, "a/b/f", "1");
	check_text(to, "a/c/f", "2");
	check_text(to, "a/g", "3");
	check_text(to, "z/f", "4");
	CHECK_INT(fstatat(to, "a/z", &st, 0), -1);
}

static void overwrites_nothing(void)
{
	CLEANUP_FD int from = make_directory("new");
	CLEANUP_FD int to = make_directory("taken");

	write_text(from, "file", "new", 0644);
	write_text(to, "file", "old", 0644);
	CHECK_INT(copy_tree(from, to), -EEXIST);
	check_text(to, "file", "old");
}

void test_copy(void)
{
	CHECK(mkdtemp(base) != NULL);
	root = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	copies_all_kinds_with_their_attributes();
	copies_owners();
	goes_down_and_up_again();
	overwrites_nothing();
	CHECK_INT(tree_remove(AT_FDCWD, base), 0);
	(void)close(root);
	CHECK_INT(chdir("/"), 0);
}
