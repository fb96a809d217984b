// Floating point: there is none.
// says: floating point is not available
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
    double share = p->packet_buffer[28] * 0.5; // mistake: compile.floating_point
    return share > 20.0;
#else
    uint64_t share = p->packet_buffer[28] * 5;
    return share > 200;
#endif
}
