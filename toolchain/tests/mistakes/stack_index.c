// An index into a local table that may be too large.
// says: index that may lie outside
// says: 256 places
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
    uint8_t table[16] = {0};
    table[p->packet_buffer[28]] = 1; // mistake: verify.stack
    return table[p->packet_buffer[29] & 15] & 1;
#else
    uint8_t table[16] = {0};
    table[p->packet_buffer[28] & 15] = 1;
    return table[p->packet_buffer[29] & 15] & 1;
#endif
}
