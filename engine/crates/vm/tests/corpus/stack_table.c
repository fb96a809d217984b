/* Fills an array on the stack and reads it at a masked index. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *packet;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &packet, &headers) != 0)
        return CF_EBPF_DROP;
    uint8_t table[16] = {1, 0, 1, 1};
    asm volatile("" ::"r"(table) : "memory");
    return table[packet->packet_buffer[28] & 15] & 1;
}
