// The result of parse_packet_data is not looked at.
// says: Test what parse_packet_data returns
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_defs.h"
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *p;
    struct cf_ebpf_parsed_headers headers;
#ifndef MENDED
    parse_packet_data(state, &p, &headers); // mistake: verify.packet_bounds
#else
    if (parse_packet_data(state, &p, &headers) != 0)
        return CF_EBPF_DROP;
#endif
    return headers.udp->dest == 53;
}
