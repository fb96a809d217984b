// An index past the end of a constant table.
// says: read-only data at offset 0 to 255
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_defs.h"
#include "cf_ebpf_helper.h"
#define HIDE(x) asm volatile("" : "+r"(x))
static const uint8_t table[4] = {1, 2, 3, 4};

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *p;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &p, &headers) != 0)
        return CF_EBPF_DROP;
    uint8_t *payload = (uint8_t *)(headers.udp + 1);
#ifndef MENDED
    return table[p->packet_buffer[28]] & 1; // mistake: verify.bounds
#else
    return table[p->packet_buffer[28] & 3] & 1;
#endif
}
