/* Copies at most 32 bytes, as many as a length byte says. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
#define HIDE(x) asm volatile("" : "+r"(x))

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *packet;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &packet, &headers) != 0)
        return CF_EBPF_DROP;
    uint8_t copy[32] = {0};
    uint64_t length = packet->packet_buffer[28];
    for (uint64_t i = 0; i < 32; i++) {
        HIDE(i);
        if (i > 31 || i >= length)
            break;
        copy[i] = packet->packet_buffer[29 + i];
    }
    return entropy(copy, sizeof(copy)) > 4000;
}
