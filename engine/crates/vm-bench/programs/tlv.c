/* Walks up to 32 type-length-value records, adds up their values and checks the sum against the last. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
#define HIDE(x) asm volatile("" : "+r"(x))

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *packet;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &packet, &headers) != 0)
        return CF_EBPF_DROP;
    uint64_t at = packet->ip_header_length + 8, sum = 0;
    for (uint64_t i = 0; i < 32; i++) {
        HIDE(i);
        HIDE(at);
        if (at > 1400)
            return CF_EBPF_DROP;
        uint8_t type = packet->packet_buffer[at];
        uint64_t length = packet->packet_buffer[at + 1];
        if (type == 0)
            return sum & 1 ? CF_EBPF_DROP : CF_EBPF_PASS;
        if (type > 20 || length > 40)
            return CF_EBPF_DROP;
        sum = sum * 31 + packet->packet_buffer[at + 2] + ntohs(*(uint16_t *)(packet->packet_buffer + at + 3));
        at += 2 + length;
    }
    return CF_EBPF_DROP;
}
