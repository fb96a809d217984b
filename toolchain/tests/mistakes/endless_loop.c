// A loop without a way out.
// says: 100,000 rounds
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
    for (uint64_t i = 0;; i++) // mistake: verify.loop
        HIDE(i);
    return CF_EBPF_PASS;
#else
    for (uint64_t i = 0; i < 50; i++) {
        HIDE(i);
        if (i > 49)
            break;
        if (p->packet_buffer[i] == 7)
            return CF_EBPF_DROP;
    }
    return CF_EBPF_PASS;
#endif
}
