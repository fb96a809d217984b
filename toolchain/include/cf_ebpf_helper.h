/* Functions of a FlowProtect program: header parsing, byte order, and with CF_EBPF_HELPER_V0 the VM's helpers. */
#ifndef CF_EBPF_HELPER_H
#define CF_EBPF_HELPER_H

#include "cf_ebpf_defs.h"

#define ntohs(x) ((uint16_t)__builtin_bswap16((uint16_t)(x)))
#define htons(x) ((uint16_t)__builtin_bswap16((uint16_t)(x)))
#define ntohl(x) ((uint32_t)__builtin_bswap32((uint32_t)(x)))
#define htonl(x) ((uint32_t)__builtin_bswap32((uint32_t)(x)))
#define ntohll(x) ((uint64_t)__builtin_bswap64((uint64_t)(x)))
#define htonll(x) ((uint64_t)__builtin_bswap64((uint64_t)(x)))

#ifdef CF_EBPF_HELPER_V0

static uint64_t (*const cf_ebpf_rand)(void) = (void *)1;
static int64_t (*const cf_ebpf_timestamp)(void) = (void *)2;
static int64_t (*const cf_ebpf_printf)(const char *fmt, ...) = (void *)3;
static int64_t (*const cf_ebpf_hash_md5)(const void *src, uint64_t src_len, void *dest, uint64_t dest_len) = (void *)4;
static int64_t (*const cf_ebpf_hash_sha256)(const void *src, uint64_t src_len, void *dest, uint64_t dest_len) = (void *)5;
static int64_t (*const cf_ebpf_hash_sha512)(const void *src, uint64_t src_len, void *dest, uint64_t dest_len) = (void *)6;
static int64_t (*const cf_ebpf_hash_crc32_raw)(const void *src, uint64_t src_len, void *dest, uint64_t dest_len) = (void *)7;
static int64_t (*const cf_ebpf_hmac_sha256)(const void *src, uint64_t src_len, void *dest, uint64_t dest_len) = (void *)8;
static int64_t (*const cf_ebpf_hmac_sha512)(const void *src, uint64_t src_len, void *dest, uint64_t dest_len) = (void *)9;
static int64_t (*const cf_ebpf_set_challenge)(const void *src, uint64_t len) = (void *)10;
static int64_t (*const cf_ebpf_get_src_ip_status_raw)(void *status, uint64_t status_len, void *expiry, uint64_t expiry_len) = (void *)11;
static int64_t (*const cf_ebpf_set_src_ip_status)(uint8_t status, uint64_t expiry_secs) = (void *)12;
static int64_t (*const cf_ebpf_get_src_ip_data_raw)(void *data, uint64_t len) = (void *)13;
static int64_t (*const cf_ebpf_set_src_ip_data)(uint64_t data) = (void *)14;
static int64_t (*const cf_ebpf_get_flow_data_raw)(void *data, uint64_t len) = (void *)15;
static int64_t (*const cf_ebpf_set_flow_data)(uint64_t data) = (void *)16;
static int64_t (*const cf_ebpf_entropy)(const void *src, uint64_t len) = (void *)17;
static int64_t (*const cf_ebpf_set_network_analytics_tag)(uint64_t tag) = (void *)18;
static int64_t (*const cf_ebpf_hash_blake2b512)(const void *src, uint64_t src_len, void *dest, uint64_t dest_len) = (void *)19;
static int64_t (*const cf_ebpf_hmac_blake2b512)(const void *src, uint64_t src_len, void *dest, uint64_t dest_len) = (void *)20;

/* The names without the prefix are the ones of the public interface. */
#define rand cf_ebpf_rand
#define timestamp cf_ebpf_timestamp
#define hash_md5 cf_ebpf_hash_md5
#define hash_sha256 cf_ebpf_hash_sha256
#define hash_sha512 cf_ebpf_hash_sha512
#define hash_blake2b512 cf_ebpf_hash_blake2b512
#define hmac_sha256 cf_ebpf_hmac_sha256
#define hmac_sha512 cf_ebpf_hmac_sha512
#define hmac_blake2b512 cf_ebpf_hmac_blake2b512
#define set_challenge cf_ebpf_set_challenge
#define set_src_ip_status cf_ebpf_set_src_ip_status
#define set_src_ip_data cf_ebpf_set_src_ip_data
#define set_flow_data cf_ebpf_set_flow_data
#define entropy cf_ebpf_entropy
#define set_network_analytics_tag cf_ebpf_set_network_analytics_tag

static inline __attribute__((always_inline)) int64_t hash_crc32(const void *src, uint64_t len, uint64_t *dest) {
    return cf_ebpf_hash_crc32_raw(src, len, dest, sizeof(*dest));
}
static inline __attribute__((always_inline)) int64_t get_src_ip_status(uint8_t *status, uint64_t *expiry) {
    /* Either may be null; the verifier wants memory for both, so what is not wanted goes to a local. */
    uint8_t no_status = 0;
    uint64_t no_expiry = 0;
    if (!status && !expiry)
        return -4;
    return cf_ebpf_get_src_ip_status_raw(status ? status : &no_status, sizeof(*status), expiry ? expiry : &no_expiry,
                                         sizeof(*expiry));
}
static inline __attribute__((always_inline)) int64_t get_src_ip_data(uint64_t *data) {
    return cf_ebpf_get_src_ip_data_raw(data, sizeof(*data));
}
static inline __attribute__((always_inline)) int64_t get_flow_data(uint64_t *data) {
    return cf_ebpf_get_flow_data_raw(data, sizeof(*data));
}

#endif

static inline __attribute__((always_inline)) int memcmp(const void *a, const void *b, size_t n) {
    const uint8_t *x = a, *y = b;
    for (size_t i = 0; i < n; i++) {
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    }
    return 0;
}

/* Finds the headers of the packet in ctx. 0: *p and *h are set and the UDP header is readable. 1: too short, invalid,
 * or neither IPv4 nor IPv6. */
static inline __attribute__((always_inline)) int parse_packet_data(struct cf_ebpf_generic_ctx *ctx,
                                                                   struct cf_ebpf_packet_data **p,
                                                                   struct cf_ebpf_parsed_headers *h) {
    uint8_t *start = (uint8_t *)ctx->data, *end = (uint8_t *)ctx->data_end;
    if (start + sizeof(struct cf_ebpf_packet_data) > end)
        return 1;
    struct cf_ebpf_packet_data *packet = (struct cf_ebpf_packet_data *)start;
    size_t total = packet->total_packet_length, header = packet->ip_header_length;
    if (header < 20 || total < header + sizeof(struct udphdr))
        return 1;
    /* Kept apart by barriers: clang would merge both bounds into one test of a difference, which proves nothing about
     * the number itself to the verifier. */
    asm volatile("" : "+r"(header));
    if (header > 1400)
        return 1;
    asm volatile("" : "+r"(total));
    if (total > 1500)
        return 1;
    uint8_t version = packet->packet_buffer[0] >> 4;
    if (version == 4) {
        h->ipv4 = (struct iphdr *)packet->packet_buffer;
        h->ipv6 = NULL;
    } else if (version == 6 && header >= 40) {
        h->ipv4 = NULL;
        h->ipv6 = (struct ipv6hdr *)packet->packet_buffer;
    } else {
        return 1;
    }
    uint8_t *data_end = packet->packet_buffer + total;
    h->udp = (struct udphdr *)(packet->packet_buffer + header);
    h->data_end = data_end;
    *p = packet;
    return 0;
}

#endif
