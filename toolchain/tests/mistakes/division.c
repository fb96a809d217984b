// A divisor from the packet.
// says: the divisor may be zero
// says: 0 to 255
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
    return (100 / p->packet_buffer[28]) & 1; // mistake: verify.division
#else
    uint64_t divisor = p->packet_buffer[28];
    if (divisor == 0)
        return CF_EBPF_DROP;
    return (100 / divisor) & 1;
#endif
}
