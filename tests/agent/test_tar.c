// The archive writer against the reader, and the reader against what no writer makes.
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tar.h"
#include "tar_header.h"
#include "test.h"
#include "util.h"

static struct tar_reader reader;
static struct failure failure;

static ssize_t read_fd(void *owner, void *buffer, size_t length)
{
	// In small pieces: what is read at once must not matter.
	return read(*(int *)owner, buffer, min_size(length, 700));
}

static void begin(int *fd)
{
	CHECK(lseek(*fd, 0, SEEK_SET) == 0);
	memset(&reader, 0, sizeof(reader));
	reader.read = read_fd;
	reader.owner = fd;
}

static int file_of(const void *bytes, size_t length)
{
	int fd = memfd_create("tar", MFD_CLOEXEC);

	CHECK(fd >= 0);
	CHECK_INT(write_all(fd, bytes, length), 0);
	CHECK(lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

static struct tar_entry plain(const char *name, size_t size)
{
	return (struct tar_entry){.type = TAR_FILE, .name = name, .link = "", .mode = 0644, .size = size, .mtime = {.tv_sec = 1700000000}};
}

// Writes ENTRY with SIZE bytes of content, and reads it back.
static int round_trip(const struct tar_entry *entry, struct tar_entry *ret)
{
	static struct tar_writer writer;
	static char content[4000];
	static int archive = -1;
	CLEANUP_FD int file = file_of(content, sizeof(content));

	close_fd(&archive);
	archive = memfd_create("archive", MFD_CLOEXEC);
	writer = (struct tar_writer){.fd = archive};
	CHECK_INT(tar_write_header(&writer, entry), 0);
	if (entry->type == TAR_FILE)
		CHECK_INT(tar_write_content(&writer, file, entry->size), 0);
	CHECK_INT(tar_write_end(&writer), 0);
	tar_reader_free(&reader);
	begin(&archive);
	return tar_read_next(&reader, ret, &failure);
}

static void plain_entries_come_back(void)
{
	struct tar_entry entry = plain("etc/passwd", 1000);
	struct tar_entry back;
	const uint8_t *bytes;
	uint64_t offset;
	size_t total = 0;
	ssize_t n;

	entry.uid = 1000;
	entry.gid = 33;
	CHECK_INT(round_trip(&entry, &back), 1);
	CHECK_TEXT(back.name, "etc/passwd");
	CHECK_INT(back.mode, 0644);
	CHECK_INT(back.uid, 1000);
	CHECK_INT(back.gid, 33);
	CHECK_INT(back.size, 1000);
	CHECK_INT(back.mtime.tv_sec, 1700000000);
	while ((n = tar_read_content(&reader, &offset, &bytes, &failure)) > 0)
		total += (size_t)n;
	CHECK_INT(n, 0);
	CHECK_INT(total, 1000);
	CHECK_INT(tar_read_next(&reader, &back, &failure), 0);
	CHECK_INT(tar_read_next(&reader, &back, &failure), 0);
}

static void what_ustar_cannot_say_comes_back(void)
{
	static char name[5000];
	static char link[300];
	static struct xattrs xattrs;
	struct tar_entry entry = plain(name, 0);
	struct tar_entry back;
	const struct xattr *found;

	memset(name, 'n', sizeof(name) - 1);
	memset(link, 'l', sizeof(link) - 1);
	CHECK_INT(xattrs_add(&xattrs, "security.capability", 19, "\0\n=\xff", 4), 0);
	CHECK_INT(xattrs_add(&xattrs, "user.empty", 10, "", 0), 0);
	entry.type = TAR_SYMLINK;
	entry.link = link;
	entry.uid = 4000000000;
	entry.gid = 3000000;
	entry.mtime = (struct timespec){-3, 250000000};
	entry.xattrs = &xattrs;
	CHECK_INT(round_trip(&entry, &back), 1);
	CHECK_TEXT(back.name, name);
	CHECK_TEXT(back.link, link);
	CHECK_INT(back.uid, 4000000000);
	CHECK_INT(back.gid, 3000000);
	CHECK_INT(back.mtime.tv_sec, -3);
	CHECK_INT(back.mtime.tv_nsec, 250000000);
	CHECK(back.xattrs != NULL);
	found = back.xattrs ? xattrs_find(back.xattrs, "security.capability") : NULL;
	CHECK(found && found->length == 4 && memcmp(found->value, "\0\n=\xff", 4) == 0);
	found = back.xattrs ? xattrs_find(back.xattrs, "user.empty") : NULL;
	CHECK(found && found->length == 0);
}

static void large_sizes_come_back(void)
{
	static struct tar_writer writer;
	struct tar_entry entry = plain("large", 1ULL << 40);
	struct tar_entry back;
	CLEANUP_FD int archive = memfd_create("archive", MFD_CLOEXEC);

	writer = (struct tar_writer){.fd = archive};
	CHECK_INT(tar_write_header(&writer, &entry), 0);
	CHECK_INT(tar_flush(&writer), 0);
	tar_reader_free(&reader);
	begin(&archive);
	CHECK_INT(tar_read_next(&reader, &back, &failure), 1);
	CHECK(back.size == 1ULL << 40);
	// The content is missing.
	CHECK_INT(tar_read_next(&reader, &back, &failure), -1);
	CHECK_TEXT(failure.text, "unexpected EOF");
}

// A file that has become shorter than its header says is filled up, so that the archive stays whole.
static void shrunk_files_are_filled_up(void)
{
	static struct tar_writer writer;
	struct tar_entry entry = plain("shrunk", 6000);
	struct tar_entry back;
	CLEANUP_FD int archive = memfd_create("archive", MFD_CLOEXEC);
	CLEANUP_FD int file = file_of("abc", 3);

	writer = (struct tar_writer){.fd = archive};
	CHECK_INT(tar_write_header(&writer, &entry), 0);
	CHECK_INT(tar_write_content(&writer, file, entry.size), 0);
	entry = plain("next", 0);
	CHECK_INT(tar_write_header(&writer, &entry), 0);
	CHECK_INT(tar_write_end(&writer), 0);
	tar_reader_free(&reader);
	begin(&archive);
	CHECK_INT(tar_read_next(&reader, &back, &failure), 1);
	CHECK_INT(tar_read_next(&reader, &back, &failure), 1);
	CHECK_TEXT(back.name, "next");
}

static void seal(struct tar_header *header)
{
	(void)snprintf(header->checksum, sizeof(header->checksum), "%06o", tar_checksum(header));
	header->checksum[7] = ' ';
}

static struct tar_header header_of(char type, const char *size)
{
	struct tar_header header = {.name = "file", .mode = "0000644", .uid = "0000000", .gid = "0000000", .mtime = "00000000000", .type = type};

	memcpy(header.size, size, strnlen(size, sizeof(header.size)));
	memcpy(header.magic, "ustar", 6);
	seal(&header);
	return header;
}

static int read_blocks(const void *blocks, size_t size, struct tar_entry *entry)
{
	static int fd = -1;

	close_fd(&fd);
	fd = file_of(blocks, size);
	tar_reader_free(&reader);
	begin(&fd);
	return tar_read_next(&reader, entry, &failure);
}

static int read_header(const struct tar_header *header, struct tar_entry *entry)
{
	return read_blocks(header, sizeof(*header), entry);
}

static void malformed_headers_are_refused(void)
{
	struct tar_header header = header_of(TAR_FILE, "00000000000");
	struct tar_entry entry;

	CHECK_INT(read_header(&header, &entry), 1);
	header.checksum[0] = '7';
	CHECK_INT(read_header(&header, &entry), -1);
	CHECK_TEXT(failure.text, "archive/tar: invalid tar header");
	header = header_of(TAR_FILE, "0000000000x");
	CHECK_INT(read_header(&header, &entry), -1);
	header = header_of(TAR_FILE, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
	CHECK_INT(read_header(&header, &entry), -1);
	header = header_of(TAR_FILE, "\x80\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01");
	CHECK_INT(read_header(&header, &entry), -1);
	header = header_of('S', "00000000000");
	CHECK_INT(read_header(&header, &entry), -1);
	CHECK_INT(read_blocks(&header, 100, &entry), -1);
	CHECK_TEXT(failure.text, "unexpected EOF");
	CHECK_INT(read_blocks("", 0, &entry), 0);
}

static int read_pax(const char *records, size_t length, struct tar_entry *entry)
{
	static struct {
		struct tar_header first;
		char records[512];
		struct tar_header second;
	} blocks;
	char size[12];

	memset(&blocks, 0, sizeof(blocks));
	(void)snprintf(size, sizeof(size), "%011zo", length);
	blocks.first = header_of('x', size);
	memcpy(blocks.records, records, length);
	blocks.second = header_of(TAR_FILE, "00000000000");
	return read_blocks(&blocks, sizeof(blocks), entry);
}

static void malformed_extensions_are_refused(void)
{
	static const struct {
		const char *records;
		int result;
	} cases[] = {
		{"12 path=abc\n", 1},
		{"13 path=abc\n", -1},
		{"5 path=abc\n", -1},
		{"99 path=abc\n", -1},
		{"x path=abc\n", -1},
		{"12 path~abc\n", -1},
		{"12 path=abc\0", -1},
		{"11 size=-1\n", -1},
		{"20 mtime=1.5\n", -1},
		{"13 mtime=1.5\n", 1},
		{"15 mtime=1.5.6\n", -1},
		{"23 GNU.sparse.major=1\n", -1},
		{"22 GNU.sparse.major=1\n", 1},
		{"21 SCHILY.xattr.u=1\n", -1},
		{"20 SCHILY.xattr.u=1\n", 1},
		{"18 SCHILY.xattr.=\n", 1},
		{"99999999999999999999999 path=abc\n", -1},
	};
	struct tar_entry entry;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t length = strlen(cases[i].records) + (strchr(cases[i].records, '\n') ? 0 : 1);

		CHECK_INT(read_pax(cases[i].records, length, &entry), cases[i].result);
	}
	CHECK_INT(read_pax("12 path=a\0c\n", 12, &entry), -1);
}

// An archive that is put together in one piece.
static struct {
	char bytes[16 * TAR_BLOCK];
	size_t used;
} archive;

static void put(const void *bytes, size_t length)
{
	memcpy(archive.bytes + archive.used, bytes, length);
	archive.used += (length + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
}

static void put_records(const char *const *records)
{
	char text[1024];
	char size[24];
	size_t used = 0;
	struct tar_header header;

	for (; *records; records++) {
		size_t rest = strlen(*records) + sizeof("  GNU.\n") - 2;
		size_t length = rest + (rest + 1 > 9 ? 2 : 1);

		used += (size_t)snprintf(text + used, sizeof(text) - used, "%zu GNU.%s\n", length, *records);
	}
	(void)snprintf(size, sizeof(size), "%011zo", used);
	header = header_of('x', size);
	put(&header, sizeof(header));
	put(text, used);
}

static void put_file(const char *content, size_t length)
{
	char size[24];
	struct tar_header header;

	(void)snprintf(size, sizeof(size), "%011zo", length);
	header = header_of(TAR_FILE, size);
	put(&header, sizeof(header));
	put(content, length);
}

// The whole file, holes as dots: 1, or -1.
static int read_sparse(char ret[101], struct tar_entry *entry)
{
	const uint8_t *bytes;
	uint64_t offset;
	ssize_t n;
	int r = read_blocks(archive.bytes, archive.used, entry);

	memset(&archive, 0, sizeof(archive));
	memset(ret, '.', 100);
	ret[100] = '\0';
	if (r != 1)
		return r;
	CHECK(entry->is_sparse);
	CHECK_INT(entry->size, 100);
	while ((n = tar_read_content(&reader, &offset, &bytes, &failure)) > 0)
		for (ssize_t i = 0; i < n; i++)
			ret[offset + (size_t)i] = (char)bytes[i];
	CHECK_INT(n, 0);
	return r;
}

// One byte at ten times each digit.
static void put_pairs(char *pairs, const char *digits)
{
	for (; *digits; digits++, pairs += TAR_OLD_PAIR) {
		(void)snprintf(pairs, 12, "%011o", (unsigned)(*digits - '0') * 10);
		memcpy(pairs + 12, "00000000001", 11);
	}
}

static void put_old(const char *first, const char *second)
{
	struct tar_header header = header_of('S', "00000000005");
	struct tar_old_sparse *old = (struct tar_old_sparse *)&header;
	char block[TAR_BLOCK] = {0};

	memcpy(header.magic, "ustar  ", 8);
	put_pairs(old->pairs, first);
	old->continues = *second != '\0';
	memcpy(old->size, "00000000144", 11);
	memset(header.checksum, ' ', sizeof(header.checksum));
	seal(&header);
	put(&header, sizeof(header));
	put_pairs(block, second);
	if (*second)
		put(block, sizeof(block));
	put("abcde", 5);
}

// Such a directory has no size, and what follows it is found: FIRST is what the reader said of it.
static void check_directory(int first, struct tar_entry *entry)
{
	const uint8_t *bytes;
	uint64_t offset;

	CHECK_INT(first, 1);
	CHECK_INT(entry->type, TAR_DIRECTORY);
	CHECK_INT(entry->size, 0);
	CHECK(!entry->is_sparse);
	CHECK_INT(tar_read_content(&reader, &offset, &bytes, &failure), 0);
	CHECK_INT(tar_read_next(&reader, entry, &failure), 1);
	CHECK_TEXT(entry->name, "file");
	memset(&archive, 0, sizeof(archive));
}

static void a_directory_with_content_has_none(void)
{
	static const char *const sparse[] = {"sparse.name=dir/", "sparse.map=10,3,50,2", "sparse.size=100", NULL};
	struct tar_header header = header_of(TAR_FILE, "00000000005");
	struct tar_entry entry;

	memcpy(header.name, "dir/", 5);
	memset(header.checksum, ' ', sizeof(header.checksum));
	seal(&header);
	put(&header, sizeof(header));
	put("abcde", 5);
	put_file("next", 4);
	check_directory(read_blocks(archive.bytes, archive.used, &entry), &entry);
	put_records(sparse);
	put_file("abcde", 5);
	put_file("next", 4);
	check_directory(read_blocks(archive.bytes, archive.used, &entry), &entry);
}

static void the_old_form_of_sparse_files_is_read(void)
{
	struct tar_entry entry;
	char file[101];

	put_old("0123", "4");
	CHECK_INT(read_sparse(file, &entry), 1);
	CHECK_TEXT(entry.name, "file");
	CHECK_TEXT(file, "a.........b.........c.........d.........e...........................................................");
	put_old("0132", "4");
	CHECK_INT(read_sparse(file, &entry), -1);
	CHECK_TEXT(failure.text, "archive/tar: malformed map of a sparse file");
	put_old("0123", "");
	CHECK_INT(read_sparse(file, &entry), -1);
	put_old("0123", "4");
	archive.used = TAR_BLOCK;
	CHECK_INT(read_sparse(file, &entry), -1);
	CHECK_TEXT(failure.text, "unexpected EOF");
}

static const char expected[] = "..........abc.....................................de................................................";

static void the_pax_forms_of_sparse_files_are_read(void)
{
	static const char *const cases[][12] = {
		{"sparse.size=100", "sparse.numblocks=2", "sparse.offset=10", "sparse.numbytes=3", "sparse.offset=50", "sparse.numbytes=2", NULL},
		{"sparse.major=0", "sparse.minor=1", "sparse.name=true/name", "sparse.numblocks=2", "sparse.map=10,3,50,2", "sparse.size=100", NULL},
		{"sparse.map=10,3,50,2,100,0", "sparse.realsize=100", NULL},
	};
	static const char *const in_content[] = {"sparse.major=1", "sparse.minor=0", "sparse.name=true/name", "sparse.realsize=100", NULL};
	char content[TAR_BLOCK + 5] = "2\n10\n3\n50\n2\n";
	struct tar_entry entry;
	char file[101];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		put_records(cases[i]);
		put_file("abcde", 5);
		CHECK_INT(read_sparse(file, &entry), 1);
		CHECK_TEXT(file, expected);
		CHECK_TEXT(entry.name, i == 1 ? "true/name" : "file");
	}
	memcpy(content + TAR_BLOCK, "abcde", 5);
	put_records(in_content);
	put_file(content, sizeof(content));
	CHECK_INT(read_sparse(file, &entry), 1);
	CHECK_TEXT(file, expected);
	CHECK_TEXT(entry.name, "true/name");
}

static void malformed_maps_are_refused(void)
{
	static const char *const cases[][8] = {
		{"sparse.map=10,3,50,1", "sparse.size=100", NULL},
		{"sparse.map=10,3,12,2", "sparse.size=100", NULL},
		{"sparse.map=10,3,99,2", "sparse.size=100", NULL},
		{"sparse.map=10,3,50", "sparse.size=100", NULL},
		{"sparse.map=10,3,50,2,", "sparse.size=100", NULL},
		{"sparse.map=10,3,50,-2", "sparse.size=100", NULL},
		{"sparse.map=18446744073709551615,5", "sparse.size=100", NULL},
		{"sparse.map=10,3,50,2", "sparse.size=100", "sparse.numblocks=3", NULL},
		{"sparse.offset=10", "sparse.offset=20", NULL},
		{"sparse.numbytes=10", NULL},
		{"sparse.offset=10", "sparse.size=100", NULL},
		{"sparse.size=x", NULL},
	};
	static const char *const in_content[] = {"sparse.major=1", "sparse.minor=0", "sparse.realsize=100", NULL};
	static const char *const maps[] = {"2\n10\n3\n50\n3\n", "x\n", "\n", "99999999\n", "111111111111111111111\n", "1\n10\n-5\n", "3\n10\n3\n"};
	struct tar_entry entry;
	char file[101];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		put_records(cases[i]);
		put_file("abcde", 5);
		CHECK_INT(read_sparse(file, &entry), -1);
	}
	for (size_t i = 0; i < ARRAY_SIZE(maps); i++) {
		char content[TAR_BLOCK + 5] = "";

		(void)snprintf(content, sizeof(content), "%s", maps[i]);
		put_records(in_content);
		put_file(content, sizeof(content));
		CHECK_INT(read_sparse(file, &entry), -1);
	}
}

void test_tar(void)
{
	plain_entries_come_back();
	what_ustar_cannot_say_comes_back();
	large_sizes_come_back();
	shrunk_files_are_filled_up();
	malformed_headers_are_refused();
	malformed_extensions_are_refused();
	a_directory_with_content_has_none();
	the_old_form_of_sparse_files_is_read();
	the_pax_forms_of_sparse_files_are_read();
	malformed_maps_are_refused();
	tar_reader_free(&reader);
}
