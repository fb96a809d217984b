// A pointer kept for the next packet.
// says: set_flow_data: argument 1 (data) must be a number
// says: pointer to the packet
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
    set_flow_data((uint64_t)payload); // mistake: verify.helper_argument
    return CF_EBPF_PASS;
#else
    set_flow_data(headers.data_end - payload);
    return CF_EBPF_PASS;
#endif
}
