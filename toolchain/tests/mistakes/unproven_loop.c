// A loop whose end depends on chance: safe, not portable.
// says: 100,000 rounds
// says: a round costs up to
// says: 1,000,000 fuel
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
    uint64_t n = 0;
    while (rand() != 3) // warning: verify.unproven_loop
        n++;
    return n & 1;
#else
    uint64_t n = 0;
    for (uint64_t i = 0; i < 50; i++) {
        HIDE(i);
        if (i > 49 || rand() == 3)
            break;
        n++;
    }
    return n & 1;
#endif
}
