// The header block of a tar entry (POSIX.1-1988 ustar; the same places in GNU's format).
#pragma once

struct tar_header {
	char name[100];
	char mode[8];
	char uid[8];
	char gid[8];
	char size[12];
	char mtime[12];
	char checksum[8];
	char type;
	char link[100];
	char magic[6];
	char version[2];
	char user[32];
	char group[32];
	char major[8];
	char minor[8];
	char prefix[155];
	char rest[12];
};

_Static_assert(sizeof(struct tar_header) == 512, "a block");

// GNU's old format of a sparse file, of the type TAR_OLD_SPARSE: a part of the map is in its header.
#define TAR_OLD_SPARSE 'S'
#define TAR_OLD_PAIR 24		// bytes: offset and length
#define TAR_OLD_PAIRS 4
#define TAR_OLD_MORE_PAIRS 21	// in a block of its own; behind them a byte says whether another one follows

struct tar_old_sparse {
	char before[386];
	char pairs[TAR_OLD_PAIRS * TAR_OLD_PAIR];
	char continues;
	char size[12];		// of the file
	char rest[17];
};

_Static_assert(sizeof(struct tar_old_sparse) == 512, "a block");

// Sum of the header's bytes, those of the checksum counted as spaces.
static inline unsigned tar_checksum(const struct tar_header *header)
{
	const unsigned char *bytes = (const unsigned char *)header;
	unsigned sum = 0;

	for (unsigned i = 0; i < sizeof(*header); i++)
		sum += i - 148 < 8 ? ' ' : bytes[i];
	return sum;
}
