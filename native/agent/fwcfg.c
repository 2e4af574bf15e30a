#include "fwcfg.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/io.h>
#include <unistd.h>

#include "util.h"

#define DRIVER "/sys/firmware/qemu_fw_cfg/by_name"
#define PORT_SELECTOR 0x510
#define PORT_DATA 0x511
#define ITEM_SIGNATURE 0x0000
#define ITEM_DIRECTORY 0x0019
// QEMU has a few dozen; the bound keeps a broken device from holding the boot up.
#define MAX_ENTRIES 1024

struct fwcfg_entry {
	uint32_t size;
	uint16_t select;
	uint16_t reserved;
	char name[56];
};
_Static_assert(sizeof(struct fwcfg_entry) == 64, "fw_cfg directory entry");

static void select_item(uint16_t item)
{
	outw(item, PORT_SELECTOR);
}

// One string instruction, hence one exit to the VMM instead of one a byte.
static void read_data(void *buffer, size_t length)
{
	insb(PORT_DATA, buffer, length);
}

static int find_entry(const char *name, struct fwcfg_entry *ret)
{
	uint32_t count;

	select_item(ITEM_DIRECTORY);
	read_data(&count, sizeof(count));
	count = be32toh(count);
	for (uint32_t i = 0; i < count && i < MAX_ENTRIES; i++) {
		read_data(ret, sizeof(*ret));
		if (strncmp(ret->name, name, sizeof(ret->name)) == 0)
			return 0;
	}
	return -ENOENT;
}

// By the kernel's driver, which is there where the command line asks for it.
static ssize_t read_file_of_driver(const char *name, void *buffer, size_t capacity)
{
	CLEANUP_FD int fd = -1;
	char path[128];
	ssize_t n;

	if (format_string(path, sizeof(path), DRIVER "/%s/raw", name) < 0)
		return -ENAMETOOLONG;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, buffer, capacity);
	return n < 0 ? -errno : n;
}

static ssize_t read_by_port(const char *name, void *buffer, size_t capacity)
{
	struct fwcfg_entry entry;
	char signature[4];
	size_t size;
	int r;

	if (ioperm(PORT_SELECTOR, 2, 1) < 0)
		return -errno;
	select_item(ITEM_SIGNATURE);
	read_data(signature, sizeof(signature));
	if (memcmp(signature, "QEMU", sizeof(signature)) != 0)
		return -ENODEV;
	r = find_entry(name, &entry);
	if (r < 0)
		return r;
	size = be32toh(entry.size);
	if (size > capacity)
		return -EFBIG;
	select_item(be16toh(entry.select));
	read_data(buffer, size);
	return (ssize_t)size;
}

ssize_t fwcfg_read(const char *name, void *buffer, size_t capacity)
{
	ssize_t n = read_file_of_driver(name, buffer, capacity);

	return n == -ENOENT ? read_by_port(name, buffer, capacity) : n;
}
