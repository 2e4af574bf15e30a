/*
 * Prints every file below a directory, one line each: path, type, mode, uid, gid, links, mtime, size, content, extended
 * attributes, inode; tab-separated. Content is the SHA-256 of a file (of both ends of a large one), a link's target, a
 * device's numbers. Tests compare it with what they read from the disk themselves.
 *
 *   walk DIRECTORY           prints to standard output
 *   as /init (PID 1)         mounts /dev/vda (erofs), writes the lines to /dev/vdb, and powers off
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#define WHOLE_HASH (16 << 20)
#define END_HASH (1 << 20)
#define XATTR_MAX 65536

static FILE *out;

static void die(const char *what)
{
	fprintf(stderr, "walk: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* --- SHA-256 (FIPS 180-4) --- */

struct sha256 {
	uint32_t state[8];
	uint64_t length;
	uint8_t block[64];
};

static const uint32_t round_constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t value, int bits)
{
	return value >> bits | value << (32 - bits);
}

static void sha256_block(struct sha256 *hash)
{
	uint32_t w[64], s[8];

	for (int i = 0; i < 16; i++)
		w[i] = (uint32_t)hash->block[4 * i] << 24 | (uint32_t)hash->block[4 * i + 1] << 16 |
		       (uint32_t)hash->block[4 * i + 2] << 8 | hash->block[4 * i + 3];
	for (int i = 16; i < 64; i++)
		w[i] = w[i - 16] + w[i - 7] +
		       (rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3) +
		       (rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10);
	memcpy(s, hash->state, sizeof(s));
	for (int i = 0; i < 64; i++) {
		uint32_t t1 = s[7] + (rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25)) +
			      ((s[4] & s[5]) ^ (~s[4] & s[6])) + round_constants[i] + w[i];
		uint32_t t2 = (rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22)) +
			      ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));

		memmove(s + 1, s, 7 * sizeof(*s));
		s[4] += t1;
		s[0] = t1 + t2;
	}
	for (int i = 0; i < 8; i++)
		hash->state[i] += s[i];
}

static void sha256_add(struct sha256 *hash, const uint8_t *data, size_t size)
{
	while (size--) {
		hash->block[hash->length++ % 64] = *data++;
		if (hash->length % 64 == 0)
			sha256_block(hash);
	}
}

static void sha256_print(struct sha256 *hash)
{
	uint64_t bits = hash->length * 8;
	uint8_t end = 0x80;

	do {
		sha256_add(hash, &end, 1);
		end = 0;
	} while (hash->length % 64 != 56);
	for (int shift = 56; shift >= 0; shift -= 8) {
		uint8_t byte = (uint8_t)(bits >> shift);

		sha256_add(hash, &byte, 1);
	}
	for (int i = 0; i < 8; i++)
		fprintf(out, "%08x", hash->state[i]);
}

/* --- printing --- */

static void print_bytes(const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if (c > 0x20 && c < 0x7f && c != '\\' && c != ',' && c != '=')
			fputc(c, out);
		else
			fprintf(out, "\\x%02x", c);
	}
}

static void hash_range(struct sha256 *hash, int fd, off_t offset, off_t size)
{
	static uint8_t buffer[1 << 16];

	while (size > 0) {
		ssize_t got = pread(fd, buffer, size < (off_t)sizeof(buffer) ? (size_t)size : sizeof(buffer), offset);

		if (got <= 0)
			die("read");
		sha256_add(hash, buffer, (size_t)got);
		offset += got;
		size -= got;
	}
}

static void print_file(int dir, const char *name, off_t size)
{
	struct sha256 hash = { .state = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
					  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 } };
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		die(name);
	if (size <= WHOLE_HASH) {
		hash_range(&hash, fd, 0, size);
	} else {
		hash_range(&hash, fd, 0, END_HASH);
		hash_range(&hash, fd, size - END_HASH, END_HASH);
	}
	sha256_print(&hash);
	close(fd);
}

static void print_content(int dir, const char *name, const struct stat *st)
{
	char target[4097];
	ssize_t length;

	switch (st->st_mode & S_IFMT) {
	case S_IFREG:
		print_file(dir, name, st->st_size);
		return;
	case S_IFLNK:
		length = readlinkat(dir, name, target, sizeof(target));
		if (length < 0)
			die(name);
		print_bytes(target, (size_t)length);
		return;
	case S_IFCHR:
	case S_IFBLK:
		fprintf(out, "%u:%u", major(st->st_rdev), minor(st->st_rdev));
		return;
	default:
		fputc('-', out);
	}
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names are relative to the working directory, which is the one being walked: paths have no limit. */
static void print_xattrs(const char *name)
{
	static char list[XATTR_MAX], value[XATTR_MAX];
	char *names[1024];
	size_t count = 0;
	ssize_t size = llistxattr(name, list, sizeof(list));

	if (size < 0 && errno != ENOTSUP)
		die("llistxattr");
	for (char *at = list; at < list + size && count < 1024; at += strlen(at) + 1)
		names[count++] = at;
	qsort(names, count, sizeof(*names), compare_names);
	for (size_t i = 0; i < count; i++) {
		ssize_t length = lgetxattr(name, names[i], value, sizeof(value));

		if (length < 0)
			die(names[i]);
		if (i > 0)
			fputc(',', out);
		print_bytes(names[i], strlen(names[i]));
		fputc('=', out);
		for (ssize_t j = 0; j < length; j++)
			fprintf(out, "%02x", (unsigned char)value[j]);
	}
}

static char type_letter(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return 'f';
	case S_IFDIR:
		return 'd';
	case S_IFLNK:
		return 'l';
	case S_IFCHR:
		return 'c';
	case S_IFBLK:
		return 'b';
	default:
		return 'p';
	}
}

static void print_line(const char *path, const char *name, const struct stat *st)
{
	fprintf(out, "%s\t%c\t%o\t%u\t%u\t%lu\t%lld.%09ld\t%lld\t", path, type_letter(st->st_mode), st->st_mode & 07777,
		st->st_uid, st->st_gid, (unsigned long)st->st_nlink, (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec,
		S_ISDIR(st->st_mode) ? 0LL : (long long)st->st_size);
	print_content(AT_FDCWD, name, st);
	fputc('\t', out);
	print_xattrs(name);
	fprintf(out, "\t%lu\n", (unsigned long)st->st_ino);
}

static char *child_path(const char *path, const char *name)
{
	char *child = malloc(strlen(path) + 4 * strlen(name) + 2);
	FILE *saved = out;

	if (!child)
		die("malloc");
	out = fmemopen(child, strlen(path) + 4 * strlen(name) + 2, "w");
	if (!out)
		die("fmemopen");
	fprintf(out, "%s/", strcmp(path, "/") == 0 ? "" : path);
	print_bytes(name, strlen(name));
	fclose(out);
	out = saved;
	return child;
}

static void walk(const char *path)
{
	DIR *dir = opendir(".");
	struct dirent *entry;

	if (!dir)
		die(path);
	while ((entry = readdir(dir))) {
		struct stat st;
		char *child;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (lstat(entry->d_name, &st) != 0)
			die(entry->d_name);
		child = child_path(path, entry->d_name);
		print_line(child, entry->d_name, &st);
		if (S_ISDIR(st.st_mode)) {
			if (chdir(entry->d_name) != 0)
				die(child);
			walk(child);
			if (fchdir(dirfd(dir)) != 0)
				die(path);
		}
		free(child);
	}
	closedir(dir);
}

static void walk_root(const char *directory)
{
	struct stat st;

	if (chdir(directory) != 0 || lstat(".", &st) != 0)
		die(directory);
	print_line("/", ".", &st);
	walk("/");
}

static void run_as_init(void)
{
	if (mount("dev", "/dev", "devtmpfs", 0, NULL) != 0)
		die("/dev");
	if (mount("/dev/vda", "/mnt", "erofs", MS_RDONLY, NULL) != 0)
		die("/dev/vda");
	out = fopen("/dev/vdb", "w");
	if (!out)
		die("/dev/vdb");
	walk_root("/mnt");
	if (fclose(out) != 0)
		die("/dev/vdb");
	sync();
}

static void power_off(void)
{
	reboot(RB_AUTOBOOT);
}

int main(int argc, char **argv)
{
	out = stdout;
	if (getpid() == 1) {
		atexit(power_off);
		run_as_init();
	} else if (argc == 2) {
		walk_root(argv[1]);
	} else {
		fputs("usage: walk DIRECTORY\n", stderr);
		return 2;
	}
	return 0;
}
