// A number used as an address.
// says: not known to be a pointer
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
    return *(uint8_t *)(uint64_t)p->total_packet_length & 1; // mistake: verify.pointer
#else
    return p->packet_buffer[p->total_packet_length & 1023] & 1;
#endif
}
