// A hash over a local variable that was not set.
// says: not all of which were written
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_defs.h"
#include "cf_ebpf_helper.h"
#define HIDE(x) asm volatile("" : "+r"(x))

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *p;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &p, &headers) != 0)
        return CF_EBPF_DROP;
    uint8_t *payload = (uint8_t *)(headers.udp + 1);
#ifndef MENDED
    uint64_t key[2], sum = 0;
    key[0] = 1;
    hash_crc32(key, sizeof(key), &sum); // mistake: verify.stack
    return sum & 1;
#else
    uint64_t key[2] = {0}, sum = 0;
    key[0] = 1;
    hash_crc32(key, sizeof(key), &sum);
    return sum & 1;
#endif
}
