#include "network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "slot.h"

#define MAC_SIZE 6

// One rtnetlink request under construction.
struct request {
	struct nlmsghdr header;
	uint8_t body[512];
};

struct address {
	unsigned char family;
	unsigned char prefix;
	size_t length;
	uint8_t bytes[16];
};

static void *begin(struct request *request, uint16_t type, uint16_t flags, size_t size)
{
	memset(request, 0, sizeof(*request));
	request->header.nlmsg_len = (uint32_t)NLMSG_LENGTH(size);
	request->header.nlmsg_type = type;
	request->header.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
	return request->body;
}

// Attributes are few and short: the body holds any set that this file builds.
static void add_attribute(struct request *request, uint16_t type, const void *data, size_t length)
{
	size_t offset = NLMSG_ALIGN(request->header.nlmsg_len) - NLMSG_HDRLEN;
	struct rtattr attribute = {.rta_len = (uint16_t)RTA_LENGTH(length), .rta_type = type};

	memcpy(request->body + offset, &attribute, sizeof(attribute));
	memcpy(request->body + offset + RTA_LENGTH(0), data, length);
	request->header.nlmsg_len = (uint32_t)(NLMSG_HDRLEN + offset + RTA_ALIGN(attribute.rta_len));
}

// Sends the request and waits for the kernel's answer. 0 or -errno.
static int transact(const struct request *request)
{
	CLEANUP_FD int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		uint8_t rest[512];
	} answer;
	ssize_t n;

	if (fd < 0 || send(fd, request, request->header.nlmsg_len, 0) < 0)
		return -errno;
	n = recv(fd, &answer, sizeof(answer), 0);
	if (n < 0)
		return -errno;
	if ((size_t)n < sizeof(answer.header) + sizeof(answer.error) || answer.header.nlmsg_type != NLMSG_ERROR)
		return -EPROTO;
	return answer.error.error;
}

static int interface_index(const char *name)
{
	char path[64];
	char text[16];
	ssize_t n;

	if (format_string(path, sizeof(path), "/sys/class/net/%s/ifindex", name) < 0)
		return -ENAMETOOLONG;
	n = read_file(AT_FDCWD, path, text, sizeof(text));
	return n < 0 ? (int)n : atoi(text);
}

static int set_up(int index)
{
	struct request request;
	struct ifinfomsg *link = begin(&request, RTM_NEWLINK, 0, sizeof(*link));

	link->ifi_index = index;
	link->ifi_flags = IFF_UP;
	link->ifi_change = IFF_UP;
	return transact(&request);
}

static int set_identity(int index, const struct msg_network_interface *interface)
{
	struct request request;
	struct ifinfomsg *link = begin(&request, RTM_NEWLINK, 0, sizeof(*link));

	link->ifi_index = index;
	add_attribute(&request, IFLA_IFNAME, interface->name, strlen(interface->name) + 1);
	if (interface->mac_address.length == MAC_SIZE)
		add_attribute(&request, IFLA_ADDRESS, interface->mac_address.data, MAC_SIZE);
	if (interface->mtu)
		add_attribute(&request, IFLA_MTU, &interface->mtu, sizeof(interface->mtu));
	return transact(&request);
}

// Parses an address, with a prefix length if WITH_PREFIX. 0 or -EINVAL.
static int parse_address(const char *text, bool with_prefix, struct address *ret)
{
	const char *slash = strchr(text, '/');
	char host[INET6_ADDRSTRLEN];
	uint64_t prefix = 0;

	if ((slash != NULL) != with_prefix)
		return -EINVAL;
	if (format_string(host, sizeof(host), "%.*s", (int)(slash ? slash - text : INET6_ADDRSTRLEN), text) < 0)
		return -EINVAL;
	ret->family = strchr(host, ':') ? AF_INET6 : AF_INET;
	ret->length = ret->family == AF_INET6 ? 16 : 4;
	if (inet_pton(ret->family, host, ret->bytes) != 1)
		return -EINVAL;
	if (slash && parse_decimal(slash + 1, slash + strlen(slash), ret->length * 8, &prefix) < 0)
		return -EINVAL;
	ret->prefix = (unsigned char)prefix;
	return 0;
}

static void add_broadcast(struct request *request, const struct address *address)
{
	uint32_t value;

	if (address->family != AF_INET || address->prefix > 30)
		return;
	memcpy(&value, address->bytes, sizeof(value));
	value |= htonl(address->prefix ? UINT32_MAX >> address->prefix : UINT32_MAX);
	add_attribute(request, IFA_BROADCAST, &value, sizeof(value));
}

static int add_address(int index, const struct address *address)
{
	struct request request;
	struct ifaddrmsg *message = begin(&request, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, sizeof(*message));

	message->ifa_family = address->family;
	message->ifa_prefixlen = address->prefix;
	message->ifa_index = (uint32_t)index;
	// The host gives each address once: duplicate detection would only hold the first packets back.
	message->ifa_flags = address->family == AF_INET6 ? IFA_F_NODAD : 0;
	add_attribute(&request, IFA_LOCAL, address->bytes, address->length);
	add_attribute(&request, IFA_ADDRESS, address->bytes, address->length);
	add_broadcast(&request, address);
	return transact(&request);
}

// A route to GATEWAY itself (VIA false; for a gateway outside every prefix), or the default route through it.
static int add_route(int index, const struct address *gateway, bool via)
{
	struct request request;
	struct rtmsg *message = begin(&request, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, sizeof(*message));

	message->rtm_family = gateway->family;
	message->rtm_table = RT_TABLE_MAIN;
	message->rtm_protocol = RTPROT_BOOT;
	message->rtm_scope = via ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
	message->rtm_type = RTN_UNICAST;
	message->rtm_dst_len = via ? 0 : (unsigned char)(gateway->length * 8);
	add_attribute(&request, via ? RTA_GATEWAY : RTA_DST, gateway->bytes, gateway->length);
	add_attribute(&request, RTA_OIF, &index, sizeof(index));
	return transact(&request);
}

static int add_default_route(int index, const char *text)
{
	struct address gateway;
	int r = parse_address(text, false, &gateway);

	if (r < 0)
		return r;
	r = add_route(index, &gateway, true);
	if (r != -ENETUNREACH && r != -EHOSTUNREACH)
		return r;
	r = add_route(index, &gateway, false);
	return r < 0 ? r : add_route(index, &gateway, true);
}

static bool has_ipv6(const struct msg_network_interface *interface)
{
	for (size_t i = 0; i < interface->addresses_count; i++)
		if (strchr(interface->addresses[i], ':'))
			return true;
	return false;
}

static void disable_ipv6(const char *name)
{
	char path[64];

	// A kernel without IPv6 has no such file, and nothing to switch off.
	if (format_string(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/disable_ipv6", name) > 0)
		(void)write_file(AT_FDCWD, path, "1", 1);
}

static int add_addresses(int index, const struct msg_network_interface *interface, struct failure *failure)
{
	for (size_t i = 0; i < interface->addresses_count; i++) {
		struct address address;
		int r = parse_address(interface->addresses[i], true, &address);

		if (r == 0)
			r = add_address(index, &address);
		if (r < 0)
			return fail(failure, FAIL_INTERNAL, r, "network interface %s: address %s: %s", interface->name,
				interface->addresses[i], error_text(r));
	}
	return 0;
}

static int add_gateways(int index, const struct msg_network_interface *interface, struct failure *failure)
{
	for (size_t i = 0; i < interface->gateways_count; i++) {
		int r = add_default_route(index, interface->gateways[i]);

		if (r < 0)
			return fail(failure, FAIL_INTERNAL, r, "network interface %s: gateway %s: %s", interface->name,
				interface->gateways[i], error_text(r));
	}
	return 0;
}

int network_loopback_up(struct failure *failure)
{
	// Not over rtnetlink: most containers without a network would need that for nothing else, and under emulation
	// every new path through the kernel costs.
	CLEANUP_FD int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		return fail(failure, FAIL_INTERNAL, errno, "network interface lo: %s", error_text(errno));
	return 0;
}

int network_configure(const struct msg_network_interface *interface, struct failure *failure)
{
	char name[IFNAMSIZ];
	int index;
	int r = slot_network_interface(interface->slot, name, sizeof(name));

	if (r < 0)
		return fail(failure, FAIL_INTERNAL, r, "network interface %s: slot %u: %s", interface->name, interface->slot,
			error_text(r));
	index = interface_index(name);
	r = index < 0 ? index : set_identity(index, interface);
	if (r < 0)
		return fail(failure, FAIL_INTERNAL, r, "network interface %s: %s", interface->name, error_text(r));
	if (!has_ipv6(interface))
		disable_ipv6(interface->name);
	r = set_up(index);
	if (r < 0)
		return fail(failure, FAIL_INTERNAL, r, "network interface %s: %s", interface->name, error_text(r));
	if (add_addresses(index, interface, failure) < 0)
		return -1;
	return add_gateways(index, interface, failure);
}
