/* What `rank` has libmemcached do: `rank PROTOCOL VERB BYTES KEYS ADDRESS [CALLS]`. Without CALLS it reads
 * from its input how many calls to carry out, and says "ok" after them, again and again. */
#include <libmemcached/memcached.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 10000 };

static memcached_st *memc;
static char names[MOST][17];
static const char *keys[MOST];
static size_t lengths[MOST];
static char *value;
static size_t bytes, count;

static const char single[] = "a-key-16-letters";

static void right(int so, const char *what) {
    if (!so) {
        fprintf(stderr, "libmemcached: a wrong answer to %s\n", what);
        exit(1);
    }
}

static void get(void) {
    size_t length;
    uint32_t flags;
    memcached_return_t rc;
    char *found = memcached_get(memc, single, 16, &length, &flags, &rc);
    right(rc == MEMCACHED_SUCCESS && length == bytes, "get");
    free(found);
}

static void set(void) {
    right(memcached_set(memc, single, 16, value, bytes, 0, 0) == MEMCACHED_SUCCESS, "set");
}

static void mget(void) {
    right(memcached_mget(memc, keys, lengths, count) == MEMCACHED_SUCCESS, "mget");
    static memcached_result_st result;
    static int made = 0;
    if (!made) {
        memcached_result_create(memc, &result);
        made = 1;
    }
    memcached_return_t rc;
    size_t found = 0;
    while (memcached_fetch_result(memc, &result, &rc)) {
        found++;
    }
    right(found == count, "mget");
}

/* It has no call that stores many: what it says of each wants a round trip each. */
static void mset(void) {
    for (size_t n = 0; n < count; n++) {
        right(memcached_set(memc, keys[n], 16, value, bytes, 0, 0) == MEMCACHED_SUCCESS, "set");
    }
}

/* `noreply`, gathered in its buffer; a get closes it. */
static void stream(void) {
    for (size_t n = 0; n < count; n++) {
        memcached_return_t rc = memcached_set(memc, keys[n], 16, value, bytes, 0, 0);
        right(rc == MEMCACHED_SUCCESS || rc == MEMCACHED_BUFFERED, "noreply set");
    }
    memcached_flush_buffers(memc);
    size_t length;
    uint32_t flags;
    memcached_return_t rc;
    char *found = memcached_get(memc, keys[count - 1], 16, &length, &flags, &rc);
    right(rc == MEMCACHED_SUCCESS && length == bytes, "the get that closes a stream");
    free(found);
}

int main(int argc, char **argv) {
    if (argc < 6) {
        fprintf(stderr, "usage: rank PROTOCOL VERB BYTES KEYS ADDRESS [CALLS]\n");
        return 2;
    }
    const char *verb = argv[2], *address = argv[5];
    bytes = strtoul(argv[3], NULL, 10);
    count = strtoul(argv[4], NULL, 10);
    if (count > MOST) {
        return 2;
    }
    value = malloc(bytes + 1);
    memset(value, 'v', bytes);
    for (size_t n = 0; n < count; n++) {
        snprintf(names[n], sizeof names[n], "a-key-of-16-%04u", (unsigned)n % 10000);
        keys[n] = names[n];
        lengths[n] = 16;
    }

    memc = memcached_create(NULL);
    const char *colon = strrchr(address, ':');
    if (address[0] == '/') {
        memcached_server_add_unix_socket(memc, address);
    } else {
        char host[64];
        snprintf(host, sizeof host, "%.*s", (int)(colon - address), address);
        memcached_server_add(memc, host, atoi(colon + 1));
        memcached_behavior_set(memc, MEMCACHED_BEHAVIOR_TCP_NODELAY, 1);
    }
    if (strcmp(argv[1], "binary") == 0) {
        memcached_behavior_set(memc, MEMCACHED_BEHAVIOR_BINARY_PROTOCOL, 1);
    }
    void (*call)(void) = strcmp(verb, "get") == 0   ? get
                         : strcmp(verb, "set") == 0  ? set
                         : strcmp(verb, "mget") == 0 ? mget
                         : strcmp(verb, "mset") == 0 ? mset
                                                     : stream;
    if (call == stream) {
        memcached_behavior_set(memc, MEMCACHED_BEHAVIOR_NOREPLY, 1);
        memcached_behavior_set(memc, MEMCACHED_BEHAVIOR_BUFFER_REQUESTS, 1);
    }
    if (argc > 6) {
        for (long calls = atol(argv[6]); calls > 0; calls--) {
            call();
        }
        return 0;
    }
    long calls;
    while (scanf("%ld", &calls) == 1) {
        for (; calls > 0; calls--) {
            call();
        }
        puts("ok");
        fflush(stdout);
    }
    return 0;
}
