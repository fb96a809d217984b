// The bound is tested on another pointer than the one that is read.
// says: nothing proves it is before headers.data_end
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
    uint8_t *body = payload + p->packet_buffer[28] * 8;
    if (payload + 8 > headers.data_end)
        return CF_EBPF_DROP;
    return body[4] == 1; // mistake: verify.packet_bounds
#else
    uint8_t *body = payload + p->packet_buffer[28] * 8;
    if (body + 4 + 1 > headers.data_end)
        return CF_EBPF_DROP;
    return body[4] == 1;
#endif
}
