// A destination that is smaller than its length says.
// says: hash_sha256: argument 3 (dest) writes 4096 bytes
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
    uint8_t digest[32];
    hash_sha256(headers.udp, 8, digest, 4096); // mistake: verify.stack
    return digest[0] & 1;
#else
    uint8_t digest[32];
    hash_sha256(headers.udp, 8, digest, sizeof(digest));
    return digest[0] & 1;
#endif
}
