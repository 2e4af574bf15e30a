#include "user.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_DATABASE (4 * 1024 * 1024)
#define MAX_FIELDS 7

// A slice of a database line.
struct field {
	const char *text;
	size_t length;
};

struct entry {
	size_t count;
	struct field fields[MAX_FIELDS];
};

// Reads a file that the image controls. O_NONBLOCK: a FIFO must not hold PID 1's child up.
static int read_database(const char *path, char **ret)
{
	CLEANUP_FD int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	CLEANUP_FREE char *text = NULL;
	struct stat st;
	size_t length = 0;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > MAX_DATABASE)
		return 0;
	text = malloc((size_t)st.st_size + 1);
	if (!text)
		return -ENOMEM;
	while (length < (size_t)st.st_size) {
		ssize_t n = read(fd, text + length, (size_t)st.st_size - length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		length += (size_t)n;
	}
	text[length] = '\0';
	*ret = text;
	text = NULL;
	return 0;
}

int user_database_read(struct user_database *database)
{
	int r;

	*database = (struct user_database){0};
	r = read_database("/etc/passwd", &database->passwd);
	return r < 0 ? r : read_database("/etc/group", &database->group);
}

void user_database_free(struct user_database *database)
{
	free(database->passwd);
	free(database->group);
	*database = (struct user_database){0};
}

static struct field trim(struct field field)
{
	while (field.length > 0 && strchr(" \t\r", field.text[0])) {
		field.text++;
		field.length--;
	}
	while (field.length > 0 && strchr(" \t\r", field.text[field.length - 1]))
		field.length--;
	return field;
}

// Splits the line at *CURSOR at its colons and moves the cursor behind it. False at the end of the text.
static bool next_entry(const char **cursor, struct entry *ret)
{
	const char *line = *cursor;
	size_t length;

	if (!line || !*line)
		return false;
	length = strcspn(line, "\n");
	*cursor = line + length + (line[length] == '\n');
	ret->count = 0;
	for (const char *end = line + length; ret->count < MAX_FIELDS; ) {
		const char *colon = memchr(line, ':', (size_t)(end - line));
		const char *stop = colon ? colon : end;

		ret->fields[ret->count++] = trim((struct field){line, (size_t)(stop - line)});
		if (!colon)
			break;
		line = colon + 1;
	}
	return true;
}

static bool field_is(const struct entry *entry, size_t index, const char *text)
{
	return index < entry->count && strlen(text) == entry->fields[index].length &&
		memcmp(entry->fields[index].text, text, entry->fields[index].length) == 0;
}

// The number in a field; as Docker's parser, anything else counts as 0.
static unsigned field_number(const struct entry *entry, size_t index)
{
	uint64_t value;

	if (index >= entry->count)
		return 0;
	if (parse_decimal(entry->fields[index].text, entry->fields[index].text + entry->fields[index].length, INT_MAX, &value) < 0)
		return 0;
	return (unsigned)value;
}

// True if TEXT is a decimal number. Ids are 0–2147483647.
static bool is_id(const char *text, unsigned *ret)
{
	uint64_t value;

	if (parse_decimal(text, text + strlen(text), INT_MAX, &value) < 0)
		return false;
	*ret = (unsigned)value;
	return true;
}

// The first entry of TEXT that fits: by the number in field 2 where WANTED is one, else by the name in field 0.
static bool find_entry(const char *text, const char *wanted, struct entry *ret)
{
	unsigned id = 0;
	bool numeric = is_id(wanted, &id);

	while (next_entry(&text, ret)) {
		if (ret->fields[0].length == 0)
			continue;
		if (numeric ? ret->count > 2 && field_number(ret, 2) == id : field_is(ret, 0, wanted))
			return true;
	}
	return false;
}

static void add_group(struct identity *identity, gid_t gid)
{
	for (size_t i = 0; i < identity->group_count; i++)
		if (identity->groups[i] == gid)
			return;
	if (identity->group_count < MAX_GROUPS)
		identity->groups[identity->group_count++] = gid;
}

static bool list_contains(struct field list, const char *name)
{
	size_t length = strlen(name);

	while (list.length > 0) {
		const char *comma = memchr(list.text, ',', list.length);
		size_t item = comma ? (size_t)(comma - list.text) : list.length;

		if (item == length && memcmp(list.text, name, length) == 0)
			return true;
		if (!comma)
			break;
		list.text += item + 1;
		list.length -= item + 1;
	}
	return false;
}

// The groups of /etc/group that list NAME as a member.
static void add_member_groups(const char *text, const char *name, struct identity *identity)
{
	struct entry entry;

	while (next_entry(&text, &entry))
		if (entry.count > 3 && list_contains(entry.fields[3], name))
			add_group(identity, field_number(&entry, 2));
}

// Fills uid, gid, home and NAME (empty without an entry) from the user part of the spec.
static int resolve_user(const char *passwd, const char *user, struct identity *ret, char name[256], struct failure *failure)
{
	const char *wanted = *user ? user : "0";
	struct entry entry;
	unsigned id;

	name[0] = '\0';
	if (find_entry(passwd, wanted, &entry)) {
		ret->uid = field_number(&entry, 2);
		ret->gid = field_number(&entry, 3);
		(void)format_string(name, 256, "%.*s", (int)min_size(entry.fields[0].length, 255), entry.fields[0].text);
		if (entry.count > 5 && entry.fields[5].length > 0 && entry.fields[5].length < sizeof(ret->home))
			(void)format_string(ret->home, sizeof(ret->home), "%.*s", (int)entry.fields[5].length, entry.fields[5].text);
		return 0;
	}
	if (!is_id(wanted, &id)) {
		if (wanted[strspn(wanted, "0123456789")] == '\0')
			return fail(failure, FAIL_UNKNOWN_USER, 0, "uids and gids must be in range 0-2147483647");
		return fail(failure, FAIL_UNKNOWN_USER, 0, "unable to find user %s: no matching entries in passwd file", wanted);
	}
	ret->uid = id;
	return 0;
}

static int resolve_group(const char *text, const char *group, gid_t *ret, struct failure *failure)
{
	struct entry entry;
	unsigned id;

	if (find_entry(text, group, &entry)) {
		*ret = field_number(&entry, 2);
		return 0;
	}
	if (!is_id(group, &id))
		return fail(failure, FAIL_UNKNOWN_USER, 0, "unable to find group %s: no matching entries in group file", group);
	*ret = id;
	return 0;
}

int user_resolve(const struct user_database *database, const char *spec, const char *const *extra, size_t extra_count,
	struct identity *ret, struct failure *failure)
{
	char user[257];
	char name[256];
	const char *colon = strchr(spec, ':');
	size_t length = colon ? (size_t)(colon - spec) : strlen(spec);

	*ret = (struct identity){.home = "/"};
	if (format_string(user, sizeof(user), "%.*s", (int)min_size(length, 4096), spec) < 0)
		return fail(failure, FAIL_UNKNOWN_USER, 0, "unable to find user %.64s…: no matching entries in passwd file", spec);
	if (resolve_user(database->passwd, user, ret, name, failure) < 0)
		return -1;
	if (colon && colon[1]) {
		if (resolve_group(database->group, colon + 1, &ret->gid, failure) < 0)
			return -1;
		name[0] = '\0';	// an explicit group replaces the user's own ones
	}
	add_group(ret, ret->gid);
	if (name[0])
		add_member_groups(database->group, name, ret);
	for (size_t i = 0; i < extra_count; i++) {
		gid_t gid;

		if (resolve_group(database->group, extra[i], &gid, failure) < 0)
			return -1;
		add_group(ret, gid);
	}
	return 0;
}
