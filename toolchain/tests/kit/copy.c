/* Copies as much as the first byte says and hashes it. */
#include "flowprotect.h"

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    uint8_t copy[64];
    uint64_t n = fp_copy(&p, 1, fp_u8_at(&p, 0), copy), crc = 0;
    hash_crc32(copy, sizeof(copy), &crc);
    set_network_analytics_tag(n << 32 | crc);
    return CF_EBPF_PASS;
}
