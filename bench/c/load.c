/* Load generator: the browsers and the office PCs of N remote sessions, on both sides of a relay.
 *
 * One process holds both ends, so that a time stamp sent by one is compared with the same clock by the other.
 * It connects N browsers to --connect (WebSocket with the HTTP head in --request, plain TCP without), accepts
 * N connections on --listen, plays both halves of the --script, prints "ready", then obeys lines on its input:
 *
 *     bulk SECONDS          every PC writes as fast as it is read
 *     interactive SECONDS   a session: 20 messages a second to the PC, 10 to the browser
 *
 * Each answer is a line of JSON. Script lines: `B|T send HEX`, `expect N`, `message`, `secret`, `tls`,
 * `upgrade` (the PC then speaks WebSocket too, for a relay that does nothing else).
 * --secrets holds one message per session, each after its size (4 bytes, big-endian). Only loopback is used.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "latency.h"
#include "side.h"

enum { UP_HZ = 20, DOWN_HZ = 10, OPENING_AT_ONCE = 8, BULK_BLOCK = 256 * 1024, MAX_SIZE = 65536 };
static const uint64_t SETUP_NS = 55000000000u, DRAIN_NS = 4000000000u;

static int poller, sessions = 1, accepted;
static struct side *browsers, *targets;
static struct script browser_script, target_script;
static struct format to_pc = {.size = 12}, to_browser;
static char *request;
static unsigned char *bulk_block, message[MAX_SIZE];
static size_t bulk_size, bulk_frame; /* of the whole block; of one message in it, with its WebSocket header if any */
static int target_upgrades;
static struct latency up, down;
static int listener, timer; /* their addresses mark them among epoll's events */
static struct { int on; uint64_t ends; } bulk;

static unsigned char *unhex(const char *text, size_t *size)
{
	unsigned char *data = malloc(strlen(text) / 2 + 1);
	*size = 0;
	for (unsigned value; sscanf(text, "%2x", &value) == 1; text += 2)
		data[(*size)++] = value;
	return data;
}

static char *read_file(const char *name, size_t *size)
{
	FILE *file = fopen(name, "rb");
	if (!file)
		die("%s: %s", name, strerror(errno));
	char *data = NULL;
	size_t length = 0, n;
	do {
		data = realloc(data, length + 65536 + 1);
		n = fread(data + length, 1, 65536, file);
		length += n;
	} while (n);
	fclose(file);
	data[length] = 0;
	*size = length;
	return data;
}

static void read_script(const char *name)
{
	size_t size;
	char *text = read_file(name, &size);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		struct script *script = *line == 'B' ? &browser_script : &target_script;
		struct step *step = &script->steps[script->count++];
		char *word = line + 2, *argument = strchr(word, ' ');
		if (!strncmp(word, "send", 4))
			*step = (struct step){STEP_SEND, NULL, 0}, step->data = unhex(argument + 1, &step->size);
		else if (!strncmp(word, "expect", 6))
			*step = (struct step){STEP_EXPECT, NULL, atoi(argument + 1)};
		else if (!strncmp(word, "message", 7))
			*step = (struct step){STEP_MESSAGE, NULL, 0};
		else if (!strncmp(word, "secret", 6))
			*step = (struct step){STEP_SECRET, NULL, 0};
		else if (!strncmp(word, "tls", 3))
			*step = (struct step){STEP_TLS, NULL, 0};
		else if (!strncmp(word, "upgrade", 7))
			*step = (struct step){STEP_UPGRADE, NULL, 0}, target_upgrades = 1;
		else
			die("unknown step %s", word);
	}
}

static void read_secrets(const char *name)
{
	size_t size, at = 0;
	unsigned char *data = (unsigned char *)read_file(name, &size);
	for (int i = 0; i < sessions && at + 4 <= size; i++) {
		uint32_t length;
		memcpy(&length, data + at, 4);
		length = ntohl(length);
		browsers[i].secret = (struct step){STEP_SEND, data + at + 4, length};
		at += 4 + length;
	}
}

static void read_prefix(struct format *format, const char *hex)
{
	unsigned char *prefix = unhex(hex, &format->prefix_size);
	memcpy(format->prefix, prefix, format->prefix_size);
}

static struct sockaddr_in loopback(int port)
{
	return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void make_prompt(int fd)
{
	int one = 1;
	fcntl(fd, F_SETFL, O_NONBLOCK);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

static void open_browser(struct side *side, int port)
{
	struct sockaddr_in address = loopback(port);
	side->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(side->fd, (struct sockaddr *)&address, sizeof address))
		die("connect to the relay: %s", strerror(errno));
	make_prompt(side->fd);
	side->speaks_websocket = request != NULL;
	side_open(side, poller, request);
}

static void accept_target(void)
{
	int fd = accept(listener, NULL, NULL);
	if (fd < 0)
		return;
	if (accepted == sessions) {
		close(fd);
		return;
	}
	make_prompt(fd);
	targets[accepted].fd = fd;
	side_open(&targets[accepted++], poller, NULL);
}

static void write_bulk(struct side *side)
{
	/* Past the end of the window only the block under way is finished, so that the stream stays aligned. */
	for (int round = 0; round < 4; round++) {
		size_t at = side->bulk_sent % bulk_size, left = at || now_ns() < bulk.ends ? bulk_size - at : 0;
		size_t n = left ? side_write_raw(side, bulk_block + at, left) : 0;
		side->bulk_sent += n;
		if (!n) {
			side_watch(side, poller, left > 0);
			return;
		}
	}
	side_watch(side, poller, 1);
}

static void measure(struct side *side, uint64_t sent)
{
	if (!bulk.on)
		latency_add(side->incoming == &to_pc ? &up : &down, now_ns() - sent);
}

/* One round of epoll, at most `wait_ms`. */
static void turn(int wait_ms)
{
	struct epoll_event events[256];
	int n = epoll_wait(poller, events, 256, wait_ms);
	for (int i = 0; i < n; i++) {
		struct side *side = events[i].data.ptr;
		if (side == (void *)&listener) {
			accept_target();
		} else if (side == (void *)&timer) {
			uint64_t expirations;
			if (read(timer, &expirations, 8) < 0)
				continue;
		} else {
			side_handle(side, poller, events[i].events, measure);
			if (bulk.on && side->incoming == &to_pc)
				write_bulk(side);
		}
	}
}

static int ready(const struct side *sides, int count)
{
	int total = 0;
	for (int i = 0; i < count; i++)
		total += side_is_ready(&sides[i]);
	return total;
}

static void set_up(int port)
{
	uint64_t limit = now_ns() + SETUP_NS;
	int opened = 0;
	while (ready(browsers, sessions) < sessions || accepted < sessions || ready(targets, sessions) < sessions) {
		while (opened < sessions && opened - ready(browsers, opened) < OPENING_AT_ONCE)
			open_browser(&browsers[opened++], port);
		if (now_ns() > limit)
			die("only %d of %d sessions opened (browser at step %d)", ready(browsers, sessions), sessions, browsers[0].step);
		turn(20);
	}
}

static void wake_at(uint64_t ns)
{
	struct itimerspec when = {.it_value = {ns / 1000000000u, ns % 1000000000u}};
	timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static uint64_t total(const struct side *sides)
{
	uint64_t sum = 0;
	for (int i = 0; i < sessions; i++)
		sum += sides[i].received;
	return sum;
}

static uint64_t total_sent(void)
{
	uint64_t sum = 0;
	for (int i = 0; i < sessions; i++)
		sum += targets[i].bulk_sent / bulk_frame * to_browser.size;
	return sum;
}

static double own_cpu(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void run_bulk(double seconds)
{
	uint64_t start = now_ns(), before = total(browsers), sent_before = total_sent();
	double cpu = own_cpu();
	bulk.ends = start + (uint64_t)(seconds * 1e9);
	bulk.on = 1;
	for (int i = 0; i < sessions; i++)
		write_bulk(&targets[i]);
	while (now_ns() < bulk.ends)
		turn(10);
	while (total(browsers) - before < total_sent() - sent_before && now_ns() < bulk.ends + DRAIN_NS)
		turn(10);
	uint64_t seen = total(browsers) - before, end = now_ns();
	bulk.on = 0;
	printf("{\"sessions\": %d, \"bytes\": %lu, \"seconds\": %.4f, \"generator_cpu\": %.3f, \"missing\": %ld}\n", sessions,
	       seen, (end - start) / 1e9, own_cpu() - cpu, (long)(total_sent() - sent_before - seen));
}

static void send_stamped(struct side *side, const struct format *format)
{
	uint64_t now = now_ns();
	memcpy(message, format->prefix, format->prefix_size);
	memcpy(message + format->prefix_size, &now, 8);
	side_send(side, poller, message, format->size);
}

static void run_interactive(double seconds)
{
	uint64_t start = now_ns() + 1000000, ups = 0, downs = 0, base_up = total(targets), base_down = total(browsers);
	uint64_t all_up = seconds * UP_HZ * sessions, all_down = seconds * DOWN_HZ * sessions;
	double up_step = 1e9 / UP_HZ / sessions, down_step = 1e9 / DOWN_HZ / sessions, cpu = own_cpu();
	latency_clear(&up);
	latency_clear(&down);
	while (ups < all_up || downs < all_down) {
		uint64_t next_up = ups < all_up ? start + ups * up_step : UINT64_MAX;
		uint64_t next_down = downs < all_down ? start + downs * down_step : UINT64_MAX;
		uint64_t next = next_up < next_down ? next_up : next_down, now = now_ns();
		if (next > now) {
			wake_at(next);
			turn(100);
			continue;
		}
		if (next == next_up)
			send_stamped(&browsers[ups++ % sessions], &to_pc);
		else
			send_stamped(&targets[downs++ % sessions], &to_browser);
		turn(0);
	}
	uint64_t limit = now_ns() + DRAIN_NS;
	while ((up.count < all_up || down.count < all_down) && now_ns() < limit)
		turn(10);
	printf("{\"sessions\": %d, \"seconds\": %.4f, \"generator_cpu\": %.3f, \"bytes_up\": %lu, \"bytes_down\": %lu, "
	       "\"lost\": %lu", sessions, seconds, own_cpu() - cpu, total(targets) - base_up, total(browsers) - base_down,
	       all_up + all_down - up.count - down.count);
	latency_print("up", &up);
	latency_print("down", &down);
	printf("}\n");
}

/* Wait for a line while answering pings. */
static int next_command(char *line, int size)
{
	struct pollfd input = {.fd = 0, .events = POLLIN};
	while (poll(&input, 1, 0) == 0)
		turn(20);
	return fgets(line, size, stdin) != NULL;
}

static void listen_on(int port)
{
	struct sockaddr_in address = loopback(port);
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = &listener}, tick = {.events = EPOLLIN, .data.ptr = &timer};
	int one = 1;
	listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 512))
		die("listen on %d: %s", port, strerror(errno));
	timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
	epoll_ctl(poller, EPOLL_CTL_ADD, timer, &tick);
}

static void prepare(const char *secrets)
{
	browsers = calloc(sessions, sizeof *browsers);
	targets = calloc(sessions, sizeof *targets);
	for (int i = 0; i < sessions; i++) {
		browsers[i].index = targets[i].index = i;
		browsers[i].script = &browser_script, browsers[i].incoming = &to_browser;
		targets[i].script = &target_script, targets[i].incoming = &to_pc;
		targets[i].speaks_websocket = targets[i].is_server = target_upgrades;
	}
	if (secrets)
		read_secrets(secrets);
	unsigned char header[WS_MAX_HEADER];
	size_t header_size = target_upgrades ? ws_header(header, WS_BINARY, to_browser.size, NULL) : 0;
	bulk_frame = header_size + to_browser.size;
	bulk_size = BULK_BLOCK / bulk_frame * bulk_frame;
	bulk_block = calloc(1, bulk_size);
	for (size_t at = 0; at < bulk_size; at += bulk_frame) {
		memcpy(bulk_block + at, header, header_size);
		memcpy(bulk_block + at + header_size, to_browser.prefix, to_browser.prefix_size);
	}
}

int main(int count, char **arguments)
{
	static const struct option options[] = {
		{"connect", 1, 0, 'c'}, {"listen", 1, 0, 'l'}, {"sessions", 1, 0, 'n'}, {"script", 1, 0, 's'},
		{"request", 1, 0, 'r'}, {"secrets", 1, 0, 't'}, {"down-size", 1, 0, 'd'}, {"down-prefix", 1, 0, 'D'},
		{"up-prefix", 1, 0, 'U'}, {"certificate", 1, 0, 'C'}, {"key", 1, 0, 'K'}, {0, 0, 0, 0}};
	const char *secrets = NULL, *certificate = NULL, *key = NULL;
	int port = 0, listen_port = 0, option;
	size_t ignored;
	char line[128];
	while ((option = getopt_long(count, arguments, "", options, NULL)) != -1)
		switch (option) {
		case 'c': port = atoi(optarg); break;
		case 'l': listen_port = atoi(optarg); break;
		case 'n': sessions = atoi(optarg); break;
		case 's': read_script(optarg); break;
		case 'r': request = read_file(optarg, &ignored); break;
		case 't': secrets = optarg; break;
		case 'd': to_browser.size = atoi(optarg); break;
		case 'D': read_prefix(&to_browser, optarg); break;
		case 'U': read_prefix(&to_pc, optarg); break;
		case 'C': certificate = optarg; break;
		case 'K': key = optarg; break;
		default: return 2;
		}
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdin, NULL, _IONBF, 0); /* poll() sees what is in the pipe, not what stdio holds */
	setvbuf(stdout, NULL, _IOLBF, 0);
	poller = epoll_create1(0);
	if (certificate)
		side_use_certificate(certificate, key);
	prepare(secrets);
	listen_on(listen_port);
	set_up(port);
	printf("ready\n");
	while (next_command(line, sizeof line)) {
		char name[16] = "";
		double seconds = 0;
		sscanf(line, "%15s %lf", name, &seconds);
		if (!strcmp(name, "bulk"))
			run_bulk(seconds);
		else if (!strcmp(name, "interactive"))
			run_interactive(seconds);
		else
			break;
	}
	return 0;
}
