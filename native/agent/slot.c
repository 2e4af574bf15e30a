#include "slot.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "util.h"

#define DEVICES "/sys/bus/platform/devices"
#define CANDIDATES 16u
#define BIND "/sys/bus/platform/drivers/virtio-mmio/bind"

// A name of the kernel's that ends in what was free, lowest first: tried in turn. Reading the directory would cost a
// whole path through the kernel that a start needs for nothing else, and under emulation every new path costs.
typedef void (*name_candidate)(char *name, size_t capacity, unsigned number);

static void virtio_name(char *name, size_t capacity, unsigned number)
{
	(void)format_string(name, capacity, "virtio%u", number);
}

static void disk_name(char *name, size_t capacity, unsigned number)
{
	(void)format_string(name, capacity, "vd%c", (char)('a' + number));
}

static void interface_name(char *name, size_t capacity, unsigned number)
{
	(void)format_string(name, capacity, "eth%u", number);
}

// The first candidate that is there below DIRECTORY. -ENOENT.
static int find_name(int directory, const char *below, name_candidate candidate, char *name, size_t capacity)
{
	char path[64];

	for (unsigned number = 0; number < CANDIDATES; number++) {
		candidate(name, capacity, number);
		(void)format_string(path, sizeof(path), "%s/%s", below, name);
		if (faccessat(directory, path, F_OK, 0) == 0)
			return 0;
		if (errno != ENOENT)
			return -errno;
	}
	return -ENOENT;
}

static int open_device(unsigned slot)
{
	char path[64];
	char name[32];
	int fd;
	int r;

	(void)format_string(path, sizeof(path), DEVICES "/virtio-mmio.%u", slot);
	r = find_name(AT_FDCWD, path, virtio_name, name, sizeof(name));
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

	return device < 0 ? device : find_name(device, "block", disk_name, name, capacity);
}

int slot_network_interface(unsigned slot, char *name, size_t capacity)
{
	CLEANUP_FD int device = open_slot(slot);

	return device < 0 ? device : find_name(device, "net", interface_name, name, capacity);
}

static bool has_port_name(int device, const char *port, const char *wanted)
{
	char path[64];
	char text[64];

	(void)format_string(path, sizeof(path), "virtio-ports/%s/name", port);
	if (read_file(device, path, text, sizeof(text)) < 0)
		return false;
	text[strcspn(text, "\n")] = '\0';
	return strcmp(text, wanted) == 0;
}

// A port is called after the driver's count of devices and its own number in the device; the VMM gives ours the first
// after the console's.
int slot_serial_port(unsigned slot, const char *port, char *name, size_t capacity)
{
	CLEANUP_FD int device = open_slot(slot);

	if (device < 0)
		return device;
	for (unsigned number = 0; number < CANDIDATES; number++) {
		(void)format_string(name, capacity, "vport%up1", number);
		if (has_port_name(device, name, port))
			return 0;
	}
	return -ENOENT;
}
