/* Reads past a constant table. differs: read-only data. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
static const volatile uint8_t table[8] = {1, 2, 3, 4, 5, 6, 7, 8};

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *packet;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &packet, &headers) != 0)
        return CF_EBPF_DROP;
    return table[packet->packet_buffer[28] & 15] & 1; // refused: verify.bounds
}
