/* Indexes an array on the stack with a byte of the packet. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *packet;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &packet, &headers) != 0)
        return CF_EBPF_DROP;
    uint64_t table[16] = {0};
    asm volatile("" ::"r"(table) : "memory");
    return table[packet->total_packet_length] == 7; // refused: verify.stack
}
