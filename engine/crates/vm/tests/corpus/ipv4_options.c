/* Drops IPv4 with source routing: options of a header of unknown length. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *packet;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &packet, &headers) != 0)
        return CF_EBPF_DROP;
    if (headers.ipv4 == NULL || packet->ip_header_length < 24)
        return CF_EBPF_PASS;
    uint8_t kind = packet->packet_buffer[20];
    return kind == 131 || kind == 137 ? CF_EBPF_DROP : CF_EBPF_PASS;
}
