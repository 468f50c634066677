/* What placing a key costs libmemcached: prints nanoseconds, as the program `placement` does for minimc.
 * It asks for the server of each of 20,000 keys, over and over, of 100 servers. */
#include <libmemcached/memcached.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

enum { KEYS = 20000, LOOPS = 1, ROUNDS = 25, SERVERS = 100 };

static char keys[KEYS][17];

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e9 + time.tv_nsec;
}

static memcached_st *cluster(int ketama_weighted) {
    memcached_st *memc = memcached_create(NULL);
    if (ketama_weighted) {
        memcached_behavior_set(memc, MEMCACHED_BEHAVIOR_KETAMA_WEIGHTED, 1);
    }
    memcached_server_list_st list = NULL;
    memcached_return_t rc;
    for (int n = 0; n < SERVERS; n++) {
        char host[16];
        snprintf(host, sizeof host, "10.0.1.%d", n);
        list = memcached_server_list_append_with_weight(list, host, 11211, 1 + n % 3, &rc);
    }
    /* Pushed at once, so that the ring is built once. */
    memcached_server_push(memc, list);
    memcached_server_list_free(list);
    return memc;
}

/* The best round: whatever else the machine does only adds. */
static void lookups(const char *name, memcached_st *memc) {
    double best = 1e18;
    volatile uint32_t sum = 0;
    for (int round = 0; round < ROUNDS; round++) {
        double start = now();
        for (int loop = 0; loop < LOOPS; loop++) {
            for (int n = 0; n < KEYS; n++) {
                sum += memcached_generate_hash(memc, keys[n], 16);
            }
        }
        double each = (now() - start) / (LOOPS * KEYS);
        best = each < best ? each : best;
    }
    printf("%s %.2f\n", name, best);
}

static void hashes(const char *name, memcached_hash_t hash) {
    double best = 1e18;
    volatile uint32_t sum = 0;
    for (int round = 0; round < ROUNDS; round++) {
        double start = now();
        for (int loop = 0; loop < LOOPS; loop++) {
            for (int n = 0; n < KEYS; n++) {
                sum += memcached_generate_hash_value(keys[n], 16, hash);
            }
        }
        double each = (now() - start) / (LOOPS * KEYS);
        best = each < best ? each : best;
    }
    printf("%s %.2f\n", name, best);
}

static void rings(void) {
    double best = 1e18;
    for (int round = 0; round < ROUNDS; round++) {
        double start = now();
        memcached_free(cluster(1));
        double took = now() - start;
        best = took < best ? took : best;
    }
    printf("ring-of-100 %.0f\n", best);
}

int main(void) {
    for (int n = 0; n < KEYS; n++) {
        snprintf(keys[n], sizeof keys[n], "a-key-of-16%05d", n);
    }
    lookups("ketama-weighted", cluster(1));
    lookups("modula", cluster(0));
    hashes("md5", MEMCACHED_HASH_MD5);
    hashes("default", MEMCACHED_HASH_DEFAULT);
    hashes("crc", MEMCACHED_HASH_CRC);
    hashes("fnv1_64", MEMCACHED_HASH_FNV1_64);
    hashes("fnv1a_64", MEMCACHED_HASH_FNV1A_64);
    hashes("fnv1_32", MEMCACHED_HASH_FNV1_32);
    hashes("fnv1a_32", MEMCACHED_HASH_FNV1A_32);
    hashes("hsieh", MEMCACHED_HASH_HSIEH);
    hashes("murmur", MEMCACHED_HASH_MURMUR);
    hashes("jenkins", MEMCACHED_HASH_JENKINS);
    hashes("murmur3", MEMCACHED_HASH_MURMUR3);
    rings();
    return 0;
}
