/* Reads at a masked index: the whole window is readable. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *packet;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &packet, &headers) != 0)
        return CF_EBPF_DROP;
    uint64_t at = packet->packet_buffer[30];
    return packet->packet_buffer[(at * 8) & 1023] == 0 ? CF_EBPF_PASS : CF_EBPF_DROP;
}
