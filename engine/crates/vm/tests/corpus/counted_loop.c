/* Adds up 16 bytes in a loop that clang keeps. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
#define HIDE(x) asm volatile("" : "+r"(x))

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *packet;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &packet, &headers) != 0)
        return CF_EBPF_DROP;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < 16; i++) {
        HIDE(i);
        if (i > 15)
            break;
        sum += packet->packet_buffer[28 + i];
    }
    return sum == 0 ? CF_EBPF_DROP : CF_EBPF_PASS;
}
