/* Writes below the stack frame. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *packet;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &packet, &headers) != 0)
        return CF_EBPF_DROP;
    uint8_t table[16];
    table[-(int64_t)packet->total_packet_length * 2] = 1; // refused: verify.stack
    return hash_crc32(table, 1, (uint64_t *)table) & 1;
}
