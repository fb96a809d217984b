// A challenge longer than its buffer.
// says: set_challenge: argument 1 (src) reads 100 bytes
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
    uint8_t answer[24] = {0};
    set_challenge(answer, 100); // mistake: verify.stack
    return CF_EBPF_DROP;
#else
    uint8_t answer[24] = {0};
    set_challenge(answer, sizeof(answer));
    return CF_EBPF_DROP;
#endif
}
