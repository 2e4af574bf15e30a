// The tools on directories of this machine, which stand for a container's root, its image and what it has written.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "generated/messages.h"
#include "links.h"
#include "tar.h"
#include "test.h"
#include "tool.h"
#include "tree.h"
#include "util.h"

static char base[] = "/tmp/agent-tools-XXXXXX";
static int root;
static struct msg_setup setup;
static char output[1 << 20];
static ssize_t output_length;
static char failed_with[1000];

static int open_base(const char *name)
{
	char path[200];

	(void)snprintf(path, sizeof(path), "%s/%s", base, name);
	(void)mkdir(path, 0755);
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void run_shell(const char *script)
{
	char command[4096];

	(void)snprintf(command, sizeof(command), "cd %s && { %s; }", base, script);
	CHECK_INT(system(command), 0);
}

typedef int tool_function(const struct tool *, struct failure *);

// Runs a tool as a process, INPUT (-1: none) as its stdin; returns 0, or the kind of its failure + 1.
static int run_tool(tool_function *function, const struct msg_start_tool *request, int input)
{
	CLEANUP_FD int result = memfd_create("result", MFD_CLOEXEC);
	CLEANUP_FD int lower = open_base("lower");
	CLEANUP_FD int upper = open_base("upper");
	struct tool tool = {.request = request, .setup = &setup, .root = root, .lower = lower, .upper = upper};
	struct failure *failure = mmap(NULL, sizeof(*failure), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		if (input >= 0)
			(void)dup2(input, STDIN_FILENO);
		(void)dup2(result, STDOUT_FILENO);
		(void)umask(0);
		_exit(function(&tool, failure) < 0 ? (int)failure->kind + 1 : 0);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	memcpy(failed_with, failure->text, sizeof(failed_with));
	(void)munmap(failure, sizeof(*failure));
	output_length = pread(result, output, sizeof(output) - 1, 0);
	output[output_length > 0 ? output_length : 0] = '\0';
	return WEXITSTATUS(status);
}

static int stat_path(const char *path)
{
	return run_tool(tool_stat, &(struct msg_start_tool){.path = path, .name = "", .user = ""}, -1);
}

// The Nth text of a stat.
static const char *text(int n)
{
	const char *p = output;

	while (n-- > 0)
		p += strlen(p) + 1;
	return p;
}

static void stat_tells_what_is_there(void)
{
	run_shell("mkdir -p root/dir && printf hello > root/dir/file && chmod 4750 root/dir/file && "
		"ln -s ../dir/./file root/dir/link && ln -s /missing/../gone/x root/dangling && ln -s / root/self");
	CHECK_INT(stat_path("/dir/file"), 0);
	CHECK_TEXT(text(0), "104750");
	CHECK_TEXT(text(1), "5");
	CHECK_TEXT(text(4), "");
	CHECK_INT(stat_path("/dir/link"), 0);
	CHECK_TEXT(text(0), "120777");
	CHECK_TEXT(text(4), "/dir/file");
	CHECK_INT(stat_path("/dangling"), 0);
	CHECK_TEXT(text(4), "/gone/x");
	CHECK_INT(stat_path("/self/"), 0);
	CHECK_TEXT(text(4), "");
	CHECK_INT(stat_path("/self/self/../dir/link"), 0);
	CHECK_TEXT(text(4), "/dir/file");
	CHECK_INT(stat_path("/nope"), FAIL_NOT_FOUND + 1);
	CHECK_INT(stat_path("/dir/file/"), FAIL_INVALID_REQUEST + 1);
}

struct builder {
	int fd;
	struct tar_writer writer;
};

static struct builder *new_archive(void)
{
	struct builder *builder = calloc(1, sizeof(*builder));

	builder->fd = builder->writer.fd = memfd_create("archive", MFD_CLOEXEC);
	return builder;
}

static void add(struct builder *builder, enum tar_type type, const char *name, const char *link, const char *content)
{
	size_t length = strlen(content);
	const struct tar_entry entry = {
		.type = type, .name = name, .link = link, .mode = type == TAR_DIRECTORY ? 0755 : 0640, .uid = getuid(), .gid = getgid(),
		.size = length, .mtime = {1234567890, 500000000},
	};
	static const char zeros[512];

	CHECK_INT(tar_write_header(&builder->writer, &entry), 0);
	CHECK_INT(tar_write_bytes(&builder->writer, content, length), 0);
	CHECK_INT(tar_write_bytes(&builder->writer, zeros, -length & 511), 0);
}

static int extract(struct builder *builder, const char *path, bool keep_kinds)
{
	int r;

	CHECK_INT(tar_write_end(&builder->writer), 0);
	CHECK(lseek(builder->fd, 0, SEEK_SET) == 0);
	r = run_tool(tool_extract, &(struct msg_start_tool){.path = path, .name = "", .user = "", .keep_kinds = keep_kinds}, builder->fd);
	close_fd(&builder->fd);
	free(builder);
	return r;
}

static int extract_one(enum tar_type type, const char *name, const char *link, const char *path, bool keep_kinds)
{
	struct builder *builder = new_archive();

	add(builder, type, name, link, type == TAR_FILE ? "new" : "");
	return extract(builder, path, keep_kinds);
}

static void extracts_files_with_their_attributes(void)
{
	struct builder *builder = new_archive();
	struct stat st;

	run_shell("mkdir -p root/into");
	add(builder, TAR_DIRECTORY, "./", "", "");
	add(builder, TAR_DIRECTORY, "a/", "", "");
	add(builder, TAR_FILE, "a/f", "", "content");
	add(builder, TAR_HARD_LINK, "a/g", "a/f", "");
	add(builder, TAR_SYMLINK, "a/s", "/etc/passwd", "");
	add(builder, TAR_FIFO, "a/p", "", "");
	add(builder, TAR_FILE, "b/c/implied", "", "");
	CHECK_INT(extract(builder, "/into", true), 0);
	CHECK_INT(fstatat(root, "into/a/f", &st, AT_SYMLINK_NOFOLLOW), 0);
	CHECK_INT(st.st_mode, S_IFREG | 0640);
	CHECK_INT(st.st_size, 7);
	CHECK_INT(st.st_nlink, 2);
	CHECK_INT(st.st_mtim.tv_sec, 1234567890);
	CHECK_INT(st.st_mtim.tv_nsec, 500000000);
	CHECK_INT(fstatat(root, "into/a", &st, AT_SYMLINK_NOFOLLOW), 0);
	CHECK_INT(st.st_mtim.tv_sec, 1234567890);
	CHECK_INT(fstatat(root, "into/a/p", &st, AT_SYMLINK_NOFOLLOW), 0);
	CHECK(S_ISFIFO(st.st_mode));
	CHECK_INT(fstatat(root, "into/b/c/implied", &st, AT_SYMLINK_NOFOLLOW), 0);
	CHECK_INT(fstatat(root, "into/b/c", &st, AT_SYMLINK_NOFOLLOW), 0);
	CHECK_INT(st.st_mode, S_IFDIR | 0755);
}

static void nothing_leaves_the_target(void)
{
	struct builder *builder = new_archive();

	run_shell("rm -rf root/* outside && mkdir -p root/into root/etc outside && ln -s / root/into/up && ln -s ../../../outside root/into/far");
	CHECK_INT(extract_one(TAR_FILE, "../x", "", "/into", true), FAIL_INVALID_REQUEST + 1);
	CHECK_TEXT(failed_with, "\"../x\" is outside of \"/into\"");
	CHECK_INT(extract_one(TAR_FILE, "a/../../x", "", "/into", true), FAIL_INVALID_REQUEST + 1);
	CHECK_INT(extract_one(TAR_HARD_LINK, "h", "../etc/passwd", "/into", true), FAIL_INVALID_REQUEST + 1);
	CHECK_INT(extract_one(TAR_FILE, "/abs", "", "/into", true), 0);
	CHECK_INT(faccessat(root, "into/abs", F_OK, 0), 0);
	// Symlinks lead where the container's own programs would get, never further.
	CHECK_INT(extract_one(TAR_FILE, "up/etc/through", "", "/into", true), 0);
	CHECK_INT(faccessat(root, "etc/through", F_OK, 0), 0);
	CHECK_INT(extract_one(TAR_FILE, "far/x", "", "/into", true), 0);
	CHECK_INT(faccessat(root, "outside/x", F_OK, 0), 0);
	add(builder, TAR_SYMLINK, "s", "../../../../../../../../tmp", "");
	add(builder, TAR_FILE, "s/agent-escaped", "", "bad");
	CHECK_INT(extract(builder, "/into", true), 0);
	CHECK_INT(access("/tmp/agent-escaped", F_OK), -1);
	run_shell("[ -z \"$(ls outside)\" ]");
}

static void kinds_are_kept_where_asked(void)
{
	run_shell("rm -rf root/* && mkdir -p root/into/dir/full && printf old > root/into/file");
	CHECK_INT(extract_one(TAR_FILE, "dir", "", "/into", true), FAIL_INVALID_REQUEST + 1);
	CHECK_TEXT(failed_with, "cannot overwrite directory \"/into/dir\" with non-directory \"/into\"");
	CHECK_INT(extract_one(TAR_DIRECTORY, "file", "", "/into", true), FAIL_INVALID_REQUEST + 1);
	CHECK_TEXT(failed_with, "cannot overwrite non-directory \"/into/file\" with directory \"/into\"");
	CHECK_INT(extract_one(TAR_FILE, "dir", "", "/into", false), 0);
	CHECK_INT(extract_one(TAR_DIRECTORY, "file", "", "/into", false), 0);
	run_shell("[ -f root/into/dir ] && [ -d root/into/file ]");
	CHECK_INT(extract_one(TAR_FILE, "x", "", "/into/dir", true), FAIL_INVALID_REQUEST + 1);
	CHECK_TEXT(failed_with, "extraction point is not a directory");
	CHECK_INT(extract_one(TAR_FILE, "x", "", "/nowhere", true), FAIL_NOT_FOUND + 1);
}

// What tar(1) writes in each of its forms, with more pieces than a header of the old one holds.
static void sparse_files_keep_their_holes(void)
{
	static const char *const forms[] = {"gnu", "oldgnu", "pax --sparse-version=0.0", "pax --sparse-version=0.1", "pax --sparse-version=1.0"};
	char command[400];

	run_shell("rm -rf root/* && mkdir root/into && truncate -s 400M sparse && for i in $(seq 1 40); do "
		"printf piece$i | dd of=sparse bs=1 seek=$((i * 9000001)) conv=notrunc 2>/dev/null; done && truncate -s 3M empty");
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		CLEANUP_FD int archive = -1;

		(void)snprintf(command, sizeof(command), "rm -rf root/into/* && tar -S --format=%s -cf sparse.tar sparse empty", forms[i]);
		run_shell(command);
		(void)snprintf(command, sizeof(command), "%s/sparse.tar", base);
		archive = open(command, O_RDONLY | O_CLOEXEC);
		CHECK_INT(run_tool(tool_extract, &(struct msg_start_tool){.path = "/into", .name = "", .user = ""}, archive), 0);
		run_shell("cmp sparse root/into/sparse && cmp empty root/into/empty && [ $(du -k root/into/sparse | cut -f1) -lt 2000 ]");
	}
	run_shell("rm sparse sparse.tar empty");
}

static void archives_extract_to_the_same(void)
{
	CLEANUP_FD int archive = -1;
	const char *end;

	run_shell("rm -rf root/* && mkdir -p root/from/sub root/to && printf 123 > root/from/sub/a && ln root/from/sub/a root/from/b && "
		"ln -s nowhere root/from/link && chmod 1777 root/from/sub && touch -d @1000000000.25 root/from/sub/a && mkfifo root/from/p");
	CHECK_INT(run_tool(tool_archive, &(struct msg_start_tool){.path = "/from", .name = "copy", .user = ""}, -1), 0);
	end = text(5);
	archive = memfd_create("archive", MFD_CLOEXEC);
	CHECK_INT(write_all(archive, end, (size_t)(output + output_length - end)), 0);
	CHECK(lseek(archive, 0, SEEK_SET) == 0);
	CHECK_INT(run_tool(tool_extract, &(struct msg_start_tool){.path = "/to", .name = "", .user = ""}, archive), 0);
	run_shell("list() { (cd $1 && find . -printf '%P %M %U %G %T@ %l %n\\n' | sort); }; [ \"$(list root/from)\" = \"$(list root/to/copy)\" ] && "
		"cmp root/from/sub/a root/to/copy/b && [ root/to/copy/b -ef root/to/copy/sub/a ]");
}

static void truncated_archives_are_reported(void)
{
	struct builder *builder = new_archive();

	add(builder, TAR_FILE, "cut", "", "0123456789");
	CHECK_INT(tar_flush(&builder->writer), 0);
	CHECK_INT(ftruncate(builder->fd, 515), 0);
	CHECK(lseek(builder->fd, 0, SEEK_SET) == 0);
	CHECK_INT(run_tool(tool_extract, &(struct msg_start_tool){.path = "/", .name = "", .user = ""}, builder->fd), FAIL_INVALID_REQUEST + 1);
	CHECK_TEXT(failed_with, "unexpected EOF");
	close_fd(&builder->fd);
	free(builder);
}

// The changes, each on its own line.
static const char *changes(void)
{
	CHECK_INT(run_tool(tool_changes, &(struct msg_start_tool){.path = "/", .name = "", .user = ""}, -1), 0);
	for (ssize_t i = 0; i < output_length; i++)
		if (!output[i])
			output[i] = '\n';
	return output;
}

static void changes_are_those_of_the_container(void)
{
	run_shell("rm -rf root/* lower upper && mkdir -p lower/etc lower/gone lower/opaque/x lower/same upper/etc upper/opaque upper/same upper/new "
		"&& echo 1 > lower/etc/passwd && echo 2 > lower/opaque/old && echo 22 > upper/etc/passwd && touch upper/new/f upper/opaque/fresh "
		"&& mknod upper/gone c 0 0 && mknod upper/never c 0 0 && setfattr -n trusted.overlay.opaque -v y upper/opaque "
		"&& mkdir upper/proc && echo same > lower/same/f && cp -a lower/same/f upper/same/f");
	CHECK_TEXT(changes(), "0/etc\n0/etc/passwd\n2/gone\n1/new\n1/new/f\n0/opaque\n2/opaque/old\n2/opaque/x\n1/opaque/fresh\n");
}

static void layers_have_whiteouts(void)
{
	CLEANUP_FD int archive = -1;
	char path[200];

	CHECK_INT(run_tool(tool_layer, &(struct msg_start_tool){.path = "/", .name = "", .user = ""}, -1), 0);
	(void)snprintf(path, sizeof(path), "%s/layer.tar", base);
	archive = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	CHECK_INT(write_all(archive, output, (size_t)output_length), 0);
	run_shell("[ \"$(tar tf layer.tar | tr '\\n' ' ')\" = "
		"'etc/ etc/passwd .wh.gone new/ new/f opaque/ opaque/.wh..wh..opq opaque/fresh same/ same/f ' ]");
}

static int count_visit(void *owner, const struct tree_entry *entry, bool *descend)
{
	(void)entry;
	(void)descend;
	++*(int *)owner;
	return 0;
}

static void deep_trees_end_the_walk(void)
{
	static const struct tree_visitor visitor = {count_visit, NULL};
	CLEANUP_FD int at = openat(root, ".", O_RDONLY | O_DIRECTORY);
	int count = 0;

	for (int i = 0; i < TREE_MAX_DEPTH + 100; i++) {
		int next;

		CHECK_INT(mkdirat(at, "d", 0755), 0);
		next = openat(at, "d", O_RDONLY | O_DIRECTORY);
		close_fd(&at);
		at = next;
	}
	CHECK_INT(tree_walk(root, &visitor, &count), -ELOOP);
	CHECK_INT(count, TREE_MAX_DEPTH + 1);
	run_shell("rm -rf root/d");
}

static void links_are_found_again(void)
{
	struct links links = {.items = NULL};
	struct stat st = {.st_nlink = 2, .st_dev = 7};
	char name[32];

	for (unsigned i = 0; i < 1000; i++) {
		st.st_ino = i;
		(void)snprintf(name, sizeof(name), "file%u", i);
		CHECK(links_find(&links, &st, name) == NULL);
	}
	for (unsigned i = 0; i < 1000; i++) {
		const char *found;

		st.st_ino = i;
		(void)snprintf(name, sizeof(name), "file%u", i);
		found = links_find(&links, &st, "other");
		CHECK(found && strcmp(found, name) == 0);
	}
	st.st_nlink = 1;
	CHECK(links_find(&links, &st, "alone") == NULL);
	links_free(&links);
}

void test_tools(void)
{
	CHECK(mkdtemp(base) != NULL);
	root = open_base("root");
	CHECK(root >= 0);
	stat_tells_what_is_there();
	extracts_files_with_their_attributes();
	nothing_leaves_the_target();
	kinds_are_kept_where_asked();
	archives_extract_to_the_same();
	sparse_files_keep_their_holes();
	truncated_archives_are_reported();
	changes_are_those_of_the_container();
	layers_have_whiteouts();
	links_are_found_again();
	deep_trees_end_the_walk();
	(void)close(root);
	run_shell("rm -rf \"$PWD\"");
}
