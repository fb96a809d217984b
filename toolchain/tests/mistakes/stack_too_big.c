// Local variables that need more than the stack has.
// says: beyond the function
// says: 2048 bytes
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
    uint8_t copy[3000];
    asm volatile("" ::"r"(copy) : "memory");
    copy[0] = p->packet_buffer[28]; // mistake: verify.stack
    asm volatile("" ::"r"(copy) : "memory");
    return copy[0] & 1;
#else
    uint8_t copy[300];
    asm volatile("" ::"r"(copy) : "memory");
    copy[0] = p->packet_buffer[28];
    asm volatile("" ::"r"(copy) : "memory");
    return copy[0] & 1;
#endif
}
