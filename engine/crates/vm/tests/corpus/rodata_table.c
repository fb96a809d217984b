/* A constant table. differs: pfp-verifier panics on read-only data. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
static const uint16_t limit[16] = {40, 1500, 80, 70, 900, 1200, 64, 65, 66, 100, 101, 102, 77, 1, 1, 512};

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *packet;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &packet, &headers) != 0)
        return CF_EBPF_DROP;
    return packet->total_packet_length > limit[packet->packet_buffer[28] & 15];
}
