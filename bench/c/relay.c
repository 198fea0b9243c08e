/* A plain WebSocket → TCP relay: one thread, epoll, one buffer each way, real back-pressure.
 *
 * The yardstick of `bench relay`: what the same work costs with nothing around it. It checks neither origin
 * nor ticket, follows no protocol and must not be used for anything else.
 *
 * Usage: relay LISTEN_PORT TARGET_PORT (both on 127.0.0.1)
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "openssl.h"
#include "websocket.h"

enum { CHUNK = 256 * 1024, HEAD = 8192 };

struct pair;

struct end {
	struct pair *pair;
	int fd;
	uint32_t events;
	unsigned char *waiting; /* what `fd` did not take; while there is any, the other end is not read */
	size_t waiting_at, waiting_end;
};

struct pair {
	struct end browser, target;
	struct ws_parser parser;
	char head[HEAD];
	size_t head_size;
	int upgraded, broken;
};

static int poller, target_port;
static unsigned char chunk[WS_MAX_HEADER + CHUNK];

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static struct sockaddr_in loopback(int port)
{
	return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void watch(struct end *end, int operation, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = end};
	if (operation == EPOLL_CTL_MOD && end->events == events)
		return;
	end->events = events;
	if (epoll_ctl(poller, operation, end->fd, &event))
		fail("epoll_ctl");
}

static struct end *other(struct end *end)
{
	return end == &end->pair->browser ? &end->pair->target : &end->pair->browser;
}

static void settle(struct pair *pair)
{
	struct end *ends[] = {&pair->browser, &pair->target};
	for (int i = 0; i < 2; i++)
		if (ends[i]->fd >= 0)
			watch(ends[i], EPOLL_CTL_MOD, (ends[i]->waiting ? EPOLLOUT : 0) | (ends[!i]->waiting ? 0 : EPOLLIN));
}

static void deliver(struct end *end, const unsigned char *data, size_t size)
{
	ssize_t sent = 0;
	if (!end->waiting) {
		sent = send(end->fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && errno != EAGAIN)
			end->pair->broken = 1;
		if (sent < 0)
			sent = 0;
	}
	if ((size_t)sent == size)
		return;
	size_t kept = end->waiting_end - end->waiting_at, rest = size - sent;
	unsigned char *joined = malloc(kept + rest);
	if (kept)
		memcpy(joined, end->waiting + end->waiting_at, kept);
	memcpy(joined + kept, data + sent, rest);
	free(end->waiting);
	end->waiting = joined;
	end->waiting_at = 0;
	end->waiting_end = kept + rest;
}

static void flush(struct end *end)
{
	ssize_t sent = send(end->fd, end->waiting + end->waiting_at, end->waiting_end - end->waiting_at, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent < 0 && errno != EAGAIN)
		end->pair->broken = 1;
	if (sent > 0)
		end->waiting_at += sent;
	if (end->waiting_at == end->waiting_end) {
		free(end->waiting);
		end->waiting = NULL;
		end->waiting_at = end->waiting_end = 0;
	}
}

static void from_browser(void *owner, int opcode, unsigned char *data, size_t size, int end)
{
	struct pair *pair = owner;
	(void)end;
	if (opcode == WS_CLOSE)
		pair->broken = 1;
	else if (opcode < WS_CLOSE && size)
		deliver(&pair->target, data, size);
}

static void accept_key(const char *head, char *answer)
{
	static const char name[] = "Sec-WebSocket-Key: ", magic[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	unsigned char digest[20];
	char joined[128] = "";
	const char *key = strcasestr(head, name);
	if (key) {
		key += sizeof name - 1;
		snprintf(joined, sizeof joined, "%.*s%s", (int)strcspn(key, "\r\n"), key, magic);
	}
	SHA1((unsigned char *)joined, strlen(joined), digest);
	EVP_EncodeBlock((unsigned char *)answer, digest, sizeof digest);
}

static void upgrade(struct pair *pair)
{
	ssize_t n = recv(pair->browser.fd, pair->head + pair->head_size, HEAD - 1 - pair->head_size, 0);
	if (n <= 0) {
		pair->broken = 1;
		return;
	}
	pair->head_size += n;
	pair->head[pair->head_size] = 0;
	char *end = strstr(pair->head, "\r\n\r\n"), key[64], answer[256];
	if (!end)
		return;
	accept_key(pair->head, key);
	int size = snprintf(answer, sizeof answer, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
			    "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", key);
	deliver(&pair->browser, (unsigned char *)answer, size);
	struct sockaddr_in address = loopback(target_port);
	int one = 1;
	pair->target.fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(pair->target.fd, (struct sockaddr *)&address, sizeof address)) {
		pair->broken = 1;
		return;
	}
	setsockopt(pair->target.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	watch(&pair->target, EPOLL_CTL_ADD, EPOLLIN);
	pair->upgraded = 1;
	ws_feed(&pair->parser, (unsigned char *)end + 4, pair->head + pair->head_size - end - 4, from_browser, pair);
}

static void read_from(struct end *end)
{
	struct pair *pair = end->pair;
	unsigned char *data = chunk + WS_MAX_HEADER, header[WS_MAX_HEADER];
	ssize_t n = recv(end->fd, data, CHUNK, MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		pair->broken = 1;
	} else if (end == &pair->browser) {
		ws_feed(&pair->parser, data, n, from_browser, pair);
	} else {
		size_t size = ws_header(header, WS_BINARY, n, NULL);
		memcpy(data - size, header, size);
		deliver(&pair->browser, data - size, n + size);
	}
}

static void handle(struct end *end, uint32_t events)
{
	struct pair *pair = end->pair;
	if (!pair->upgraded && end == &pair->browser)
		upgrade(pair);
	else if (events & EPOLLOUT)
		flush(end);
	else if (!other(end)->waiting)
		read_from(end);
	if (!pair->broken) {
		settle(pair);
		return;
	}
	/* Closed, not freed: events of this round may still name it. A benchmark opens a few hundred. */
	if (pair->browser.fd >= 0)
		close(pair->browser.fd);
	if (pair->target.fd >= 0)
		close(pair->target.fd);
	pair->browser.fd = pair->target.fd = -1;
}

static void welcome(int listener)
{
	int one = 1, fd = accept4(listener, NULL, NULL, 0);
	if (fd < 0)
		return;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	struct pair *pair = calloc(1, sizeof *pair);
	pair->browser = (struct end){.pair = pair, .fd = fd};
	pair->target = (struct end){.pair = pair, .fd = -1};
	watch(&pair->browser, EPOLL_CTL_ADD, EPOLLIN);
}

int main(int count, char **arguments)
{
	if (count != 3)
		return 2;
	struct sockaddr_in address = loopback(atoi(arguments[1]));
	int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
	target_port = atoi(arguments[2]);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 512))
		fail("listen");
	poller = epoll_create1(0);
	struct epoll_event events[256] = {{.events = EPOLLIN, .data.ptr = NULL}};
	epoll_ctl(poller, EPOLL_CTL_ADD, listener, events);
	for (;;) {
		int n = epoll_wait(poller, events, 256, -1);
		for (int i = 0; i < n; i++) {
			struct end *end = events[i].data.ptr;
			if (!end)
				welcome(listener);
			else if (end->fd >= 0)
				handle(end, events[i].events);
		}
	}
}
