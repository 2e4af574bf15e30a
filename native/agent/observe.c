#include "observe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "guest.h"
#include "post.h"

#define FILE_SIZE 4096
// One write to a serial port, with room for the rest of the message.
#define PAGE_BYTES 30000
#define PAGE_PROCESSES 128
// Of one process on the wire, at most: its numbers, the heads of its texts.
#define PROCESS_OVERHEAD 24
#define KERNEL_THREAD 0x00200000

// Relative ones are the container's cgroup's.
static const char *const measured[] = {
	"memory.current", "memory.max", "memory.stat", "cpu.stat", "pids.current", "pids.max",
	"/proc/net/dev", "/proc/diskstats",
};

int observe_measure(struct connection *connection, uint32_t id, const struct cgroup *cgroup)
{
	CLEANUP_FREE char *texts = malloc(ARRAY_SIZE(measured) * FILE_SIZE);
	struct msg_kernel_file files[ARRAY_SIZE(measured)];
	struct msg message = {.type = MSG_MEASUREMENT, .id = id, .measurement.files = files};
	size_t *count = &message.measurement.files_count;

	if (!texts)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(measured); i++) {
		char *text = texts + i * FILE_SIZE;
		ssize_t n = read_file(cgroup->directory, measured[i], text, FILE_SIZE);

		if (n >= 0)
			files[(*count)++] = (struct msg_kernel_file){measured[i], {(uint8_t *)text, (size_t)n}};
	}
	message.measurement.uptime = guest_uptime();
	return post(connection, &message, ARRAY_SIZE(measured) * (FILE_SIZE + 32) + 64);
}

// A page of processes as it fills.
struct page {
	struct msg_process_info processes[PAGE_PROCESSES];
	size_t count;
	size_t used;		// bytes of the texts
	size_t size;		// of the message
	char texts[PAGE_BYTES];
};

// The number at FIELD (1: the state) behind the name, which is in brackets and may hold anything.
static unsigned long long stat_field(const char *stat, int field)
{
	const char *found = strrchr(stat, ')');

	while (found && field-- > 0)
		found = strchr(found + 1, ' ');
	return found ? strtoull(found, NULL, 10) : 0;
}

static ssize_t read_text(int dir, const char *name, struct page *page, size_t limit)
{
	size_t room = min_size(PAGE_BYTES - page->used, limit + 1);

	return read_file(dir, name, page->texts + page->used, room);
}

static void take_text(struct page *page, ssize_t length, struct mp_bytes *ret)
{
	*ret = (struct mp_bytes){(uint8_t *)page->texts + page->used, length > 0 ? (size_t)length : 0};
	page->used += ret->length;
}

// Arguments end with NUL bytes. A process that has gone meanwhile, or is the kernel's, is left out.
static void add_process(struct page *page, uint32_t pid, int dir)
{
	struct msg_process_info *process = &page->processes[page->count];
	struct stat owner;
	ssize_t length = read_text(dir, "stat", page, MSG_MAX_PROCESS_TEXT);

	if (length <= 0 || fstat(dir, &owner) < 0)
		return;
	if (stat_field(page->texts + page->used, 7) & KERNEL_THREAD)
		return;
	process->pid = pid;
	process->uid = owner.st_uid;
	take_text(page, length, &process->stat);
	take_text(page, read_text(dir, "cmdline", page, MSG_MAX_PROCESS_TEXT), &process->arguments);
	page->size += process->stat.length + process->arguments.length + PROCESS_OVERHEAD;
	page->count++;
}

static bool is_full(const struct page *page)
{
	return page->count == PAGE_PROCESSES || page->size + PROCESS_OVERHEAD + 2 * MSG_MAX_PROCESS_TEXT > PAGE_BYTES;
}

// The kernel lists processes by rising pid. True when there may be more.
static bool fill(struct page *page, DIR *proc, uint32_t after)
{
	const struct dirent *entry;
	uint64_t pid;

	while ((entry = readdir(proc))) {
		const char *name = entry->d_name;
		CLEANUP_FD int dir = -1;

		if (parse_decimal(name, name + strlen(name), UINT32_MAX, &pid) < 0 || pid <= after || pid == 1)
			continue;
		if (is_full(page))
			return true;
		dir = openat(dirfd(proc), name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (dir >= 0)
			add_process(page, (uint32_t)pid, dir);
	}
	return false;
}

int observe_processes(struct connection *connection, uint32_t id, uint32_t after)
{
	CLEANUP_FREE struct page *page = calloc(1, sizeof(*page));
	struct msg message = {.type = MSG_PROCESS_LIST, .id = id};
	DIR *proc = opendir("/proc");

	if (page && proc) {
		message.process_list.more = fill(page, proc, after);
		message.process_list.uptime = guest_uptime();
		message.process_list.processes = page->processes;
		message.process_list.processes_count = page->count;
	}
	if (proc)
		(void)closedir(proc);
	return page ? post(connection, &message, PAGE_BYTES + 64) : -ENOMEM;
}

static int set_limit(const struct cgroup *cgroup, const char *file, uint64_t value, struct failure *failure)
{
	char text[24] = "max";
	int length = value == UINT64_MAX ? 3 : format_string(text, sizeof(text), "%" PRIu64, value);
	int r = value ? write_file(cgroup->directory, file, text, (size_t)length) : 0;

	return r < 0 ? fail(failure, FAIL_INTERNAL, r, "write %s: %s", file, error_text(r)) : 0;
}

int observe_adjust(const struct msg_adjust *adjust, const struct cgroup *cgroup, struct failure *failure)
{
	guest_set_clock(adjust->wall_clock);
	if (set_limit(cgroup, "memory.max", adjust->memory_limit, failure) < 0)
		return -1;
	return set_limit(cgroup, "pids.max", adjust->process_limit, failure);
}
