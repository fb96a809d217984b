// An offset beyond 65,535: no packet is that long.
// says: no known limits
// says: against a constant before it is added
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
    uint64_t offset = p->packet_buffer[28] * 1000;
    HIDE(offset);
    uint8_t *field = p->packet_buffer + offset;
    if (field + 1 > headers.data_end) // mistake: verify.pointer_range
        return CF_EBPF_DROP;
    return *field == 1;
#else
    uint64_t offset = p->packet_buffer[28] * 1000;
    HIDE(offset);
    if (offset > 1400)
        return CF_EBPF_DROP;
    uint8_t *field = p->packet_buffer + offset;
    if (field + 1 > headers.data_end)
        return CF_EBPF_DROP;
    return *field == 1;
#endif
}
