// headers.ipv4 is used where the packet may be IPv6.
// says: NULL for a packet of IPv6
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
    return headers.ipv4->ttl < 3; // mistake: verify.pointer
#else
    return headers.ipv4 && headers.ipv4->ttl < 3;
#endif
}
