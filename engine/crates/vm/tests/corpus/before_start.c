/* Goes back by a length that may be larger than the way so far. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *packet;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &packet, &headers) != 0)
        return CF_EBPF_DROP;
    uint64_t back = packet->packet_buffer[28];
    return packet->packet_buffer[28 - back] == 7; // refused: verify.before_start
}
