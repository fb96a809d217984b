/* Signed and shifted arithmetic. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *packet;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &packet, &headers) != 0)
        return CF_EBPF_DROP;
    int64_t a = (int8_t)packet->packet_buffer[28];
    int64_t b = (a << 5) >> 3;
    return b < -64 || -b > 64 ? CF_EBPF_DROP : CF_EBPF_PASS;
}
