// An error code returned as the verdict.
// says: the return value may be
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
    return p->packet_buffer[28] == 1 ? CF_EBPF_PASS : -1; // mistake: verify.return_value
#else
    return p->packet_buffer[28] == 1 ? CF_EBPF_PASS : CF_EBPF_DROP;
#endif
}
