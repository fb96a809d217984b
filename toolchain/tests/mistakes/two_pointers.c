// Two pointers added.
// says: adds two pointers
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
    uint64_t a = (uint64_t)payload, b = (uint64_t)headers.udp;
    HIDE(a);
    return (a + b) > 10; // mistake: verify.pointer_arithmetic
#else
    uint64_t a = payload - (uint8_t *)p->packet_buffer, b = 8;
    HIDE(a);
    return a + b > 10;
#endif
}
