// A counter kept in a global variable.
// says: `seen`
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_defs.h"
#include "cf_ebpf_helper.h"
#define HIDE(x) asm volatile("" : "+r"(x))
#ifndef MENDED
static uint64_t seen;
#endif

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *p;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &p, &headers) != 0)
        return CF_EBPF_DROP;
    uint8_t *payload = (uint8_t *)(headers.udp + 1);
#ifndef MENDED
    return ++seen > 100; // mistake: load.global
#else
    uint64_t seen = 0;
    get_flow_data(&seen);
    set_flow_data(seen + 1);
    return seen > 100;
#endif
}
