// An offset that may be negative: a signed length minus something.
// says: it may lie before the packet
// says: -200 to 55
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
    int64_t i = (int64_t)p->packet_buffer[28] - 200;
    HIDE(i);
    if (i > 1000)
        return CF_EBPF_DROP;
    return p->packet_buffer[i] & 1; // mistake: verify.before_start
#else
    int64_t i = (int64_t)p->packet_buffer[28] - 200;
    HIDE(i);
    if (i < 0 || i > 1000)
        return CF_EBPF_DROP;
    return p->packet_buffer[i] & 1;
#endif
}
