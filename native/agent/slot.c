#include "slot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "util.h"

#define DEVICES "/sys/bus/platform/devices"
#define BIND "/sys/bus/platform/drivers/virtio-mmio/bind"

// The first entry of the directory whose name starts with PREFIX and for which ACCEPT, if any, holds. -ENOENT.
static int find_in_directory(int directory, const char *prefix, bool (*accept)(int, const char *, const void *),
	const void *argument, char *name, size_t capacity)
{
	DIR *stream = fdopendir(directory);
	const struct dirent *entry;
	int r = -ENOENT;

	if (!stream) {
		r = -errno;
		(void)close(directory);
		return r;
	}
	while (r == -ENOENT && (entry = readdir(stream))) {
		if (entry->d_name[0] == '.' || strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
			continue;
		if (accept && !accept(dirfd(stream), entry->d_name, argument))
			continue;
		r = format_string(name, capacity, "%s", entry->d_name);
	}
	(void)closedir(stream);
	return r < 0 ? r : 0;
}

static int find_below(int parent, const char *path, const char *prefix, char *name, size_t capacity)
{
	int directory = openat(parent, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (directory < 0)
		return -errno;
	return find_in_directory(directory, prefix, NULL, NULL, name, capacity);
}

static int open_device(unsigned slot)
{
	char path[64];
	char name[32];
	int fd;
	int r;

	(void)format_string(path, sizeof(path), DEVICES "/virtio-mmio.%u", slot);
	r = find_below(AT_FDCWD, path, "virtio", name, sizeof(name));
	if (r == -ENOENT)
		return -ENODEV;
	if (r < 0)
		return r;
	(void)format_string(path, sizeof(path), DEVICES "/virtio-mmio.%u/%s", slot, name);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

// A directory descriptor of the virtio device in SLOT.
static int open_slot(unsigned slot)
{
	char name[32];
	int fd;
	int r;

	if (slot >= SLOT_COUNT)
		return -EINVAL;
	fd = open_device(slot);
	if (fd != -ENODEV)
		return fd;
	r = format_string(name, sizeof(name), "virtio-mmio.%u", slot);
	if (write_file(AT_FDCWD, BIND, name, (size_t)r) < 0)
		return -ENODEV;
	return open_device(slot);
}

int slot_device_type(unsigned slot)
{
	CLEANUP_FD int device = open_slot(slot);
	char text[16];
	ssize_t n;

	if (device < 0)
		return device;
	n = read_file(device, "device", text, sizeof(text));
	return n < 0 ? (int)n : (int)strtoul(text, NULL, 16);
}

int slot_block_device(unsigned slot, char *name, size_t capacity)
{
	CLEANUP_FD int device = open_slot(slot);

	return device < 0 ? device : find_below(device, "block", "", name, capacity);
}

int slot_network_interface(unsigned slot, char *name, size_t capacity)
{
	CLEANUP_FD int device = open_slot(slot);

	return device < 0 ? device : find_below(device, "net", "", name, capacity);
}

static bool has_port_name(int directory, const char *entry, const void *wanted)
{
	char path[64];
	char text[64];

	if (format_string(path, sizeof(path), "%s/name", entry) < 0 || read_file(directory, path, text, sizeof(text)) < 0)
		return false;
	text[strcspn(text, "\n")] = '\0';
	return strcmp(text, wanted) == 0;
}

int slot_serial_port(unsigned slot, const char *port, char *name, size_t capacity)
{
	CLEANUP_FD int device = open_slot(slot);
	int ports;

	if (device < 0)
		return device;
	ports = openat(device, "virtio-ports", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (ports < 0)
		return -errno;
	return find_in_directory(ports, "vport", has_port_name, port, name, capacity);
}
