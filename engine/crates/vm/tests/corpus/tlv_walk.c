/* Walks type-length-value records to type 9. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
#define HIDE(x) asm volatile("" : "+r"(x))

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *packet;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &packet, &headers) != 0)
        return CF_EBPF_DROP;
    uint64_t at = packet->ip_header_length + 8;
    for (uint64_t i = 0; i < 8; i++) {
        HIDE(i);
        HIDE(at);
        if (at > 1498)
            return CF_EBPF_DROP;
        if (packet->packet_buffer[at] == 9)
            return CF_EBPF_PASS;
        at += 2 + packet->packet_buffer[at + 1];
    }
    return CF_EBPF_DROP;
}
